// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Holds global locks: a session or a transaction. It holds a lock at most once, in one mode.
 *
 * <p>Thread-safe. The owner belongs to its node, not to a thread: a lock may be taken on one thread
 * and released on another. Blocking calls may be made on virtual threads.
 *
 * <p>Calls that take or convert throw {@link CoreErrors#NODE_CLOSED} or {@link
 * CoreErrors#NODE_STOPPED} after the end of the node. All calls but {@link #check} and {@link
 * #close} throw {@link LockErrors#OWNER_CLOSED} after {@link #close}. While a conversion of a lock
 * waits, all other calls for that lock throw {@link LockErrors#LOCK_HELD}.
 */
public interface LockOwner extends AutoCloseable {
  /**
   * Takes a lock, and waits for it as long as the configuration says ({@code
   * weft.cache-fusion.locks.timeout}, 10 seconds by default).
   *
   * @throws WeftException as {@link #acquire(LockName, LockMode, Duration)}
   */
  void acquire(LockName name, LockMode mode);

  /**
   * Takes a lock, and waits for it at most {@code timeout}.
   *
   * @param timeout up to 292 years; with 0 or less the call does not wait
   * @throws WeftException {@link LockErrors#LOCK_HELD} if this owner holds the lock or waits for
   *     it; {@link LockErrors#LOCK_TIMEOUT}; {@link LockErrors#DEADLOCK} if the wait was part of a
   *     deadlock; {@link CoreErrors#INTERRUPTED}; {@link CoreErrors#BACK_PRESSURED}, {@link
   *     LockErrors#LOCKS_EXHAUSTED}; {@link CoreErrors#NODE_LEASE_OVER} if the node cannot tell
   *     whether it is still a member. In each case this call has taken nothing.
   */
  void acquire(LockName name, LockMode mode, Duration timeout);

  /**
   * Takes a lock if no other owner holds it in an excluding mode or waits for it. Waits for
   * messages to other nodes, at most the default time-out, but for no owner. False does not prove
   * that another owner has the lock: a request may just have been given up, or the answer was late.
   *
   * @return whether the lock is held now; false also after the default time-out
   * @throws WeftException as {@link #acquire(LockName, LockMode, Duration)}, except the time-out
   */
  boolean tryAcquire(LockName name, LockMode mode);

  /**
   * Takes a lock as {@link #tryAcquire} without blocking the caller; see {@link #acquireAsync}.
   * Unlike there, the stage ends with {@link LockErrors#LOCK_TIMEOUT} after the default time-out.
   */
  CompletionStage<Boolean> tryAcquireAsync(LockName name, LockMode mode);

  /**
   * Takes a lock without blocking the caller. The stage completes when the lock is held, or
   * exceptionally with an error of {@link #acquire(LockName, LockMode, Duration)}. Completing or
   * cancelling the stage itself ends the wait. If the lock is granted at once, the stage completes
   * on the calling thread, otherwise on a thread that processes the lock's messages. Dependent
   * actions without an executor run on that thread: they must be short and must not wait.
   *
   * @throws WeftException on the calling thread: {@link LockErrors#LOCK_HELD}, and the errors of
   *     the whole interface
   */
  CompletionStage<Void> acquireAsync(LockName name, LockMode mode, Duration timeout);

  /**
   * Converts a lock that this owner holds, with the default time-out; see {@link #convert(LockName,
   * LockMode, Duration)}.
   *
   * @throws WeftException as {@link #convert(LockName, LockMode, Duration)}
   */
  void convert(LockName name, LockMode mode);

  /**
   * Converts a lock that this owner holds to a mode that covers the present one, and waits for it,
   * or to a mode that the present one covers, without waiting. On any error the lock is still held
   * in the old mode.
   *
   * @throws WeftException {@link LockErrors#LOCK_NOT_HELD}; {@link LockErrors#BAD_CONVERSION}
   *     between CW and PR: convert to PW first, or release; and the errors of {@link
   *     #acquire(LockName, LockMode, Duration)}
   */
  void convert(LockName name, LockMode mode, Duration timeout);

  /**
   * Converts a lock if it need not wait for another owner; see {@link #tryAcquire} and {@link
   * #convert(LockName, LockMode, Duration)}.
   *
   * @return whether the lock is held in {@code mode} now; if not, it is held in the old mode
   * @throws WeftException as {@link #convert(LockName, LockMode, Duration)}, except the time-out
   */
  boolean tryConvert(LockName name, LockMode mode);

  /**
   * Converts a lock without blocking the caller; see {@link #acquireAsync}.
   *
   * @throws WeftException on the calling thread: {@link LockErrors#LOCK_NOT_HELD}, {@link
   *     LockErrors#BAD_CONVERSION}, and the errors of the whole interface
   */
  CompletionStage<Void> convertAsync(LockName name, LockMode mode, Duration timeout);

  /**
   * Converts a lock down and writes its value. On any error nothing has been done.
   *
   * @param mode one that the present mode covers
   * @param value at most {@link LockValue#MAX_BYTES} bytes, copied
   * @throws WeftException {@link LockErrors#LOCK_NOT_HELD}; {@link LockErrors#BAD_LOCK_VALUE} if it
   *     is too long or the lock is not held in PW or EX; {@link LockErrors#BAD_CONVERSION} if the
   *     present mode does not cover {@code mode}; {@link CoreErrors#NODE_LEASE_OVER}
   */
  void convertDown(LockName name, LockMode mode, byte[] value);

  /**
   * Releases a lock. What was done under it is protected only if this call returns normally.
   *
   * @throws WeftException {@link LockErrors#LOCK_NOT_HELD}; {@link CoreErrors#NODE_LEASE_OVER} if
   *     the membership lease has expired, so that another owner may have been granted the lock
   *     meanwhile: the lock is released in any case
   */
  void release(LockName name);

  /**
   * Writes the value of a lock held in PW or EX, and releases it.
   *
   * @param value at most {@link LockValue#MAX_BYTES} bytes, copied
   * @throws WeftException {@link LockErrors#BAD_LOCK_VALUE}, and the errors of {@link
   *     #release(LockName)}
   */
  void release(LockName name, byte[] value);

  /**
   * The mode in which this owner holds a lock.
   *
   * @throws WeftException {@link LockErrors#LOCK_NOT_HELD}, and the errors of {@link #check}
   */
  LockMode mode(LockName name);

  /**
   * The value of a lock, as this owner got it when its present mode was granted. In PR, PW and EX
   * it is the current one; in the other modes others may have written it since.
   *
   * @throws WeftException {@link LockErrors#LOCK_NOT_HELD}, and the errors of {@link #check}
   */
  LockValue value(LockName name);

  /**
   * Throws if the locks of this owner may no longer be held, because the node has stopped or its
   * membership lease has expired. Changes of blocks need no such check, since a commit makes it.
   * For an effect outside the cluster: the node may still lose the lease between this call and the
   * effect.
   *
   * @throws WeftException {@link CoreErrors#NODE_LEASE_OVER}, {@link CoreErrors#NODE_STOPPED},
   *     {@link CoreErrors#NODE_CLOSED}
   */
  void check();

  /**
   * Says that a scope works for this owner, so that deadlocks of its locks and the block leases of
   * the scope are found (LK-10). {@link Scope#sharedUnder} and {@link Change#exclusiveUnder} do the
   * same. The scope belongs to this owner until it is attached to another one, or this owner is
   * closed. An owner remembers the {@value #MAX_SCOPES} scopes that were attached last.
   *
   * <p>Called by the thread of the scope. From then on, a call of this owner that waits for a lock
   * counts the open leases of the scope, if the same thread has taken them or they were taken
   * asynchronously. While such a call waits, also asynchronously, these leases must not be closed.
   * Otherwise a wait may be ended with {@link LockErrors#DEADLOCK} although there is none. The cost
   * arises only when a call waits; taking a block that the node holds costs the same as before.
   *
   * @throws WeftException {@link CoreErrors#ILLEGAL_USE} if the scope is of another node; {@link
   *     LockErrors#OWNER_CLOSED}
   */
  void attach(Scope scope);

  /** Most scopes of an owner whose leases count for deadlocks. */
  int MAX_SCOPES = 16;

  /** Ends all waits of this owner and releases all its locks, without writing values. */
  @Override
  void close();
}
