// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.redo;

import io.weft.api.Category;
import io.weft.api.ErrorCode;

/** Errors of redo logs and of recovery from them. */
public final class RedoErrors {
  /** A record in the middle of a log is damaged. The records after it cannot be trusted. */
  public static final ErrorCode CORRUPT_LOG = new ErrorCode(6001, "CORRUPT_LOG", Category.FATAL);

  /** The redo lacks a version of a block. */
  public static final ErrorCode REDO_GAP = new ErrorCode(6002, "REDO_GAP", Category.FATAL);

  /** A log or segment has a format that this version does not know. */
  public static final ErrorCode UNKNOWN_LOG_FORMAT =
      new ErrorCode(6003, "UNKNOWN_LOG_FORMAT", Category.USER);

  /** A change is too large for the log. */
  public static final ErrorCode RECORD_TOO_LARGE =
      new ErrorCode(6004, "RECORD_TOO_LARGE", Category.USER);

  /** The log of a failed incarnation is missing, and it was not deleted on purpose. */
  public static final ErrorCode MISSING_LOG = new ErrorCode(6005, "MISSING_LOG", Category.USER);

  /** The log cannot be written, read or forced. */
  public static final ErrorCode LOG_IO = new ErrorCode(6201, "LOG_IO", Category.FATAL);

  /** There is no space left for redo. */
  public static final ErrorCode LOG_FULL = new ErrorCode(6202, "LOG_FULL", Category.FATAL);

  /** The log has been sealed: this node has been evicted. */
  public static final ErrorCode LOG_SEALED = new ErrorCode(6203, "LOG_SEALED", Category.FATAL);

  private RedoErrors() {}
}
