// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.workload;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Makes traces for tests. */
final class TraceFile {
  private final List<byte[]> records = new ArrayList<>();

  /** Adds a request. */
  TraceFile add(int operation, long firstByte, long length, long micros) {
    ByteBuffer record = ByteBuffer.allocate(Trace.RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    record
        .putInt(records.size())
        .putInt((int) length)
        .putInt(1)
        .putShort((short) operation)
        .putShort((short) 0x0100)
        .putLong(firstByte / Trace.SECTOR_BYTES)
        .putLong(micros);
    records.add(record.array());
    return this;
  }

  TraceFile read(long firstByte, long length, long micros) {
    return add(Trace.READ_10, firstByte, length, micros);
  }

  TraceFile write(long firstByte, long length, long micros) {
    return add(Trace.WRITE_10, firstByte, length, micros);
  }

  /** A trace of requests that often meet on the same blocks. */
  static TraceFile random(long seed, int requests, int blocks) {
    SplittableRandom random = new SplittableRandom(seed);
    TraceFile file = new TraceFile();
    for (int i = 0; i < requests; i++) {
      long sector = random.nextLong(blocks * 16L - 64);
      long length = (1 + random.nextInt(64)) * (long) Trace.SECTOR_BYTES;
      file.add(
          random.nextInt(3) == 0 ? Trace.READ_10 : Trace.WRITE_10,
          sector * Trace.SECTOR_BYTES,
          length,
          1000L + i);
    }
    return file;
  }

  byte[] bytes() {
    ByteBuffer all = ByteBuffer.allocate(records.size() * Trace.RECORD_BYTES);
    records.forEach(all::put);
    return all.array();
  }

  Path in(Path directory) throws IOException {
    return Files.write(directory.resolve("trace.vscsi"), bytes());
  }
}
