// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.WeftException;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.store.BlockStore;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Guards calls of plugins: adds the plugin's name to exceptions and to missing results, and logs
 * once a minute calls that do not return. Thread-safe.
 *
 * <p>Guards interfaces that block or are called rarely. The cache, the transport, the redo log and
 * the directory are not guarded, because the cost of each call matters there.
 */
final class PluginCalls implements AutoCloseable {
  /** Seconds between two checks of calls in progress. */
  static final int LOOK_SECONDS = 10;

  /** Checks after which a call is reported, and reported again. */
  static final int PATIENCE_LOOKS = 6;

  private static final Logger LOG = System.getLogger("io.weft.node");

  /** Calls that are not watched: they are frequent or must be fast, and never block. */
  private static final Set<String> UNWATCHED =
      Set.of("name", "layout", "heard", "suspicion", "touched");

  private final Set<Call> underWay = ConcurrentHashMap.newKeySet();
  private final List<Transfers> transfers = new CopyOnWriteArrayList<>();
  private volatile Optional<Counter> hangingSeconds = Optional.empty();
  private boolean closed; // guarded by this

  /** A call that has not returned yet. */
  private static final class Call {
    private final String what;
    private final Method method;
    private final Object part;
    private final Thread thread;
    private volatile int looks; // written by the watching thread

    Call(String what, Method method, Object part) {
      this.what = what;
      this.method = method;
      this.part = part;
      this.thread = Thread.currentThread();
    }

    @Override
    public String toString() {
      return what
          + place()
          + " has not returned for "
          + looks * LOOK_SECONDS
          + " s ("
          + thread.getName()
          + ")"
          + whatWaits();
    }

    /** The device or file, if the plugin names it. */
    private String place() {
      try {
        boolean named = part.getClass().getMethod("toString").getDeclaringClass() != Object.class;
        return named ? " of " + part : "";
      } catch (ReflectiveOperationException | RuntimeException _) {
        return ""; // a defect of the plugin must not hide the hanging call
      }
    }

    private String whatWaits() {
      Class<?> spi = method.getDeclaringClass();
      boolean writes = method.getName().equals("force") || method.getName().equals("write");
      if (spi == LogDevice.LogSegment.class && writes) {
        return "; commits wait for it, and blocks that they have changed cannot leave this node";
      }
      if (spi == BlockStore.class && writes) {
        return "; changed blocks cannot be released until it does, checkpoints and redo wait";
      }
      return "";
    }
  }

  /** Counts hanging calls in the node's metrics, also while they hang. */
  void countIn(Metrics metrics) {
    hangingSeconds =
        Optional.of(
            metrics.counter(
                "plugins.hanging-seconds",
                "Seconds in which a call of a plugin, such as a force of a device, had been under"
                    + " way for 10 s or more."));
  }

  /** Starts the checks on a thread of its own. */
  void start() {
    Thread.ofPlatform().name("weft-plugin-watch").daemon().start(this::watch);
  }

