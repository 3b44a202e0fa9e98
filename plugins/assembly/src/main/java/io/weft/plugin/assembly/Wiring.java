// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.Binder;
import com.google.inject.Binding;
import com.google.inject.BindingAnnotation;
import com.google.inject.CreationException;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.Module;
import com.google.inject.PrivateModule;
import com.google.inject.Provider;
import com.google.inject.ProvisionException;
import com.google.inject.Scopes;
import com.google.inject.Stage;
import com.google.inject.matcher.Matchers;
import com.google.inject.spi.Element;
import com.google.inject.spi.Elements;
import com.google.inject.spi.InstanceBinding;
import com.google.inject.spi.LinkedKeyBinding;
import com.google.inject.spi.Message;
import com.google.inject.spi.ProviderInstanceBinding;
import com.google.inject.spi.ProvisionListener;
import io.weft.api.Epoch;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.faults.MachineFaults;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.Membership;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.session.LamportClock;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/**
 * Wires the plugins, and closes their parts. Each plugin is in a private module that exposes only
 * its interface. Used by one thread at a time.
 */
final class Wiring {
  /** How long a part may take to close; longer than any built-in part waits for its storage. */
  static final Duration CLOSE_LIMIT = Duration.ofSeconds(40);

  private final PluginCalls calls;
  private final Duration closeLimit;
  private final List<AutoCloseable> made = new ArrayList<>();

  /** Creates a wiring without parts. */
  Wiring(PluginCalls calls, Duration closeLimit) {
    this.calls = calls;
    this.closeLimit = closeLimit;
  }

  /**
   * Makes all parts.
   *
   * @throws WeftException if a plugin cannot be created
   */
  Parts wire(CoreSettings settings, NodeFailure failure, List<Filled> plugins) {
    try {
      Injector injector =
          Guice.createInjector(
              Stage.PRODUCTION, binder -> configure(binder, settings, failure, plugins));
      return Parts.from(injector);
    } catch (CreationException e) {
      throw asWeft(e.getErrorMessages(), e);
    } catch (ProvisionException e) {
      throw asWeft(e.getErrorMessages(), e);
    }
  }

  /**
   * Makes the hash strategy alone.
   *
   * @throws WeftException if it needs other parts of a node
   */
  static HashStrategy hashStrategy(List<Filled> plugins) {
    return alone(plugins, Slot.HASH_STRATEGY, _ -> {}).getInstance(HashStrategy.class);
  }

  /**
   * Makes the directory alone, with a hash strategy.
   *
   * @throws WeftException if it needs other parts of a node
   */
  static ResourceDirectory directory(List<Filled> plugins, HashStrategy strategy) {
    Module given = binder -> binder.bind(HashStrategy.class).toInstance(strategy);
    return alone(plugins, Slot.GRD, given).getInstance(ResourceDirectory.class);
  }

  /**
   * Makes the registry alone, for a process that is no node.
   *
   * @throws WeftException if it needs other parts of a node
   */
  static ClusterRegistry registry(List<Filled> plugins, NodeSettings settings) {
    Module given =
        binder -> {
          binder.bind(NodeSettings.class).toInstance(settings);
          binder.bind(FileSystem.class).toInstance(FileSystems.getDefault());
        };
    return alone(plugins, Slot.REGISTRY, given).getInstance(ClusterRegistry.class);
  }

  private static Injector alone(List<Filled> plugins, Slot slot, Module given) {
    PluginCalls calls = new PluginCalls(); // not started: nothing is watched
    try {
      return Guice.createInjector(
          Stage.PRODUCTION,
          binder -> {
            restrict(binder);
            binder.install(given);
            plugins.stream()
                .filter(plugin -> plugin.slot() == slot)
                .forEach(plugin -> binder.install(new Wrapped(plugin, calls, false)));
          });
    } catch (CreationException e) {
      throw asWeft(e.getErrorMessages(), e);
    }
  }

