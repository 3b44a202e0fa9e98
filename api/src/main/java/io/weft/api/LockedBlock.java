// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * A global lock and a block lease that one call has taken together: {@link Scope#sharedUnder},
 * {@link Change#exclusiveUnder}. Used by the thread of the scope.
 *
 * <pre>{@code
 * try (LockedBlock<ExclusiveLease> total =
 *     change.exclusiveUnder(session, TOTAL, LockMode.EX, FILE, 17, timeout)) {
 *   change.writable(total.lease(), 0, 8).set(JAVA_LONG, 0, sum);
 *   change.commit();
 * }
 * }</pre>
 *
 * <ul>
 *   <li>Rule LK-7: the lock is taken first, the block second, within one time-out. If the owner
 *       holds the lock already, it is converted if its mode does not cover the one that is asked
 *       for, and otherwise left as it is.
 *   <li>Rule LK-8: if the call fails, whatever the reason, the scope has no lease on the block, and
 *       the owner has the lock as before the call: it is released if the call has acquired it, and
 *       converted back if the call has converted it.
 *   <li>Rule LK-9: {@link #close} ends the lease on the block first, and then gives the lock back
 *       as in LK-8; once, and also if the first of the two throws.
 * </ul>
 *
 * @param <L> the kind of lease
 */
public interface LockedBlock<L extends SharedLease> extends AutoCloseable {
  /** The name of the lock. */
  LockName name();

  /** The lease on the block. It may be closed earlier, also by a commit. */
  L lease();

  /**
   * Ends what the scope has of the block, then gives the lock back (LK-9). If ranges of the block
   * have been declared and not committed, the change is aborted, because the block must not change
   * without the lock.
   *
   * <p>What the application has done with the lock since is respected. A lock that it has released
   * is not released again; one that it has converted below the mode of before the call stays so.
   * Later calls do nothing.
   *
   * @throws WeftException the errors of {@link SharedLease#close} and {@link
   *     LockOwner#release(LockName)}; {@link LockErrors#LOCK_HELD} if a conversion of the lock
   *     waits: then the owner keeps the lock. If both parts throw, the error of the lock is
   *     suppressed in that of the block
   */
  @Override
  void close();
}
