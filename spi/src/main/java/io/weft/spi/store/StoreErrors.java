// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.store;

import io.weft.api.Category;
import io.weft.api.ErrorCode;

/** Errors of block stores, band 4000. */
public final class StoreErrors {
  /** The storage belongs to another cluster. */
  public static final ErrorCode FOREIGN_STORE = user(4001, "FOREIGN_STORE");

  /** The storage has another block size. */
  public static final ErrorCode BLOCK_SIZE_MISMATCH = user(4002, "BLOCK_SIZE_MISMATCH");

  /** The storage has a format that this version does not know, or no valid superblock. */
  public static final ErrorCode UNKNOWN_FORMAT = user(4003, "UNKNOWN_FORMAT");

  /** The storage cannot be read or written with this user's rights. */
  public static final ErrorCode NOT_ACCESSIBLE = user(4004, "NOT_ACCESSIBLE");

  /** A block's header or checksum is wrong. */
  public static final ErrorCode CORRUPT_BLOCK = new ErrorCode(4101, "CORRUPT_BLOCK", Category.USER);

  /** A read failed. */
  public static final ErrorCode READ_FAILED =
      new ErrorCode(4102, "READ_FAILED", Category.RETRYABLE);

  /** A write failed. */
  public static final ErrorCode WRITE_FAILED = new ErrorCode(4103, "WRITE_FAILED", Category.FATAL);

  /** There is no space for a block. The write may be repeated. */
  public static final ErrorCode STORE_FULL = new ErrorCode(4105, "STORE_FULL", Category.RETRYABLE);

  /** The writer is outside the view: it has been fenced, or its token is invalid. */
  public static final ErrorCode FENCED = new ErrorCode(4104, "FENCED", Category.FATAL);

  /** The storage does not respond. Writes in progress may still take effect. */
  public static final ErrorCode NOT_ANSWERING =
      new ErrorCode(4106, "NOT_ANSWERING", Category.FATAL);

  /**
   * A block could not be recovered. Requests for it fail until an operator restores it or accepts
   * the loss.
   */
  public static final ErrorCode QUARANTINED = new ErrorCode(4107, "QUARANTINED", Category.USER);

  private StoreErrors() {}

  private static ErrorCode user(int number, String name) {
    return new ErrorCode(number, name, Category.USER);
  }
}
