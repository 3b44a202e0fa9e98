// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.view;

import io.weft.api.Epoch;
import io.weft.api.View;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The view that this node has installed, and the membership lease of this node. Written by {@link
 * io.weft.spi.membership.Membership}, read by all components. The assembly creates one for each
 * node.
 *
 * <ul>
 *   <li>Rule VW-1: epochs only grow. A view does not change within its epoch.
 *   <li>Rule VW-2: all methods may be called on any thread, and never block.
 *   <li>Rule VW-3: while {@link #leaseHolds} is true, no other node has been told that this node
 *       has stopped.
 *   <li>Rule VW-4: a component that has to write after the membership lease has expired writes
 *       nothing and calls {@link #revokeLease}. It does not stop the node. The membership does,
 *       because only it can determine why the lease was not renewed.
 * </ul>
 */
public final class Views {
  /** The epoch before the first view. Also marks messages that belong to no view. */
  public static final long NO_EPOCH = 0;

  private static final long FOR_EVER = Long.MAX_VALUE;

  private final LongSupplier bootTime;
  private volatile Optional<View> current = Optional.empty();
  private volatile long epoch = NO_EPOCH;
  private volatile long leaseUntil;
  private volatile boolean leased;
  private volatile boolean revoked;

  /**
   * Creates an object without a view and without a membership lease.
   *
   * @param bootTime the clock of the node's runtime that also advances while the machine is
   *     suspended, in nanoseconds
   */
  public Views(LongSupplier bootTime) {
    this.bootTime = bootTime;
  }

  /**
   * Creates an object with a fixed view and a membership lease that never expires. For tests, tools
   * and benchmarks.
   */
  public static Views fixed(View view) {
    Views views = new Views(() -> 0);
    views.install(view);
    views.lease(FOR_EVER);
    return views;
  }

  /**
   * The view in force.
   *
   * @throws IllegalStateException if none has been installed yet
   */
  public View current() {
    return current.orElseThrow(() -> new IllegalStateException("no view has been installed yet"));
  }

  /** The view in force, if there is one. */
  public Optional<View> installed() {
    return current;
  }

  /** The number of the view in force; {@link #NO_EPOCH} before the first. */
  public long epoch() {
    return epoch;
  }

  /**
   * Whether the membership lease of this node holds now. What was read is valid only if the lease
   * still holds after the read (S7).
   */
  public boolean leaseHolds() {
    if (!leased || revoked) {
      return false;
    }
    long until = leaseUntil;
    return until == FOR_EVER || bootTime.getAsLong() - until < 0;
  }

  /** Puts a view in force. Called by the membership only. */
  public synchronized void install(View view) {
    Epoch next = view.epoch();
    if (next.value() <= epoch) {
      throw new IllegalStateException(next + " after epoch " + epoch);
    }
    current = Optional.of(view);
    epoch = next.value();
  }

  /**
   * Extends the membership lease. Called by the membership only.
   *
   * @param until the expiry in boot time, in nanoseconds; {@code Long.MAX_VALUE} means never
   */
  public void lease(long until) {
    leaseUntil = until;
    leased = true;
  }

  /** Ends the membership lease permanently. A renewal in progress does not restore it. */
  public void revokeLease() {
    revoked = true;
  }

  /** Whether the membership lease has been ended permanently. */
  public boolean isLeaseRevoked() {
    return revoked;
  }
}