  private void watch() {
    try {
      while (pause()) {
        look();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean pause() throws InterruptedException {
    if (!closed) {
      wait(LOOK_SECONDS * 1_000L);
    }
    return !closed;
  }

  /**
   * Reports calls that have been in progress for too long; called every {@link #LOOK_SECONDS}
   * seconds.
   */
  void look() {
    for (Call call : underWay) {
      call.looks = call.looks + 1;
      report(call.looks, call);
    }
    for (Transfers some : transfers) {
      report(some.look(), some);
    }
  }

  private void report(int looks, Object what) {
    if (looks > 1) {
      hangingSeconds.ifPresent(seconds -> seconds.add(LOOK_SECONDS));
    }
    if (looks > 0 && looks % PATIENCE_LOOKS == 0) {
      LOG.log(Level.WARNING, what::toString);
    }
  }

  /** The calls that were already in progress at the last check, as text for messages. */
  List<String> hanging() {
    return Stream.concat(
            underWay.stream().filter(call -> call.looks > 0),
            transfers.stream().filter(some -> some.looks > 0))
        .map(Object::toString)
        .toList();
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }

  /** Wraps a part that a plugin has made. */
  <T> T guard(Class<T> spi, T part, String plugin) {
    String who = spi.getSimpleName() + " " + plugin;
    if (part == null) {
      throw failed(who + " is null", null);
    }
    return spi.cast(
        Proxy.newProxyInstance(
            spi.getClassLoader(), new Class<?>[] {spi}, new Guard(spi, part, who)));
  }

  static boolean isGuard(Object part) {
    return Proxy.isProxyClass(part.getClass()) && Proxy.getInvocationHandler(part) instanceof Guard;
  }

  private static WeftException failed(String what, Throwable cause) {
    return new WeftException(AssemblyErrors.PLUGIN_FAILED, what, cause);
  }

  /** The guard of one part. */
  private final class Guard implements InvocationHandler {
    private final Class<?> spi;
    private final Object part;
    private final String who;
    private final Transfers ofBlocks;

    Guard(Class<?> spi, Object part, String who) {
      this.spi = spi;
      this.part = part;
      this.who = who;
      this.ofBlocks = new Transfers(who);
      if (part instanceof BlockStore) {
        transfers.add(ofBlocks);
      }
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
      if (method.getDeclaringClass() == Object.class) {
        return method.getName().equals("equals")
            ? proxy == arguments[0]
            : method.invoke(part, arguments);
      }
      if (UNWATCHED.contains(method.getName()) || ofBlocks.count(arguments)) {
        return checked(method, call(method, arguments));
      }
      Call call = new Call(who + ": " + method.getName(), method, part);
      underWay.add(call);
      try {
        return checked(method, call(method, arguments));
      } finally {
        underWay.remove(call);
      }
    }

    private Object call(Method method, Object[] arguments) throws Throwable {
      try {
        return method.invoke(part, arguments);
      } catch (InvocationTargetException e) {
        Throwable thrown = e.getCause();
        if (thrown instanceof WeftException
            || thrown instanceof VirtualMachineError
            || thrown instanceof InterruptedException) {
          throw thrown;
        }
        throw failed(who + ": " + method.getName() + " threw " + thrown, thrown);
      }
    }

    /** Rejects null results; a result that is a part of the plugin is guarded, too. */
    private Object checked(Method method, Object result) {
      Class<?> type = method.getReturnType();
      if (result == null && type != void.class) {
        throw failed(who + ": " + method.getName() + " returned null", null);
      }
      boolean ownPart = type.isInterface() && type.getEnclosingClass() == spi;
      return ownPart ? guarded(type, result) : result;
    }

    private <T> T guarded(Class<T> type, Object result) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(), new Class<?>[] {type}, new Guard(type, result, who)));
    }
  }

  /** Reads and writes of a store, which end with a completion; they are watched together. */
  private static final class Transfers {
    private final String who;
    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();
    private long endedBefore; // of the watching thread
    private volatile int looks;

    Transfers(String who) {
      this.who = who;
    }

    /** Counts a read or a write; false if the call is neither. */
    boolean count(Object[] arguments) {
      int last = arguments == null ? -1 : arguments.length - 1;
      if (last >= 0 && arguments[last] instanceof BlockStore.ReadCompletion completion) {
        arguments[last] = new Reading(this, completion);
      } else if (last >= 0 && arguments[last] instanceof BlockStore.WriteCompletion completion) {
        arguments[last] = new Writing(this, completion);
      } else {
        return false;
      }
      begun.incrementAndGet();
      return true;
    }

    void end() {
      ended.incrementAndGet();
    }

    /** Number of consecutive checks at which some were in progress and none had ended. */
    int look() {
      long now = ended.get();
      looks = now != endedBefore || now == begun.get() ? 0 : looks + 1;
      endedBefore = now;
      return looks;
    }

    @Override
    public String toString() {
      return who
          + ": none of "
          + (begun.get() - ended.get())
          + " reads and writes of blocks has ended for "
          + looks * LOOK_SECONDS
          + " s";
    }
  }

  private record Reading(Transfers transfers, BlockStore.ReadCompletion completion)
      implements BlockStore.ReadCompletion {
    @Override
    public void onRead(long version) {
      transfers.end();
      completion.onRead(version);
    }

    @Override
    public void onReadFailed(WeftException reason) {
      transfers.end();
      completion.onReadFailed(reason);
    }
  }

  private record Writing(Transfers transfers, BlockStore.WriteCompletion completion)
      implements BlockStore.WriteCompletion {
    @Override
    public void onWritten() {
      transfers.end();
      completion.onWritten();
    }

    @Override
    public void onWriteFailed(WeftException reason) {
      transfers.end();
      completion.onWriteFailed(reason);
    }
  }
}
