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

  private CacheFusionErrors() {}
}
