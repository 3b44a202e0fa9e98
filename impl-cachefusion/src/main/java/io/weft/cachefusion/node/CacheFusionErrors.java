// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import io.weft.api.Category;
import io.weft.api.ErrorCode;

/** Errors of the coherent cache, band 5000. */
public final class CacheFusionErrors {
  /** A message could not be decoded. */
  public static final ErrorCode BAD_MESSAGE = new ErrorCode(5001, "BAD_MESSAGE", Category.FATAL);

  /** More events wait at a shard than its queue takes; admission should have prevented that. */
  static final ErrorCode SHARD_OVERFLOW = new ErrorCode(5002, "SHARD_OVERFLOW", Category.FATAL);

  /** A bucket can only be moved by its master. */
  public static final ErrorCode NOT_THE_MASTER =
      new ErrorCode(5003, "NOT_THE_MASTER", Category.RETRYABLE);

  /** A bucket can only be moved to a member of the view. */
  public static final ErrorCode NOT_A_MEMBER =
      new ErrorCode(5004, "NOT_A_MEMBER", Category.RETRYABLE);

  /** A bucket cannot be moved before all its blocks are recovered. */
  public static final ErrorCode BUCKET_RECOVERS =
      new ErrorCode(5005, "BUCKET_RECOVERS", Category.RETRYABLE);

  /** The bucket is being moved already. */
  public static final ErrorCode BUCKET_MOVES =
      new ErrorCode(5006, "BUCKET_MOVES", Category.RETRYABLE);

  /** A view change has ended the move. The view says which node is the master. */
  public static final ErrorCode MOVE_INTERRUPTED =
      new ErrorCode(5007, "MOVE_INTERRUPTED", Category.RETRYABLE);

  /** Transactions of the bucket have stayed open for too long, and the move was given up. */
  public static final ErrorCode BUCKET_BUSY =
      new ErrorCode(5008, "BUCKET_BUSY", Category.RETRYABLE);

  private CacheFusionErrors() {}
}
