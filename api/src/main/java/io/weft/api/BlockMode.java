// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * The right of a node on a block, and its write-back duty. The modes are the states of MOESI
 * (Sweazey and Smith, ISCA 1986) and the past image of shared-disk databases.
 *
 * <p>Compatibility of the modes of two nodes (y = both modes may exist at the same time):
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
  /** S: may read. The image equals the one on disk. */
  SHARED(true, false),
  /**
   * O: may read. The image may be newer than the one on disk, and this node may have to write it.
   * The mode is compatible with itself, because the dirty mark is only a hint that is shipped with
   * the image.
   */
  SHARED_CURRENT(true, false),
  /** E: may read and change. The image equals the one on disk. */
  EXCLUSIVE(true, true),
  /** M: may read and change. The image may be newer than the one on disk. */
  EXCLUSIVE_CURRENT(true, true),
  /** An older image, kept until the disk has that version or a newer one. Gives no right. */
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

  /** Whether the holder's image may be newer than the one on disk. */
  public boolean isDirty() {
    return this == SHARED_CURRENT || this == EXCLUSIVE_CURRENT || this == PAST_IMAGE;
  }

  /**
   * Whether another node may hold the block in {@code other} while this node holds it in this mode.
   * The relation is symmetric.
   */
  public boolean isCompatibleWith(BlockMode other) {
    return !(read && other.read && (write || other.write));
  }

  /** Whether a holder in this mode has {@code access} without sending a message. */
  public boolean permits(Access access) {
    return access == Access.EXCLUSIVE ? write : read;
  }
}
