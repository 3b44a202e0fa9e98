// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.Binder;
import com.google.inject.CreationException;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.PrivateModule;
import com.google.inject.Provider;
import com.google.inject.ProvisionException;
import com.google.inject.Scopes;
import com.google.inject.Stage;
import com.google.inject.matcher.Matchers;
import com.google.inject.spi.Message;
import com.google.inject.spi.ProvisionListener;
import io.weft.api.WeftException;
import io.weft.spi.cache.CoherentCache;
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
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Puts the plugins together, and takes them apart again. Each plugin lives in a private module that
 * shows the others its interface only. Used by one thread at a time.
 */
final class Wiring {
  private final List<AutoCloseable> made = new ArrayList<>();

  /**
   * Makes all parts.
   *
   * @throws WeftException of a plugin that cannot be made
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

  private void configure(
      Binder binder, CoreSettings settings, NodeFailure failure, List<Filled> plugins) {
    binder.requireExplicitBindings();
    binder.requireAtInjectOnConstructors();
    binder.disableCircularProxies();
    binder.bindListener(Matchers.any(), new MadeParts());
    // Every start of a node has a larger incarnation; the wall clock is the runtime's.
    Provider<NodeRuntime> runtime = binder.getProvider(NodeRuntime.class);
    ClusterSettings agreed =
        plugins.stream().map(Filled::agreed).reduce(ClusterSettings.NONE, ClusterSettings::and);
    binder
        .bind(NodeSettings.class)
        .toProvider(() -> settings.toNodeSettings(runtime.get().wallMillis(), agreed))
        .in(Scopes.SINGLETON);
    binder.bind(NodeFailure.class).toInstance(failure);
    binder.bind(StorageIdentity.class).toInstance(new StorageIdentity());
    binder.bind(LamportClock.class).toInstance(new LamportClock());
    binder
        .bind(Views.class)
        .toProvider(() -> new Views(runtime.get()::bootTime))
        .in(Scopes.SINGLETON);
    plugins.forEach(plugin -> binder.install(new Wrapped(plugin)));
  }

  /** A plugin that shows only the interface that it fills. */
  private static final class Wrapped extends PrivateModule {
    private final Filled plugin;

    Wrapped(Filled plugin) {
      this.plugin = plugin;
    }

    @Override
    protected void configure() {
      install(plugin.module());
      if (!(plugin.settings() instanceof WeftPlugin.NoSettings)) {
        bindSettings(plugin.settings());
      }
      expose(plugin.slot().spi());
    }

    @SuppressWarnings("unchecked") // a record's class is the class of the record
    private <R extends Record> void bindSettings(R settings) {
      bind(Key.get((Class<R>) settings.getClass())).toInstance(settings);
    }
  }

  /** Remembers what has been made, also when a later part cannot be. */
  private final class MadeParts implements ProvisionListener {
    @Override
    public <T> void onProvision(ProvisionInvocation<T> provision) {
      if (provision.provision() instanceof AutoCloseable part
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
        "the plugins do not fit together: "
            + first.getMessage()
            + (messages.size() > 1 ? " (and " + (messages.size() - 1) + " more)" : ""),
        first.getCause() == null ? error : first.getCause());
  }

  /**
   * Closes all parts that have been made: first those that call others. Goes on after failures.
   *
   * @return what failed
   */
  List<Exception> close() {
    List<AutoCloseable> parts = new ArrayList<>(made.reversed());
    parts.sort(Comparator.comparingInt(Wiring::rank));
    made.clear();
    List<Exception> failures = new ArrayList<>();
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failures.add(e);
      } catch (Exception e) {
        failures.add(e);
      }
    }
    return failures;
  }

  /*
   * Who decides goes before who carries it out, and who writes before what is written to. Memory
   * goes when no thread can touch it any more. The node's id is given back last: whoever finds it
   * free takes this node for dead and recovers from its redo.
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
