// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A set of block leases that one thread takes in a fixed order: a {@link Reading} or a {@link
 * Change}.
 *
 * <p>Not thread-safe. Reusable: {@link #close} releases all leases, and the scope can then be used
 * again. The order of leases is (level, file, number), ascending (API-5). Methods without a level
 * use level 0. An integrator assigns levels to kinds of blocks, for example root before leaf.
 */
public interface Scope extends AutoCloseable {
  /** The largest number of leases that one scope can hold at a time. */
  int MAX_LEASES = 64;

  /**
   * Sets the longest wait of each blocking call of this scope. Stays in force until it is set
   * again.
   *
   * @param timeout longer than zero; the default comes from the configuration
   */
  void timeout(Duration timeout);

  /**
   * Takes a block for reading, and waits for it if needed.
   *
   * @param level place in the lease order before file and number, 0 to 255
   * @return the lease, valid until it or the scope is closed
   * @throws WeftException {@link CoreErrors#LEASE_ORDER}, {@link CoreErrors#ALREADY_LEASED}, {@link
   *     CoreErrors#SCOPE_FULL}, {@link CoreErrors#ILLEGAL_USE} while an asynchronous request of
   *     this scope is pending, {@link CoreErrors#LEASE_TIMEOUT}, {@link CoreErrors#INTERRUPTED},
   *     {@link CoreErrors#BACK_PRESSURED}, {@link CoreErrors#FRAMES_EXHAUSTED}, {@link
   *     CoreErrors#DIRECTORY_FULL}, {@link CoreErrors#NODE_CLOSED}, {@link
   *     CoreErrors#NODE_STOPPED}, or the storage error if the block cannot be read
   */
  SharedLease shared(int level, int file, long number);

  /** Takes a block for reading at level 0; see {@link #shared(int, int, long)}. */
  default SharedLease shared(int file, long number) {
    return shared(0, file, number);
  }

  /**
   * Takes a block for reading if this node holds it and there is no conflicting block lease and no
   * pending revocation. Checks local state only, and never waits. May be called out of lease order.
   * The result is empty if the block cannot be taken at once.
   */
  Optional<SharedLease> tryShared(int file, long number);

  /**
   * Takes a block for reading at level 0 without blocking the caller. There is no timeout. The
   * stage completes with the lease. It fails if the block cannot be granted or the node stops.
   *
   * <p>If this node holds the block, the stage completes on the calling thread. Otherwise it
   * completes on the thread that processes the block's arrival: a thread of the transport, of the
   * storage, of the node, or of another caller. Dependent actions that were registered without an
   * executor run on that thread. Until they return, this node does no other work on the blocks of
   * the same cache shard (by default a quarter of all blocks), and may receive no other message
   * from that peer. So these actions must be short and must not wait, not even for another block.
   * Longer work belongs on an executor of the application ({@link
   * CompletionStage#thenApplyAsync(java.util.function.Function, java.util.concurrent.Executor)}).
   *
   * <p>Until the stage completes, the only call allowed on the scope is {@link #close}. To stop
   * waiting, the caller completes this stage itself ({@code cancel} or {@code orTimeout} of {@link
   * CompletionStage#toCompletableFuture}) or closes the scope. If the block arrives later, its
   * lease is released at once. Completing or cancelling a stage that depends on this one has no
   * effect.
   */
  // Not on an executor of the node: the hand-over would cost every caller, even one that only
  // reads a block or starts the next call. A slow action would then block that executor instead.
  CompletionStage<SharedLease> sharedAsync(int file, long number);

  /**
   * Takes a global lock for an owner, and then a block for reading at level 0. Both are taken, or
   * nothing (LK-7, LK-8).
   *
   * @param owner an owner of the same node
   * @param mode the mode in which the owner then has the lock, at least
   * @param timeout for both waits together; with 0 or less the call does not wait
   * @return both; its {@link LockedBlock#close} gives both back
   * @throws WeftException the errors of {@link LockOwner#acquire(LockName, LockMode, Duration)},
   *     except that the owner may hold the lock; {@link LockErrors#BAD_CONVERSION} if it holds CW
   *     and PR is asked for, or the reverse; the errors of {@link #shared(int, int, long)}; {@link
   *     CoreErrors#ILLEGAL_USE} if the owner is of another node
   */
  LockedBlock<SharedLease> sharedUnder(
      LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout);

  /**
   * Takes a lock and a block as {@link #sharedUnder} without blocking the caller; see {@link
   * #sharedAsync} for the rules of the stage. If the caller completes or cancels the stage itself,
   * the lock is given back, and the lease at the latest with the next call of this scope.
   *
   * @throws WeftException on the calling thread: the errors that say that this call is not allowed
   */
  CompletionStage<LockedBlock<SharedLease>> sharedUnderAsync(
      LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout);

  /** Releases every lease. A change that was not committed is aborted. */
  @Override
  void close();
}
