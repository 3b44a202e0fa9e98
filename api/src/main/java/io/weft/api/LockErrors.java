// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** Errors of global locks, band 8000. */
public final class LockErrors {
  /** The name of a lock is empty or too long. */
  public static final ErrorCode BAD_LOCK_NAME = user(8001, "BAD_LOCK_NAME");

  /** The value of a lock is too long, or is written by an owner in a mode that may not. */
  public static final ErrorCode BAD_LOCK_VALUE = user(8002, "BAD_LOCK_VALUE");

  /** The owner does not hold the lock. */
  public static final ErrorCode LOCK_NOT_HELD = user(8003, "LOCK_NOT_HELD");

  /** The owner holds the lock already, or has asked for it and waits. */
  public static final ErrorCode LOCK_HELD = user(8004, "LOCK_HELD");

  /** A conversion between CW and PR, of which neither covers the other. */
  public static final ErrorCode BAD_CONVERSION = user(8005, "BAD_CONVERSION");

  /** The owner has been closed. */
  public static final ErrorCode OWNER_CLOSED = user(8006, "OWNER_CLOSED");

  /** The lock was not granted in time. Nothing was granted, and what was held is still held. */
  public static final ErrorCode LOCK_TIMEOUT =
      new ErrorCode(8101, "LOCK_TIMEOUT", Category.RETRYABLE);

  /**
   * The wait was ended because it was part of a deadlock, which the message names. What the owner
   * holds it still holds: it must release for the others to go on.
   */
  public static final ErrorCode DEADLOCK = new ErrorCode(8102, "DEADLOCK", Category.RETRYABLE);

  /** This node holds as many locks as its configuration allows. */
  public static final ErrorCode LOCKS_EXHAUSTED =
      new ErrorCode(8103, "LOCKS_EXHAUSTED", Category.RETRYABLE);

  private LockErrors() {}

  private static ErrorCode user(int number, String name) {
    return new ErrorCode(number, name, Category.USER);
  }
}
