// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import java.lang.foreign.MemorySegment;

/**
 * The layout of one direction of a connection: a ring of records with one producer and one
 * consumer, in the byte order of the machine.
 *
 * <pre>
 *   control   0  u64  bytes consumed since the beginning, written by the consumer
 *           128  u32  1: the producer waits for room, and is to be woken
 *
 *   record    0  i32  0: not yet written; above 0: bytes of the body; below 0: padding up to the
 *                     end of the ring, of that many bytes
 *             4  u32  kind, with {@link #FIRST} and {@link #LAST}
 *             8       body, then up to 7 bytes unused
 * </pre>
 *
 * <p>The length is written last, so the consumer sees a record when it is complete, and a process
 * that dies while it writes leaves nothing behind that could be taken for a record. The consumer
 * looks at that one word, which arrives together with the first bytes of the record. It zeroes what
 * it has consumed: only so is every length word zero before it is written; and the lines then
 * belong to the consumer's cache, from where the producer's next write takes them faster than lines
 * that the consumer has only read.
 */
final class Ring {
  /** Smallest ring: 128 KiB. The longest handshake message fits an empty one. */
  static final int MIN_BYTES = 128 << 10;

  /** Largest ring: 64 MiB. */
  static final int MAX_BYTES = 64 << 20;

  /** Bytes of the control words of a direction. */
  static final int CONTROL_BYTES = 256;

  /** Offset of the number of consumed bytes. */
  static final int CONSUMED_AT = 0;

  /** Offset of the word by which the producer asks to be woken. */
  static final int WAITING_AT = 128;

  /** Bytes of a record before its body. */
  static final int RECORD_HEADER_BYTES = 8;

  /** Offset of the kind in a record. */
  static final int KIND_AT = 4;

  /** Kind of a record of a handshake message. */
  static final int HANDSHAKE = 1;

  /** Kind of a record of a frame. */
  static final int FRAME = 2;

  /** Added to the kind of the first fragment of a message. */
  static final int FIRST = 0x100;

  /** Added to the kind of the last fragment; a message in one record has both. */
  static final int LAST = 0x200;

  /** Added to the kind of a message in one record. */
  static final int WHOLE = FIRST | LAST;

  private static final int ALIGNMENT = 8;

  private Ring() {}

  /** Largest body of a record: a quarter of the ring, so that a record always finds its place. */
  static int maxBody(int ringBytes) {
    return ringBytes / 4 - RECORD_HEADER_BYTES;
  }

  /** Bytes that a record with that body takes. */
  static int recordBytes(int body) {
    return (RECORD_HEADER_BYTES + body + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** Whether {@code bytes} is a legal size: a power of two within the bounds. */
  static boolean isLegal(long bytes) {
    return bytes >= MIN_BYTES && bytes <= MAX_BYTES && Long.bitCount(bytes) == 1;
  }

  /** The two parts of one direction. */
  record Direction(MemorySegment control, MemorySegment data) {}
}
