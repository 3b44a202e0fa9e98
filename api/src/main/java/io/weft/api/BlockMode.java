// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * The right that a node holds on a block, and the duties that come with it: the states of MOESI
 * (Sweazey and Smith, ISCA 1986) and the past image of shared-disk databases.
 *
 * <p>Compatibility of the modes of two nodes (y = may exist at once):
 *
 * <pre>
 *                      NULL  SHARED  SH_CUR  EXCL  EX_CUR  PAST
 *   NULL                y      y       y      y      y      y
 *   SHARED              y      y       y      -      -      y
 *   SHARED_CURRENT      y      y       y      -      -      y
 *   EXCLUSIVE           y      -       -      -      -      y
 *   EXCLUSIVE_CURRENT   y      -       -      -      -      y
 *   PAST_IMAGE          y      y       y      y      y      y
 * </pre>
 */
public enum BlockMode {
  /** I: no right, no image. */
  NULL(false, false),
  /** S: may read; the image is as on disk. */
  SHARED(true, false),
  /**
   * O: may read; the image may be newer than the disk's and may have to be written by this node.
   * Compatible with itself, because the mark that says so is a hint which travels with the image.
   */
  SHARED_CURRENT(true, false),
  /** E: may read and change; the image is as on disk. */
  EXCLUSIVE(true, true),
  /** M: may read and change; the image may be newer than the disk's. */
  EXCLUSIVE_CURRENT(true, true),
  /** An older image, kept until the disk holds that version or a newer one; gives no right. */
  PAST_IMAGE(false, false);

  private final boolean read;
  private final boolean write;

  BlockMode(boolean read, boolean write) {
    this.read = read;
    this.write = write;
  }

  /** Whether the holder may read the block. */
  public boolean canRead() {
    return read;
  }

  /** Whether the holder may change the block. */
  public boolean canWrite() {
    return write;
  }

  /** Whether the holder's image may be newer than the disk's. */
  public boolean isDirty() {
    return this == SHARED_CURRENT || this == EXCLUSIVE_CURRENT || this == PAST_IMAGE;
  }

  /** Whether another node may be in {@code other} while this node is in this mode; symmetric. */
  public boolean isCompatibleWith(BlockMode other) {
    return !(read && other.read && (write || other.write));
  }

  /** Whether a holder in this mode needs no message for {@code access}. */
  public boolean permits(Access access) {
    return access == Access.EXCLUSIVE ? write : read;
  }
}