  /**
   * Makes the part of one interface, with runtime and metrics and without the rest of the node.
   *
   * @throws WeftException if it needs other plugins
   */
  <T> T wireAlone(Class<T> spi, CoreSettings settings, NodeFailure failure, List<Filled> plugins) {
    Set<Slot> slots = EnumSet.of(Slot.of(spi), Slot.RUNTIME, Slot.METRICS);
    List<Filled> needed = plugins.stream().filter(plugin -> slots.contains(plugin.slot())).toList();
    ClusterSettings agreed =
        needed.stream().map(Filled::agreed).reduce(ClusterSettings.NONE, ClusterSettings::and);
    NodeSettings node = settings.toNodeSettings(1, agreed);
    StorageIdentity storage = new StorageIdentity();
    storage.formed(Views.NO_EPOCH);
    try {
      return Guice.createInjector(
              Stage.PRODUCTION,
              binder -> {
                restrict(binder);
                binder.bindListener(Matchers.any(), new MadeParts());
                binder.bind(NodeSettings.class).toInstance(node);
                binder.bind(NodeFailure.class).toInstance(failure);
                binder.bind(StorageIdentity.class).toInstance(storage);
                binder.bind(LamportClock.class).toInstance(new LamportClock());
                binder
                    .bind(Views.class)
                    .toInstance(Views.fixed(new View(Epoch.FIRST, node.members())));
                binder.bind(FileSystem.class).toInstance(FileSystems.getDefault());
                needed.forEach(plugin -> binder.install(new Wrapped(plugin, calls, false)));
              })
          .getInstance(spi);
    } catch (CreationException e) {
      throw asWeft(e.getErrorMessages(), e);
    } catch (ProvisionException e) {
      throw asWeft(e.getErrorMessages(), e);
    }
  }

  private static void restrict(Binder binder) {
    binder.requireExplicitBindings();
    binder.requireAtInjectOnConstructors();
    binder.disableCircularProxies();
  }

  /**
   * The incarnation of a start, which is larger than all earlier ones of the node: the time of the
   * start, or one more than the last one if the wall clock has been set back.
   */
  static long incarnation(long wallMillis, long last) {
    return Math.max(wallMillis, last + 1);
  }

  private void configure(
      Binder binder, CoreSettings settings, NodeFailure failure, List<Filled> plugins) {
    restrict(binder);
    binder.bindListener(Matchers.any(), new MadeParts());
    Provider<NodeRuntime> runtime = binder.getProvider(NodeRuntime.class);
    Provider<ClusterRegistry> registry = binder.getProvider(ClusterRegistry.class);
    ClusterSettings agreed =
        plugins.stream().map(Filled::agreed).reduce(ClusterSettings.NONE, ClusterSettings::and);
    binder
        .bind(NodeSettings.class)
        .toProvider(
            () ->
                settings.toNodeSettings(
                    incarnation(
                        runtime.get().wallMillis(),
                        registry.get().lastIncarnation(settings.nodeId())),
                    agreed))
        .in(Scopes.SINGLETON);
    binder.bind(NodeFailure.class).toInstance(failure);
    binder.bind(StorageIdentity.class).toInstance(new StorageIdentity());
    binder.bind(LamportClock.class).toInstance(new LamportClock());
    binder
        .bind(Views.class)
        .toProvider(() -> new Views(runtime.get()::bootTime))
        .in(Scopes.SINGLETON);
    boolean faulty = plugins.stream().anyMatch(plugin -> plugin.slot() == Slot.FAULTS);
    if (faulty) {
      Provider<MachineFaults> faults = binder.getProvider(MachineFaults.class);
      binder.bind(FileSystem.class).toProvider(() -> faults.get().files()).in(Scopes.SINGLETON);
    } else {
      binder.bind(FileSystem.class).toInstance(FileSystems.getDefault());
    }
    plugins.forEach(plugin -> binder.install(new Wrapped(plugin, calls, faulty)));
  }

  /** The part itself, without a guard. */
  @BindingAnnotation
  @Retention(RetentionPolicy.RUNTIME)
  private @interface Bare {}

  /** A plugin that exposes only its interface, with a guard. */
  private static final class Wrapped extends PrivateModule {
    private final Filled plugin;
    private final PluginCalls calls;
    private final boolean faulty;

    Wrapped(Filled plugin, PluginCalls calls, boolean faulty) {
      this.plugin = plugin;
      this.calls = calls;
      this.faulty = faulty;
    }

    @Override
    protected void configure() {
      if (plugin.slot().isGuarded()) {
        installGuarded(plugin.slot().spi());
      } else if (faulty && plugin.slot() == Slot.RUNTIME) {
        Provider<MachineFaults> faults = getProvider(MachineFaults.class);
        installBehind(NodeRuntime.class, real -> faults.get().clocks(real));
      } else {
        install(plugin.module());
      }
      if (!(plugin.settings() instanceof WeftPlugin.NoSettings)) {
        bindSettings(plugin.settings());
      }
      expose(plugin.slot().spi());
    }

    private <T> void installGuarded(Class<T> spi) {
      installBehind(spi, part -> calls.guard(spi, part, plugin.origin()));
    }

