// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A scope that changes blocks atomically. It takes blocks exclusively, declares the ranges that it
 * writes, and then commits or aborts. Used by one thread at a time.
 *
 * <pre>{@code
 * try (Change change = cache.newChange()) {
 *   ExclusiveLease from = change.exclusive(ACCOUNTS, 17);
 *   ExclusiveLease to = change.exclusive(ACCOUNTS, 42);
 *   MemorySegment a = change.writable(from, 0, 8);
 *   MemorySegment b = change.writable(to, 0, 8);
 *   a.set(JAVA_LONG, 0, a.get(JAVA_LONG, 0) - 5);
 *   b.set(JAVA_LONG, 0, b.get(JAVA_LONG, 0) + 5);
 *   change.commit();
 * }
 * }</pre>
 */
public interface Change extends Scope {
  /**
   * Takes a block exclusively and waits for it if needed. Parameters, rules and errors are those of
   * {@link Scope#shared(int, int, long)}.
   */
  ExclusiveLease exclusive(int level, int file, long number);

  /** Takes a block exclusively at level 0; see {@link #exclusive(int, int, long)}. */
  default ExclusiveLease exclusive(int file, long number) {
    return exclusive(0, file, number);
  }

  /**
   * Takes a block exclusively if this node holds it exclusively and there is no conflicting block
   * lease and no pending revocation. Never waits; the result is empty if the block cannot be taken
   * at once.
   */
  Optional<ExclusiveLease> tryExclusive(int file, long number);

  /** Takes a block exclusively without blocking the caller; see {@link Scope#sharedAsync}. */
  CompletionStage<ExclusiveLease> exclusiveAsync(int file, long number);

  /**
   * Takes a global lock for an owner, and then a block exclusively. Parameters, rules and errors
   * are those of {@link Scope#sharedUnder}.
   */
  LockedBlock<ExclusiveLease> exclusiveUnder(
      LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout);

  /**
   * Takes a lock and a block exclusively without blocking the caller; see {@link
   * Scope#sharedUnderAsync}.
   */
  CompletionStage<LockedBlock<ExclusiveLease>> exclusiveUnderAsync(
      LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout);

  /**
   * Declares a range that this change writes, and returns the range. It is writable until commit or
   * abort. The old bytes are saved for an abort. Ranges may overlap.
   *
   * <p>The segment must not be used after commit, abort or close. A later write would be made
   * without redo, and the frame may belong to another block or another caller by then. With
   * assertions enabled ({@code -ea}) such an access fails with {@link IllegalStateException}.
   * Without assertions it is not detected, because a check would slow down every access. Run tests
   * with assertions enabled.
   *
   * @param lease a lease of this change
   * @param offset first byte of the range in the content, 0 or larger
   * @param length length in bytes, 1 or larger
   * @throws WeftException {@link CoreErrors#OUT_OF_BLOCK} if the range exceeds the content
   */
  MemorySegment writable(ExclusiveLease lease, int offset, int length);

  /**
   * Makes the declared writes visible atomically, releases all leases, and returns when the redo is
   * durable. The version of every block with a declared range grows by one.
   *
   * <p>The error tells the state of the change (API-11). After {@link CoreErrors#OUTCOME_UNKNOWN}
   * the change has taken effect and is visible to all callers. Only its durability is unknown,
   * because the thread was interrupted, the call timed out, or the node's membership lease has
   * expired. To continue waiting, call commit again on the same change, with no other call in
   * between. It returns the same SCN. Taking a block, aborting or closing ends this possibility,
   * and undoes nothing. If a commit has aborted the change, a second commit with no other call in
   * between fails with the same error.
   *
   * @return the SCN of the commit, or 0 if no range was declared
   * @throws WeftException {@link CoreErrors#OUTCOME_UNKNOWN} as above; {@link
   *     CoreErrors#NODE_STOPPED} if the node stopped: the versions of the changed blocks, read on
   *     another node, show whether the change is durable; for a change without ranges also {@link
   *     CoreErrors#INTERRUPTED} or {@link CoreErrors#LEASE_TIMEOUT} while it waits until what it
   *     has read is durable: commit may be called again. Any other error means that the change has
   *     been aborted, for example {@link CoreErrors#NODE_LEASE_OVER}, or {@code
   *     REGISTRY_UNAVAILABLE} or {@link CoreErrors#INTERRUPTED} if the SCN could not be reserved.
   *     Every commit except {@link #commitAsync} waits for that reservation, which is seldom
   *     necessary
   */
  default long commit() {
    return commit(Durability.SYNC);
  }

  /** Commits with the given durability; see {@link #commit()}. */
  long commit(Durability durability);

  /**
   * Commits without blocking the caller. The leases are released before this returns. The stage
   * completes with the SCN when the redo is durable. It fails with {@link CoreErrors#NODE_STOPPED}
   * or {@link CoreErrors#OUTCOME_UNKNOWN} if the node stops first. Cancelling the stage does not
   * undo the commit.
   */
  CompletionStage<Scn> commitAsync();

  /** Restores every range declared since the last commit and releases all leases. */
  void abort();
}
