// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.WeftException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One caller's request for a pin on a block. Settled exactly once: granted or failed by the shard,
 * or abandoned by the caller.
 */
public final class LeaseRequest {
  /** How a request ends. */
  public sealed interface Outcome permits Granted, Failed, Abandoned {}

  /** The frame is pinned for the caller. */
  public record Granted(int frame) implements Outcome {}

  /** The block cannot be provided. */
  public record Failed(WeftException reason) implements Outcome {}

  /** The caller has given up. */
  public record Abandoned() implements Outcome {}

  /** The only instance, because all abandoned requests are equal. */
  private static final Outcome ABANDONED = new Abandoned();

  private final BlockId block;
  private final Access access;
  private final int held;
  private final int heldInShard;
  private final Runnable onSettled;
  private final AtomicReference<Outcome> outcome = new AtomicReference<>();
  private boolean missed;

  /**
   * Makes a request.
   *
   * @param held number of leases that the caller holds while it waits
   * @param heldInShard how many of them are of the block's shard
   * @param onSettled runs once, on the shard's thread, after the request is granted or failed
   */
  public LeaseRequest(BlockId block, Access access, int held, int heldInShard, Runnable onSettled) {
    this.block = block;
    this.access = access;
    this.held = held;
    this.heldInShard = heldInShard;
    this.onSettled = onSettled;
  }

  public BlockId block() {
    return block;
  }

  public Access access() {
    return access;
  }

  boolean isHolding() {
    return held > 0;
  }

  int heldInShard() {
    return heldInShard;
  }

  /** Whether the node did not hold what was asked for; the shard's executor only. */
  public boolean isMissed() {
    return missed;
  }

  void markMissed() {
    missed = true;
  }

  public boolean isSettled() {
    return outcome.get() != null;
  }

  /** The outcome; only after {@code onSettled} or a refused {@link #abandon}. */
  public Outcome outcome() {
    return outcome.get();
  }

  /** Grants the request; false if the caller has given up: it then does not own the pin. */
  boolean grant(int frame) {
    return settle(new Granted(frame));
  }

  /** Fails the request; false if the caller has given up. */
  public boolean fail(WeftException reason) {
    return settle(new Failed(reason));
  }

  private boolean settle(Outcome result) {
    if (!outcome.compareAndSet(null, result)) {
      return false;
    }
    onSettled.run();
    return true;
  }

  /** Abandons the request; false if it has been settled. */
  public boolean abandon() {
    return outcome.compareAndSet(null, ABANDONED);
  }
}
