// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.view.Views;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Whether this node's cache runs: whether block leases may be taken, and what they show be trusted.
 * Thread-safe.
 *
 * <pre>
 *   open --drain--> draining --stop--> stopped     (or at once from open to stopped)
 * </pre>
 *
 * <p>Beside that stands the membership lease, which {@link Views} has: while it has expired,
 * nothing that is read counts, and nothing is written.
 */
public final class RunState {
  private final int self;
  private final Views views;
  private final NodeFailure failure;

  /** In the order of their arrival, so that a simulated stop repeats. */
  private final Set<Consumer<WeftException>> stopListeners =
      Collections.synchronizedSet(new LinkedHashSet<>());

  private volatile WeftException stopped;
  private volatile boolean draining;

  /**
   * Open.
   *
   * @param self number of this node
   * @param failure is told what must stop the node
   */
  public RunState(int self, Views views, NodeFailure failure) {
    this.self = self;
    this.views = views;
    this.failure = failure;
  }

  // ---- questions -----------------------------------------------------------------------------

  public boolean isStopped() {
    return stopped != null;
  }

  /** What those who still want something are told; empty while the node runs. */
  public Optional<WeftException> stopError() {
    return Optional.ofNullable(stopped).map(this::stoppedBecause);
  }

  /** Throws if leases must not be taken or trusted any more. */
  public void checkRunning() {
    WeftException reason = stopped;
    if (reason != null) {
      throw stoppedBecause(reason);
    }
  }

  /** Throws if no new lease may be taken. */
  public void checkOpen() {
    checkRunning();
    if (draining) {
      throw closing();
    }
  }

  /** Why no new lease may be taken. */
  public static WeftException closing() {
    return new WeftException(CoreErrors.NODE_CLOSED, "the node is being closed");
  }

  /** Throws if the membership lease has expired, so that what was read does not count (S7). */
  public void checkMembershipLease() {
    checkRunning();
    if (!views.leaseHolds()) {
      throw membershipLeaseExpired();
    }
  }

  /** The membership lease may be renewed a moment later, unless it has been revoked. */
  private WeftException membershipLeaseExpired() {
    return views.isLeaseRevoked()
        ? new WeftException(
            CoreErrors.NODE_STOPPED, "the membership lease of n" + self + " has been revoked")
        : new WeftException(
            CoreErrors.NODE_LEASE_OVER,
            "the membership lease of n"
                + self
                + " has expired, what was read does not count; repeat it, the node renews its lease"
                + " soon or stops");
  }

  /**
   * Whether this node may write to the storage (R12). If not, it never may again, and the
   * membership stops it as soon as it knows why (VW-4): what was to be written is left as it is.
   */
  public boolean mayWrite() {
    boolean may = views.leaseHolds();
    if (!may) {
      views.revokeLease();
    }
    return may;
  }

  // ---- the end -------------------------------------------------------------------------------

  /** From here on no new leases are taken. */
  public void startDraining() {
    draining = true;
  }

  /** Something has happened that this node cannot go on with: has the node stopped. */
  public void onFailure(Throwable cause) {
    WeftException reason =
        cause instanceof WeftException known
            ? known
            : new WeftException(
                CoreErrors.INVARIANT_BROKEN, "cache fusion: unexpected " + cause, cause);
    failure.stop(reason);
  }

  /**
   * From here on nothing is done any more. May be repeated; the first reason counts.
   *
   * @return what those who wait are to be told
   */
  public WeftException stop(WeftException reason) {
    WeftException first = stopped;
    if (first == null) {
      stopped = reason;
      first = reason;
    }
    return stoppedBecause(first);
  }

  /** Tells the listeners, each once, after the shards have been told. */
  public void tellListeners(WeftException error) {
    List<Consumer<WeftException>> listeners;
    synchronized (stopListeners) {
      listeners = List.copyOf(stopListeners);
    }
    for (Consumer<WeftException> listener : listeners) {
      listener.accept(error);
      stopListeners.remove(listener);
    }
  }

  /** Has a listener told if the node stops; at once if it has. */
  public void onStop(Consumer<WeftException> listener) {
    stopListeners.add(listener);
    WeftException reason = stopped;
    if (reason != null && stopListeners.remove(listener)) {
      listener.accept(stoppedBecause(reason));
    }
  }

  public void forgetListener(Consumer<WeftException> listener) {
    stopListeners.remove(listener);
  }

  private WeftException stoppedBecause(WeftException reason) {
    if (reason.code() == CoreErrors.NODE_CLOSED || reason.code() == CoreErrors.NODE_STOPPED) {
      return new WeftException(reason.code(), reason.getMessage(), reason);
    }
    return new WeftException(
        CoreErrors.NODE_STOPPED, "n" + self + " has stopped: " + reason, reason);
  }
}
