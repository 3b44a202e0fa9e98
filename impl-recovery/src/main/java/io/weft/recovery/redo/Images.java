// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * Encodes full images of blocks for the log: without trailing zeros and, if configured, compressed.
 * Thread-safe.
 *
 * <p>The length of a record must be known before room is reserved. So {@link #measure} compresses
 * into memory of the calling thread, and {@link #put} copies the result of the last measure of that
 * index from there.
 */
final class Images {
  /** LZ4 without native code and without sun.misc.Unsafe, which Weft does not permit. */
  private static final class Lz4 {
    static final LZ4Compressor COMPRESSOR = LZ4Factory.safeInstance().fastCompressor();
    static final LZ4SafeDecompressor DECOMPRESSOR = LZ4Factory.safeInstance().safeDecompressor();
  }

  /** Initial capacity for the images of one record; grows on demand. */
  private static final int FEW_BLOCKS = 4;

  private final boolean compresses;
  private final ThreadLocal<Packed> packed = ThreadLocal.withInitial(Packed::new);

  Images(ImageCompression compression) {
    this.compresses = compression == ImageCompression.LZ4;
  }

  /** Bytes that the image of a record's block at {@code index} takes; indices come in order. */
  int measure(int index, MemorySegment content) {
    int used = usedBytes(content);
    return compresses ? packed.get().pack(index, content, used) : used;
  }

  /** Whether the image that was measured last at {@code index} is compressed. */
  boolean isCompressed(int index) {
    return compresses && packed.get().lengths[index] > 0;
  }

  /** Writes a compressed image as the range of its block; returns where it ends. */
  long put(int index, MemorySegment to, long at) {
    Packed mine = packed.get();
    int length = mine.lengths[index];
    to.set(LogFormat.U16, at, LogFormat.u16(mine.plain[index], "length of an image"));
    to.set(LogFormat.U16, at + Short.BYTES, LogFormat.u16(length, "length of a compressed image"));
    long data = at + LogFormat.RANGE_HEADER_BYTES;
    MemorySegment.copy(mine.bytes, mine.starts[index], to, ValueLayout.JAVA_BYTE, data, length);
    return data + length;
  }

  /** Bytes of the content up to the last one that is not zero, rounded up to 8. */
  static int usedBytes(MemorySegment content) {
    int size = (int) content.byteSize();
    int end = size;
    while (end >= Long.BYTES && content.get(LogFormat.U64, end - Long.BYTES) == 0) {
      end -= Long.BYTES;
    }
    return end;
  }

  /**
   * Decompresses an image.
   *
   * @return false if {@code from} is no image of exactly {@code bytes} bytes
   */
  static boolean unpack(MemorySegment from, MemorySegment content, int bytes) {
    byte[] compressed = from.toArray(ValueLayout.JAVA_BYTE);
    byte[] plain = new byte[bytes];
    try {
      if (Lz4.DECOMPRESSOR.decompress(compressed, plain) != bytes) {
        return false;
      }
    } catch (LZ4Exception _) {
      return false;
    }
    MemorySegment.copy(plain, 0, content, ValueLayout.JAVA_BYTE, 0, bytes);
    return true;
  }

  /** The compressed images of the record that a thread is encoding. */
  private static final class Packed {
    private byte[] content = new byte[0];
    private byte[] bytes = new byte[0];
    private int[] starts = new int[FEW_BLOCKS];
    private int[] lengths = new int[FEW_BLOCKS];
    private int[] plain = new int[FEW_BLOCKS];
    private int last;
    private int end;

    int pack(int index, MemorySegment from, int used) {
      if (index <= last) {
        end = 0; // another record, or the same one again
      }
      last = index;
      makeRoom(index, used);
      MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, content, 0, used);
      int length = Lz4.COMPRESSOR.compress(content, 0, used, bytes, end, bytes.length - end);
      boolean smaller = length < used;
      starts[index] = end;
      plain[index] = used;
      lengths[index] = smaller ? length : 0;
      end += lengths[index];
      return smaller ? length : used;
    }

    private void makeRoom(int index, int used) {
      if (index >= starts.length) {
        starts = Arrays.copyOf(starts, 2 * index);
        lengths = Arrays.copyOf(lengths, 2 * index);
        plain = Arrays.copyOf(plain, 2 * index);
      }
      if (used > content.length) {
        content = new byte[used];
      }
      int most = end + Lz4.COMPRESSOR.maxCompressedLength(used);
      if (most > bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * most);
      }
    }
  }
}
