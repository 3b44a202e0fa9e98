// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;

/**
 * A block trace in memory, in columns: the blocks of {@value #BLOCK_BYTES} bytes that each request
 * reads or writes. Immutable.
 *
 * <p>The file is in the vSCSI format of VMware, version 1: records of {@value #RECORD_BYTES} bytes
 * without header or trailer, little-endian, ordered by time.
 *
 * <pre>
 *   0  u32  serial number
 *   4  u32  length in bytes
 *   8  u32  scatter-gather entries
 *  12  u16  SCSI operation: 0x28 READ(10), 0x2a WRITE(10)
 *  14  u16  version, 1 in the high byte
 *  16  u64  first sector of 512 bytes
 *  24  u64  time in microseconds
 * </pre>
 *
 * <p>The two operations have a 32-bit sector and a 16-bit number of sectors, so a record beyond
 * that is invalid. These checks are strict, because a misread trace would silently replay other
 * requests.
 */
public final class VscsiTrace {
  /** Size of a record. */
  public static final int RECORD_BYTES = 32;

  /** Size of a block that requests are cut into. */
  static final int BLOCK_BYTES = 8192;

  /** Size of a sector of the trace. */
  static final int SECTOR_BYTES = 512;

  static final int READ_10 = 0x28;
  static final int WRITE_10 = 0x2a;

  /** Largest sector number of the two operations. */
  private static final long MAX_SECTOR = 0xFFFF_FFFFL;

  /** Largest length of the two operations, in bytes. */
  private static final long MAX_LENGTH = 0xFFFFL * SECTOR_BYTES;

  /** Records read at a time. */
  private static final int BUFFER_RECORDS = 8192;

  private final long[] firstBlocks;
  private final int[] blockCounts;
  private final BitSet writes;
  private final long[] micros;

  private VscsiTrace(long[] firstBlocks, int[] blockCounts, BitSet writes, long[] micros) {
    this.firstBlocks = firstBlocks;
    this.blockCounts = blockCounts;
    this.writes = writes;
    this.micros = micros;
  }

  /**
   * Reads a trace.
   *
   * @param limit the most requests to take, from the beginning; the rest is not read
   * @throws WeftException {@link WorkloadErrors#TRACE_NOT_READABLE}, {@link
   *     WorkloadErrors#TRACE_EMPTY}, {@link WorkloadErrors#TRACE_FOREIGN} or {@link
   *     WorkloadErrors#TRACE_DAMAGED}; the message names the file and the byte offset
   */
  public static VscsiTrace read(Path file, int limit) {
    if (Files.isDirectory(file)) {
      throw new WeftException(
          WorkloadErrors.TRACE_NOT_READABLE, file + " is a directory; name a trace file");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new WeftException(
          WorkloadErrors.TRACE_NOT_READABLE,
          file + " is a pipe or a device; every node reads the trace, so save it in a file first");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      return new Reader(file, channel.size(), limit).read(channel);
    } catch (IOException e) {
      throw new WeftException(
          WorkloadErrors.TRACE_NOT_READABLE, "cannot read the trace " + file + ": " + e, e);
    }
  }

  /** Number of requests. */
  int requests() {
    return firstBlocks.length;
  }

  /** The first block that a request covers. */
  long firstBlock(int request) {
    return firstBlocks[request];
  }

  /** Number of blocks that a request covers, 1 or more. */
  int blockCount(int request) {
    return blockCounts[request];
  }

  /** Whether a request writes. */
  boolean isWrite(int request) {
    return writes.get(request);
  }

  /** Microseconds from the first request to this one. */
  long micros(int request) {
    return micros[request] - micros[0];
  }

  /** Blocks covered by all requests together, counted as often as they are covered. */
  public long accesses() {
    return Arrays.stream(blockCounts).asLongStream().sum();
  }

  /** The requests that {@code deal} gives to one node, in order. */
  int[] shareOf(int node, int nodes, Deal deal) {
    int[] share = new int[requests()];
    int size = 0;
    for (int i = 0; i < requests(); i++) {
      if (deal.nodeOf(i, firstBlocks[i], nodes) == node) {
        share[size++] = i;
      }
    }
    return Arrays.copyOf(share, size);
  }

  /** The blocks that some requests cover, each once, ascending. */
  long[] blocksOf(int[] someRequests) {
    // Sorted by first block, requests add blocks only beyond the last one added.
    Integer[] byBlock = new Integer[someRequests.length];
    Arrays.setAll(byBlock, i -> someRequests[i]);
    Arrays.sort(byBlock, (a, b) -> Long.compare(firstBlocks[a], firstBlocks[b]));
    long[] blocks = new long[Math.max(16, someRequests.length)];
    int size = 0;
    long next = 0;
    for (int request : byBlock) {
      long end = firstBlocks[request] + blockCounts[request];
      for (next = Math.max(next, firstBlocks[request]); next < end; next++) {
        if (size == blocks.length) {
          blocks = Arrays.copyOf(blocks, size * 2);
        }
        blocks[size++] = next;
      }
    }
    return Arrays.copyOf(blocks, size);
  }

