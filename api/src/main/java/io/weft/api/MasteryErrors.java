// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** Errors of calls about masters, numbers 8501 to 8699. */
public final class MasteryErrors {
  /** The node to which a bucket was to move is not a member of the view. */
  public static final ErrorCode UNKNOWN_MEMBER =
      new ErrorCode(8501, "UNKNOWN_MEMBER", Category.USER);

  /** The bucket has blocks of a system file, and never moves. */
  public static final ErrorCode SYSTEM_BUCKET = new ErrorCode(8502, "SYSTEM_BUCKET", Category.USER);

  /** The master has refused an order again and again; the message says why. */
  public static final ErrorCode MASTER_REFUSES =
      new ErrorCode(8601, "MASTER_REFUSES", Category.RETRYABLE);

  private MasteryErrors() {}
}
