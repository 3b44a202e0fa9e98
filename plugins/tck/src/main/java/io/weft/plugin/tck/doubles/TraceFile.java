// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes block traces in the vSCSI format of VMware, version 1: records of {@value #RECORD_BYTES}
 * bytes. Used by one thread.
 */
public final class TraceFile {
  /** Size of a record. */
  public static final int RECORD_BYTES = 32;

  private static final int SECTOR_BYTES = 512;
  private static final int READ_10 = 0x28;
  private static final int WRITE_10 = 0x2a;

  private final List<byte[]> records = new ArrayList<>();

  /** Makes a trace without requests. */
  public TraceFile() {}

  /**
   * Adds a request.
   *
   * @param operation of SCSI, for example 0x28 for READ(10)
   * @param firstByte where it begins, in bytes
   * @param length in bytes
   * @param micros when it was made, in microseconds
   */
  public TraceFile add(int operation, long firstByte, long length, long micros) {
    ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    record
        .putInt(records.size())
        .putInt((int) length)
        .putInt(1)
        .putShort((short) operation)
        .putShort((short) 0x0100)
        .putLong(firstByte / SECTOR_BYTES)
        .putLong(micros);
    records.add(record.array());
    return this;
  }

  /** Adds a READ(10), as {@link #add}. */
  public TraceFile read(long firstByte, long length, long micros) {
    return add(READ_10, firstByte, length, micros);
  }

  /** Adds a WRITE(10), as {@link #add}. */
  public TraceFile write(long firstByte, long length, long micros) {
    return add(WRITE_10, firstByte, length, micros);
  }

  /** A trace of requests that often meet on the same blocks. */
  public static TraceFile random(long seed, int requests, int blocks) {
    SplittableRandom random = new SplittableRandom(seed);
    TraceFile file = new TraceFile();
    for (int i = 0; i < requests; i++) {
      long sector = random.nextLong(blocks * 16L - 64);
      long length = (1 + random.nextInt(64)) * (long) SECTOR_BYTES;
      file.add(
          random.nextInt(3) == 0 ? READ_10 : WRITE_10, sector * SECTOR_BYTES, length, 1000L + i);
    }
    return file;
  }

  /** The content of the file. */
  public byte[] bytes() {
    ByteBuffer all = ByteBuffer.allocate(records.size() * RECORD_BYTES);
    records.forEach(all::put);
    return all.array();
  }

  /** Writes the file {@code trace.vscsi} into a directory; returns its path. */
  public Path in(Path directory) throws IOException {
    return Files.write(directory.resolve("trace.vscsi"), bytes());
  }
}
