// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A set of leases taken in a declared order by one thread: a {@link Reading} or a {@link Change}.
 *
 * <p>Not thread-safe; reusable: {@link #close} releases what is held and makes it ready for the
 * next use. The order of leases is (level, file, number), ascending (API-5); methods without a
 * level use level 0. An integrator gives levels to kinds of blocks, for example root before leaf.
 */
public interface Scope extends AutoCloseable {
  /** The most leases that one scope holds at a time. */
  int MAX_LEASES = 64;

  /**
   * Sets how long the waiting calls of this scope wait at most, until it is set again.
   *
   * @param timeout longer than zero; the default comes from the configuration
   */
  void timeout(Duration timeout);

  /**
   * Takes a block for reading, waiting for it if needed.
   *
   * @param level place in the lease order before file and number, 0 to 255
   * @return the lease, valid until it or the scope is closed
   * @throws WeftException {@link CoreErrors#LEASE_ORDER}, {@link CoreErrors#ALREADY_LEASED}, {@link
   *     CoreErrors#SCOPE_FULL}, {@link CoreErrors#ILLEGAL_USE} while an asynchronous taking is
   *     under way, {@link CoreErrors#LEASE_TIMEOUT}, {@link CoreErrors#INTERRUPTED}, {@link
   *     CoreErrors#BACK_PRESSURED}, {@link CoreErrors#FRAMES_EXHAUSTED}, {@link
   *     CoreErrors#NODE_CLOSED}, {@link CoreErrors#NODE_STOPPED}, or why the block cannot be read
   *     from storage
   */
  SharedLease shared(int level, int file, long number);

  /** Takes a block for reading at level 0; see {@link #shared(int, int, long)}. */
  default SharedLease shared(int file, long number) {
    return shared(0, file, number);
  }

  /**
   * Takes a block for reading if this node holds it and nobody is in the way; looks at local state
   * only, never waits, and may be called out of order.
   */
  Optional<SharedLease> tryShared(int file, long number);

  /**
   * Takes a block for reading at level 0 without blocking the caller. There is no time-out: the
   * stage completes with the lease, or exceptionally when the block cannot be had or the node
   * stops.
   *
   * <p>The stage completes, and runs dependent actions that were given to it without an executor,
   * on the thread that finds the block there, in the middle of what the node does for other blocks:
   * the caller's own if the block is here, else one of the transport, of the storage or of the
   * node, or of another application. Until they return nothing else happens on this node with the
   * blocks that share a part of the cache with this one, a quarter of all by default, and no other
   * message of that peer may come in. So they must be short and must not wait, not for another
   * block either; what takes longer than the use of a block does, belongs on an executor of the
   * application ({@link CompletionStage#thenApplyAsync(java.util.function.Function,
   * java.util.concurrent.Executor)}).
   *
   * <p>Until it completes the scope must not be used, except that it may be closed. Who does not
   * want to wait any longer ends the stage itself, as a {@link
   * java.util.concurrent.CompletableFuture} (by {@code cancel} or {@code orTimeout} of {@link
   * CompletionStage#toCompletableFuture}), or closes the scope: the block, if it comes, is given
   * back. Ending a stage that depends on this one changes nothing.
   */
  // Not on an executor of the node: the hand-over would cost every caller, also those who only
  // read a block or begin the next call, and a slow action would block that executor instead.
  CompletionStage<SharedLease> sharedAsync(int file, long number);

  /** Releases every lease; a change that was not committed is aborted. */
  @Override
  void close();
}
