// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.WeftException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One caller's wait for a pin on a block. Settled exactly once: granted or failed by the shard, or
 * abandoned by the caller that gives up.
 */
final class LeaseRequest {
  /** How a request ends. */
  sealed interface Outcome permits Granted, Failed, Abandoned {}

  /** The frame is pinned for the caller. */
  record Granted(int frame) implements Outcome {}

  /** The block cannot be had. */
  record Failed(WeftException reason) implements Outcome {}

  /** The caller has left. */
  record Abandoned() implements Outcome {}

  private static final Outcome ABANDONED = new Abandoned();

  private final BlockId block;
  private final Access access;
  private final boolean holding;
  private final Runnable onSettled;
  private final AtomicReference<Outcome> outcome = new AtomicReference<>();
  private boolean missed;

  /**
   * Makes a request.
   *
   * @param holding whether the caller holds other leases while it waits
   * @param onSettled runs once, on the shard's thread, after the request is granted or failed
   */
  LeaseRequest(BlockId block, Access access, boolean holding, Runnable onSettled) {
    this.block = block;
    this.access = access;
    this.holding = holding;
    this.onSettled = onSettled;
  }

  BlockId block() {
    return block;
  }

  Access access() {
    return access;
  }

  boolean isHolding() {
    return holding;
  }

  /** Whether the node did not hold what was asked for; the shard's executor only. */
  boolean isMissed() {
    return missed;
  }

  void markMissed() {
    missed = true;
  }

  boolean isSettled() {
    return outcome.get() != null;
  }

  /** The outcome; only after {@code onSettled} or a refused {@link #abandon}. */
  Outcome outcome() {
    return outcome.get();
  }

  /** Grants; false if the caller has left, who then does not own the pin. */
  boolean grant(int frame) {
    return settle(new Granted(frame));
  }

  /** Fails. */
  void fail(WeftException reason) {
    settle(new Failed(reason));
  }

  private boolean settle(Outcome result) {
    if (!outcome.compareAndSet(null, result)) {
      return false;
    }
    onSettled.run();
    return true;
  }

  /** Gives up; false if the request was settled before. */
  boolean abandon() {
    return outcome.compareAndSet(null, ABANDONED);
  }
}
