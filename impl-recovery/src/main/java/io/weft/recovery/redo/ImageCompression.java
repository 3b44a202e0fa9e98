// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

/** How full images of blocks are compressed before they are logged. */
public enum ImageCompression {
  /** Not compressed; trailing zeros are left out. */
  NONE,
  /** LZ4 block format; an image that does not become smaller is logged uncompressed. */
  LZ4
}