    /** Installs the plugin with its interface bound under another name, behind {@code front}. */
    private <T> void installBehind(Class<T> spi, UnaryOperator<T> front) {
      Key<T> bare = Key.get(spi, Bare.class);
      for (Element element : Elements.getElements(currentStage(), plugin.module())) {
        if (element instanceof Binding<?> binding && binding.getKey().equals(Key.get(spi))) {
          rename(spi, binding, bare);
        } else {
          element.applyTo(binder());
        }
      }
      Provider<T> made = getProvider(bare);
      bind(spi).toProvider(() -> front.apply(made.get())).in(Scopes.SINGLETON);
    }

    @SuppressWarnings("unchecked") // the binding's key is that of the interface
    private <T> void rename(Class<T> spi, Binding<?> binding, Key<T> bare) {
      switch (binding) {
        case LinkedKeyBinding<?> linked ->
            bind(bare).to((Key<? extends T>) linked.getLinkedKey()).in(Scopes.SINGLETON);
        case ProviderInstanceBinding<?> provided ->
            bind(bare)
                .toProvider(
                    (jakarta.inject.Provider<? extends T>) provided.getUserSuppliedProvider())
                .in(Scopes.SINGLETON);
        case InstanceBinding<?> instance -> bind(bare).toInstance((T) instance.getInstance());
        default ->
            addError(
                "%s: bind %s to a class, an instance or by a method with @Provides",
                plugin.origin(), spi.getName());
      }
    }

    @SuppressWarnings("unchecked") // a record's class is the class of the record
    private <R extends Record> void bindSettings(R settings) {
      bind(Key.get((Class<R>) settings.getClass())).toInstance(settings);
    }
  }

  /** Records the parts made so far, also if a later part cannot be made. */
  private final class MadeParts implements ProvisionListener {
    @Override
    public <T> void onProvision(ProvisionInvocation<T> provision) {
      if (provision.provision() instanceof AutoCloseable part
          && !PluginCalls.isGuard(part)
          && !(part
              instanceof FileSystem) // the file system of the machine, also with injected faults
          && made.stream().noneMatch(other -> other == part)) {
        made.add(part);
      }
    }
  }

  private static WeftException asWeft(Collection<Message> messages, RuntimeException error) {
    for (Message message : messages) {
      for (Throwable t = message.getCause(); t != null; t = t.getCause()) {
        if (t instanceof WeftException known) {
          return known;
        }
      }
    }
    Message first = messages.iterator().next();
    return new WeftException(
        AssemblyErrors.START_FAILED,
        "the plugins cannot be wired: "
            + first.getMessage()
            + (messages.size() > 1 ? " (and " + (messages.size() - 1) + " more)" : ""),
        first.getCause() == null ? error : first.getCause());
  }

  /**
   * Closes all parts that have been made, callers before the parts that they call. Continues after
   * failures. A part that hangs stays open, and with it the memory that it may use, and the lock of
   * the node's id: a node that found the lock free would recover while this process may still
   * write.
   *
   * @return the failures
   */
  List<Exception> close() {
    List<AutoCloseable> parts = new ArrayList<>(made.reversed());
    parts.sort(Comparator.comparingInt(Wiring::rank));
    made.clear();
    List<Exception> failures = new ArrayList<>();
    boolean hangs = false;
    for (AutoCloseable part : parts) {
      if (hangs && (part instanceof CoherentCache || part instanceof ClusterRegistry)) {
        continue;
      }
      try {
        Bounded.run("weft-close", closeLimit, part::close);
      } catch (TimeoutException e) {
        hangs = true;
        failures.add(leftBehind(part, e));
      } catch (Exception e) {
        hangs |= e instanceof WeftException known && known.code() == StoreErrors.NOT_ANSWERING;
        failures.add(e);
      }
    }
    return failures;
  }

  private WeftException leftBehind(AutoCloseable part, TimeoutException e) {
    return new WeftException(
        AssemblyErrors.CLOSE_TIMEOUT,
        part.getClass().getName()
            + " has not closed within "
            + closeLimit.toSeconds()
            + " s and is left open; the lock of the node's id is not released before this process"
            + " ends",
        e);
  }

  /*
   * Parts that decide are closed before parts that carry out, and writers before their targets.
   * Memory is freed when no thread can use it any more. The lock of the node's id is released last:
   * a node that finds it free knows that this process has ended, and recovers from its redo.
   */
  private static int rank(AutoCloseable part) {
    return switch (part) {
      case Membership _ -> 0;
      case Transport _ -> 1;
      case RedoLog _ -> 2;
      case BlockStore _ -> 3;
      case LogDevice _ -> 4;
      case NodeRuntime _ -> 5;
      case CoherentCache _ -> 6;
      case ClusterRegistry _ -> 8;
      default -> 7;
    };
  }
}
