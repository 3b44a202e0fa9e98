// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

/** Whether full images of blocks are made smaller before they are logged. */
public enum ImageCompression {
  /** They are logged as they are, without the zeros at their end. */
  NONE,
  /** LZ4, block format; an image that does not get smaller is logged as it is. */
  LZ4
}
