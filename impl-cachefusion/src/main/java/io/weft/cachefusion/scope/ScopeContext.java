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
 * What the scopes of a node work with. Thread-safe, once {@link #runOnOneThread} has been called or
 * will not be.
 */
public final class ScopeContext {
  private final NodeServices node;
  private final FramePool frames;
  private final Shards shards;
  private final RedoLog redo;
  private final LamportClock clock;
  private final long leaseTimeoutNs;

  /** The scopes that a thread has made last: where its own leases may be. */
  private final ThreadLocal<RecentScopes> scopesOfThread =
      ThreadLocal.withInitial(RecentScopes::new);

  /** What happens while an application thread is interrupted; nothing but for checkers. */
  private Runnable interruption = () -> {};

  /** Whether one thread acts for all users, which is then none of them. */
  private boolean oneThread;

  private Supplier<Arena> segments = Arena::ofShared;

  /**
   * For all scopes.
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
   * Lets one thread do everything that happens at this node, with something happening at every step
   * of an application's call; with assertions only, and before the first scope is made.
   */
  public void runOnOneThread(Runnable between) {
    interruption = between;
    oneThread = true;
    segments = Arena::ofConfined;
  }

  /** What the segments of one lease live in. */
  Arena newSegments() {
    return segments.get();
  }

  /** Ends a step of an application thread, for use in an assertion: true. */
  boolean step() {
    interruption.run();
    return true;
  }
}
