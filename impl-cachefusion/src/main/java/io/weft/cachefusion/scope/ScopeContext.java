// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.shard.Shards;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.session.LamportClock;
import java.lang.foreign.Arena;
import java.util.function.Supplier;

/**
 * The parts of the node that its scopes use. Thread-safe, except that {@link #runOnOneThread} must
 * be called first, if at all.
 */
public final class ScopeContext {
  /** See {@link #spins}: as many looks, with a pause of the processor after each. */
  private static final int SPINS = 100;

  private final NodeServices node;
  private final FramePool frames;
  private final Shards shards;
  private final RedoLog redo;
  private final LamportClock clock;
  private final long leaseTimeoutNs;

  /** Per thread, the scopes that it has made last. */
  private final ThreadLocal<RecentScopes> scopesOfThread =
      ThreadLocal.withInitial(RecentScopes::new);

  /** Runs at each step of an application call; does nothing except for checkers. */
  private Runnable interruption = () -> {};

  /** Whether one thread acts for all users, so that leases cannot be attributed to a thread. */
  private boolean oneThread;

  /**
   * Looks at a block that another thread has pinned, before the caller waits at the shard; about 5
   * us. 0 on one processor, and where one thread acts for all users.
   */
  private int spins = Runtime.getRuntime().availableProcessors() > 1 ? SPINS : 0;

  private Supplier<Arena> segments = Arena::ofShared;

  /**
   * Creates the context of all scopes.
   *
   * @param leaseTimeoutNs how long a blocking call waits unless its scope says otherwise
   */
  public ScopeContext(
      NodeServices node,
      FramePool frames,
      Shards shards,
      RedoLog redo,
      LamportClock clock,
      long leaseTimeoutNs) {
    this.node = node;
    this.frames = frames;
    this.shards = shards;
    this.redo = redo;
    this.clock = clock;
    this.leaseTimeoutNs = leaseTimeoutNs;
  }

  NodeServices node() {
    return node;
  }

  FramePool frames() {
    return frames;
  }

  Shards shards() {
    return shards;
  }

  RedoLog redo() {
    return redo;
  }

  LamportClock clock() {
    return clock;
  }

  long leaseTimeoutNs() {
    return leaseTimeoutNs;
  }

  /** How often to look again for a block that another thread has pinned. */
  int spins() {
    return Thread.currentThread().isVirtual() ? 0 : spins; // its carrier may be needed
  }

  /** The scopes that this thread has made last. */
  RecentScopes ownScopes() {
    return scopesOfThread.get();
  }

  /** A scope has been made by this thread. */
  public void onNewScope(RecentScopes.Leases scope) {
    if (!oneThread) {
      scopesOfThread.get().add(scope);
    }
  }

  // ---- for checkers --------------------------------------------------------------------------

  /**
   * Makes one thread run everything at this node, and runs {@code between} at every step of an
   * application call. Needs assertions. Call it before the first scope is made.
   */
  public void runOnOneThread(Runnable between) {
    interruption = between;
    oneThread = true;
    spins = 0;
    segments = Arena::ofConfined;
  }

  /** A new arena for the segments of one lease. */
  Arena newSegments() {
    return segments.get();
  }

  /** Marks a step of an application call; always true, for use in an assertion. */
  boolean step() {
    interruption.run();
    return true;
  }
}
