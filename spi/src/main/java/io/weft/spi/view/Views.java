// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.view;

import io.weft.api.Epoch;
import io.weft.api.View;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The view that this node has installed, and the node's lease. Written by the {@link
 * io.weft.spi.membership.Membership}, read by everybody; the assembly makes one for each node.
 *
 * <ul>
 *   <li>Rule VW-1: epochs only grow; a view does not change within its epoch.
 *   <li>Rule VW-2: all methods are callable from any thread and never block.
 *   <li>Rule VW-3: while {@link #leaseHolds}, nobody has been told that this node has stopped.
 *   <li>Rule VW-4: who has to write and finds the lease over writes nothing, calls {@link
 *       #revokeLease}, and does not stop the node: the membership does, because it alone can find
 *       out why there is no lease.
 * </ul>
 */
public final class Views {
  /** The epoch before the first view; also marks messages that belong to no view. */
  public static final long NO_EPOCH = 0;

  private static final long FOR_EVER = Long.MAX_VALUE;

  private final LongSupplier bootTime;
  private volatile Optional<View> current = Optional.empty();
  private volatile long epoch = NO_EPOCH;
  private volatile long leaseUntil;
  private volatile boolean leased;
  private volatile boolean revoked;

  /**
   * Without a view and without a lease.
   *
   * @param bootTime the clock of the node's runtime that goes on while the machine is suspended
   */
  public Views(LongSupplier bootTime) {
    this.bootTime = bootTime;
  }

  /** One view for ever, with a lease that never ends; for tests, tools and benchmarks. */
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
   * Whether this node's lease holds now. What was read counts only if it still holds afterwards
   * (S7).
   */
  public boolean leaseHolds() {
    if (!leased || revoked) {
      return false;
    }
    long until = leaseUntil;
    return until == FOR_EVER || bootTime.getAsLong() - until < 0;
  }

  /** Puts a view in force. The membership's business. */
  public synchronized void install(View view) {
    Epoch next = view.epoch();
    if (next.value() <= epoch) {
      throw new IllegalStateException(next + " after epoch " + epoch);
    }
    current = Optional.of(view);
    epoch = next.value();
  }

  /**
   * Extends the lease. The membership's business.
   *
   * @param until in the runtime's boot time; {@code Long.MAX_VALUE}: for ever
   */
  public void lease(long until) {
    leaseUntil = until;
    leased = true;
  }

  /** Ends the lease for good: a renewal that is under way revives nothing. */
  public void revokeLease() {
    revoked = true;
  }

  /** Whether the lease has been ended for good. */
  public boolean isLeaseRevoked() {
    return revoked;
  }
}
