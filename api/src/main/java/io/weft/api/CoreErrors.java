// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** Errors that every part of the engine may raise. */
public final class CoreErrors {
  /** Leases of a scope were taken out of order (API-5). */
  public static final ErrorCode LEASE_ORDER = user(1001, "LEASE_ORDER");

  /** A scope, lease or change was used in a state that does not allow it. */
  public static final ErrorCode ILLEGAL_USE = user(1002, "ILLEGAL_USE");

  /** A range lies outside the block. */
  public static final ErrorCode OUT_OF_BLOCK = user(1003, "OUT_OF_BLOCK");

  /** A scope takes more blocks than it may, or more of one shard than that has frames. */
  public static final ErrorCode SCOPE_FULL = user(1004, "SCOPE_FULL");

  /** The caller holds the block already, in this scope or another one of its thread (API-6). */
  public static final ErrorCode ALREADY_LEASED = user(1005, "ALREADY_LEASED");

  /** The block did not arrive within the scope's time-out. */
  public static final ErrorCode LEASE_TIMEOUT = retryable(1101, "LEASE_TIMEOUT");

  /** The waiting thread was interrupted. */
  public static final ErrorCode INTERRUPTED = retryable(1102, "INTERRUPTED");

  /** More callers wait than the configuration allows. */
  public static final ErrorCode BACK_PRESSURED = retryable(1103, "BACK_PRESSURED");

  /** Every frame of the cache is leased, so no block can come in. */
  public static final ErrorCode FRAMES_EXHAUSTED = retryable(1104, "FRAMES_EXHAUSTED");

  /**
   * A change has taken effect, but it is not known whether it is durable (API-11). Repeating it
   * would do it twice; committing again waits on.
   */
  public static final ErrorCode OUTCOME_UNKNOWN =
      new ErrorCode(1105, "OUTCOME_UNKNOWN", Category.UNDECIDED);

  /**
   * The node's lease is over at this moment, so nothing that it has shown or would log counts
   * (API-9). It will be renewed soon, or the node stops, and says why.
   */
  public static final ErrorCode NODE_LEASE_OVER = retryable(1106, "NODE_LEASE_OVER");

  /** The node has been closed. */
  public static final ErrorCode NODE_CLOSED = user(1201, "NODE_CLOSED");

  /** The node has stopped because of the error in the message. */
  public static final ErrorCode NODE_STOPPED = fatal(1202, "NODE_STOPPED");

  /** An invariant of the engine does not hold: a defect, the node stops. */
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