  /** The blocks that the whole trace covers, each once, ascending. */
  long[] blocks() {
    int[] all = new int[requests()];
    Arrays.setAll(all, i -> i);
    return blocksOf(all);
  }

  /** One pass over a file; checks each record as it goes by. */
  private static final class Reader {
    private final Path file;
    private final long fileBytes;
    private final int requests;
    private final BitSet writes = new BitSet();
    private long[] firstBlocks;
    private int[] blockCounts;
    private long[] micros;

    Reader(Path file, long fileBytes, int limit) {
      this.file = file;
      this.fileBytes = fileBytes;
      if (fileBytes == 0) {
        throw new WeftException(
            WorkloadErrors.TRACE_EMPTY, "the trace " + file + " is empty (offset 0)");
      }
      requests = (int) Math.min(limit, Math.ceilDiv(fileBytes, RECORD_BYTES));
      resize(Math.min(requests, BUFFER_RECORDS));
    }

    /** Grows the arrays as records are verified, because the file's size proves nothing. */
    private void resize(int records) {
      firstBlocks = firstBlocks == null ? new long[records] : Arrays.copyOf(firstBlocks, records);
      blockCounts = blockCounts == null ? new int[records] : Arrays.copyOf(blockCounts, records);
      micros = micros == null ? new long[records] : Arrays.copyOf(micros, records);
    }

    private void makeRoom(int request) {
      if (request < micros.length) {
        return;
      }
      int records = (int) Math.min(requests, 2L * micros.length);
      try {
        resize(records);
      } catch (OutOfMemoryError e) {
        throw problem(
            WorkloadErrors.TRACE_NOT_READABLE,
            "has more than "
                + request
                + " requests, too many for this memory; take some with"
                + " --limit");
      }
    }

    VscsiTrace read(FileChannel channel) throws IOException {
      ByteBuffer buffer =
          ByteBuffer.allocate(BUFFER_RECORDS * RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      int request = 0;
      while (request < requests) {
        buffer.clear();
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
        buffer.flip();
        while (request < requests && buffer.remaining() >= RECORD_BYTES) {
          makeRoom(request);
          take(request++, buffer);
        }
        if (request < requests && buffer.limit() < buffer.capacity()) {
          throw cut(request, buffer.remaining());
        }
      }
      return new VscsiTrace(firstBlocks, blockCounts, writes, micros);
    }

    private void take(int request, ByteBuffer record) {
      int start = record.position();
      long length = Integer.toUnsignedLong(record.getInt(start + 4));
      int operation = Short.toUnsignedInt(record.getShort(start + 12));
      int version = Short.toUnsignedInt(record.getShort(start + 14));
      long sector = record.getLong(start + 16);
      long time = record.getLong(start + 24);
      check(version >>> 8 == 1, request, 14, "version 0x%04x is not 1 (0x01xx)", version);
      check(
          operation == READ_10 || operation == WRITE_10,
          request,
          12,
          "operation 0x%04x is neither a read (0x28) nor a write (0x2a)",
          operation);
      check(
          length > 0 && length <= MAX_LENGTH && length % SECTOR_BYTES == 0,
          request,
          4,
          "length %d is not a positive multiple of 512 up to " + MAX_LENGTH,
          length);
      check(
          sector >= 0 && sector + length / SECTOR_BYTES - 1 <= MAX_SECTOR,
          request,
          16,
          "sector %s leaves the 32 bits of its operation",
          Long.toUnsignedString(sector));
      check(
          time >= 0 && (request == 0 || time >= micros[request - 1]),
          request,
          24,
          "time %s us is earlier than the record before it",
          Long.toUnsignedString(time));
      long first = sector * SECTOR_BYTES / BLOCK_BYTES;
      long last = (sector * SECTOR_BYTES + length - 1) / BLOCK_BYTES;
      firstBlocks[request] = first;
      blockCounts[request] = (int) (last - first + 1);
      writes.set(request, operation == WRITE_10);
      micros[request] = time;
      record.position(start + RECORD_BYTES);
    }

    private void check(boolean right, int request, int field, String wrong, Object value) {
      if (!right) {
        long offset = (long) request * RECORD_BYTES + field;
        String what = String.format(Locale.ROOT, wrong, value) + " at offset " + offset;
        throw request == 0
            ? problem(WorkloadErrors.TRACE_FOREIGN, "is not a vSCSI trace of version 1: " + what)
            : problem(
                WorkloadErrors.TRACE_DAMAGED, "is damaged in record " + request + ": " + what);
      }
    }

    private WeftException cut(int request, int bytes) {
      long offset = (long) request * RECORD_BYTES;
      String what =
          String.format(
              Locale.ROOT,
              "the record at offset %d has %d of %d bytes (the file has %d)",
              offset,
              bytes,
              RECORD_BYTES,
              fileBytes);
      return request == 0
          ? problem(WorkloadErrors.TRACE_FOREIGN, "is not a vSCSI trace of version 1: " + what)
          : problem(WorkloadErrors.TRACE_DAMAGED, "is cut off: " + what);
    }

    private WeftException problem(ErrorCode code, String what) {
      return new WeftException(code, "the trace " + file + " " + what);
    }
  }
}
