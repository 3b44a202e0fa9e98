// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.storage;

import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.store.BlockStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Makes this node's block writes stable: one force of the storage at a time, for all writes that
 * landed before it began (group force). Thread-safe. A force runs on a thread that may block,
 * without holding a lock.
 *
 * <p>A force after a pause begins at once. While there is more to force, the next one begins {@link
 * #GATHER_NS} after the end of the previous one, so that a slow device does not force single
 * blocks. A force that fails stops the node: the system may have dropped what it could not write,
 * and a second force would report success.
 */
final class Forces {
  /** Pause between two forces, in which writes are gathered: 2 ms. */
  static final long GATHER_NS = TimeUnit.MILLISECONDS.toNanos(2);

  private final NodeRuntime runtime;
  private final BlockStore store;
  private final BooleanSupplier stopped;
  private final Consumer<Throwable> onFailure;

  /**
   * Callbacks for the next force. Bounded by the blocks written and not forced: frames, and blocks
   * under recovery.
   */
  private List<Runnable> waiting = new ArrayList<>(); // guarded by this

  private boolean underWay; // guarded by this
  private long endedNs; // guarded by this

  Forces(
      NodeRuntime runtime,
      BlockStore store,
      BooleanSupplier stopped,
      Consumer<Throwable> onFailure) {
    this.runtime = runtime;
    this.store = store;
    this.stopped = stopped;
    this.onFailure = onFailure;
    this.endedNs = runtime.nanoTime() - GATHER_NS;
  }

  /** Runs {@code then} after a force that begins after this call; never, if that force fails. */
  void afterNext(Runnable then) {
    long delayNs;
    synchronized (this) {
      waiting.add(then);
      if (underWay) {
        return;
      }
      underWay = true;
      delayNs = endedNs + GATHER_NS - runtime.nanoTime();
    }
    begin(delayNs);
  }

  private void begin(long delayNs) {
    if (delayNs > 0) {
      runtime.schedule(delayNs, () -> runtime.blocking().execute(this::force));
    } else {
      runtime.blocking().execute(this::force);
    }
  }

  private void force() {
    List<Runnable> now;
    synchronized (this) {
      now = waiting;
      waiting = new ArrayList<>();
    }
    if (stopped.getAsBoolean()) {
      return;
    }
    try {
      store.force();
    } catch (RuntimeException | AssertionError e) {
      if (!stopped.getAsBoolean()) {
        onFailure.accept(e);
      }
      return;
    }
    now.forEach(Runnable::run);
    boolean more;
    synchronized (this) {
      endedNs = runtime.nanoTime();
      more = !waiting.isEmpty();
      underWay = more;
    }
    if (more) {
      begin(GATHER_NS);
    }
  }
}
