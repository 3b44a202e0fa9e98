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
 * The state of this node's cache. It decides whether block leases may be taken, and whether what
 * they show is valid. Thread-safe.
 *
 * <pre>
 *   open --drain--> draining --stop--> stopped     (or at once from open to stopped)
 * </pre>
 *
 * <p>The membership lease, in {@link Views}, is independent of this state. After it has expired,
 * reads are not valid and nothing is written.
 */
public final class RunState {
  private final int self;
  private final Views views;
  private final NodeFailure failure;

  /** In order of registration, so that a simulated stop is reproducible. */
  private final Set<Consumer<WeftException>> stopListeners =
      Collections.synchronizedSet(new LinkedHashSet<>());

  private volatile WeftException stopped;
  private volatile boolean draining;

  /**
   * Open.
   *
   * @param self number of this node
   * @param failure receives errors that must stop the node
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

  /** The error for later callers; empty while the node runs. */
  public Optional<WeftException> stopError() {
    return Optional.ofNullable(stopped).map(this::stoppedBecause);
  }

  /** Throws if the cache has stopped: block leases must not be taken or trusted any more. */
  public void checkRunning() {
    WeftException reason = stopped;
    if (reason != null) {
      throw stoppedBecause(reason);
    }
  }

  /** Throws if no new block lease may be taken. */
  public void checkOpen() {
    checkRunning();
    if (draining) {
      throw closing();
    }
  }

  /** The error for a new block lease while the node drains. */
  public static WeftException closing() {
    return new WeftException(CoreErrors.NODE_CLOSED, "the node is being closed");
  }

  /** Throws if the membership lease has expired: what was read before is not valid (S7). */
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
                + " has expired, so what was read is not valid; repeat the operation: the node soon"
                + " renews its lease or stops");
  }

  /**
   * Whether this node may write to the storage (R12). After the first false it may never write
   * again, and the membership stops it (VW-4). The caller drops the write.
   */
  public boolean mayWrite() {
    boolean may = views.leaseHolds();
    if (!may) {
      views.revokeLease();
    }
    return may;
  }

  // ---- the end -------------------------------------------------------------------------------

  /** Starts draining: from now on no new block lease is taken. */
  public void startDraining() {
    draining = true;
  }

  /** Reports an error after which this node cannot continue; the node stops. */
  public void onFailure(Throwable cause) {
    WeftException reason =
        cause instanceof WeftException known
            ? known
            : new WeftException(
                CoreErrors.INVARIANT_BROKEN, "cache fusion: unexpected " + cause, cause);
    failure.stop(reason);
  }

  /**
   * Stops the cache. May be repeated; the first reason is kept.
   *
   * @return the error for waiting callers
   */
  public WeftException stop(WeftException reason) {
    WeftException first = stopped;
    if (first == null) {
      stopped = reason;
      first = reason;
    }
    return stoppedBecause(first);
  }

  /** Notifies the listeners, each once; called after the shards have been stopped. */
  public void notifyListeners(WeftException error) {
    List<Consumer<WeftException>> listeners;
    synchronized (stopListeners) {
      listeners = List.copyOf(stopListeners);
    }
    for (Consumer<WeftException> listener : listeners) {
      listener.accept(error);
      stopListeners.remove(listener);
    }
  }

  /** Registers a listener for the stop of the node; called at once if it has stopped. */
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
