// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** Errors that any part of the engine may raise, band 1000. */
public final class CoreErrors {
  /** A scope requested a block out of lease order (API-5). */
  public static final ErrorCode LEASE_ORDER = user(1001, "LEASE_ORDER");

  /** A scope, lease or change was used in a state that does not allow it. */
  public static final ErrorCode ILLEGAL_USE = user(1002, "ILLEGAL_USE");

  /** A range lies outside the block. */
  public static final ErrorCode OUT_OF_BLOCK = user(1003, "OUT_OF_BLOCK");

  /**
   * A scope requested more blocks than it may hold, or more blocks of one shard than the shard has
   * frames.
   */
  public static final ErrorCode SCOPE_FULL = user(1004, "SCOPE_FULL");

  /** The calling thread holds the block already, in this scope or in another one (API-6). */
  public static final ErrorCode ALREADY_LEASED = user(1005, "ALREADY_LEASED");

  /** The block was not granted within the timeout of the scope. */
  public static final ErrorCode LEASE_TIMEOUT = retryable(1101, "LEASE_TIMEOUT");

  /** The waiting thread was interrupted. */
  public static final ErrorCode INTERRUPTED = retryable(1102, "INTERRUPTED");

  /** More callers are waiting than the configuration allows. */
  public static final ErrorCode BACK_PRESSURED = retryable(1103, "BACK_PRESSURED");

  /** Every frame of the cache is leased, so no further block can be cached. */
  public static final ErrorCode FRAMES_EXHAUSTED = retryable(1104, "FRAMES_EXHAUSTED");

  /**
   * A change has taken effect, but it is not known whether it is durable (API-11). Repeating the
   * change would apply it twice. Calling commit again continues to wait.
   */
  public static final ErrorCode OUTCOME_UNKNOWN =
      new ErrorCode(1105, "OUTCOME_UNKNOWN", Category.UNDECIDED);

  /**
   * The membership lease of the node has expired, so what was read may be out of date and nothing
   * can be logged (API-9). Either the lease is renewed soon, or the node stops and reports why.
   */
  public static final ErrorCode NODE_LEASE_OVER = retryable(1106, "NODE_LEASE_OVER");

  /**
   * The block's master knows as many blocks as its configuration allows, and all of them have been
   * in use for seconds.
   */
  public static final ErrorCode DIRECTORY_FULL = retryable(1107, "DIRECTORY_FULL");

  /** The node has been closed. */
  public static final ErrorCode NODE_CLOSED = user(1201, "NODE_CLOSED");

  /** The node has stopped because of the error in the message. */
  public static final ErrorCode NODE_STOPPED = fatal(1202, "NODE_STOPPED");

  /** An invariant of the engine is violated. This is a defect; the node stops. */
  public static final ErrorCode INVARIANT_BROKEN = fatal(1301, "INVARIANT_BROKEN");

  private CoreErrors() {}

  private static ErrorCode user(int number, String name) {
    return new ErrorCode(number, name, Category.USER);
  }

  private static ErrorCode retryable(int number, String name) {
    return new ErrorCode(number, name, Category.RETRYABLE);
  }

  private static ErrorCode fatal(int number, String name) {
    return new ErrorCode(number, name, Category.FATAL);
  }
}
