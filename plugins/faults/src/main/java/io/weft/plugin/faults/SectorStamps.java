// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The last writer of each sector: a number per sector, in a file beside the journals, shared by all
 * processes of a run. It shows whether an unforced write of one process has been overwritten by
 * another one. Used by one thread at a time in each process.
 */
final class SectorStamps implements AutoCloseable {
  /** Bytes that a device writes completely or not at all. */
  static final int SECTOR_BYTES = 512;

  /** Most stamp files open at a time. */
  private static final int MOST_OPEN = 64;

  private final Path directory;
  // Not a channel: an interrupt of the writing thread would close it.
  private final Map<String, RandomAccessFile> open = new LinkedHashMap<>(16, 0.75f, true);

  /** Opens the stamps in a directory. */
  SectorStamps(Path directory) {
    this.directory = directory;
  }

  /** The first sector that a byte lies in. */
  static long first(long offset) {
    return offset / SECTOR_BYTES;
  }

  /** The number of sectors that a range of bytes touches. */
  static int count(long offset, int length) {
    return length == 0 ? 0 : (int) (first(offset + length - 1) - first(offset) + 1);
  }

  /** The stamps of some sectors; 0 if they have none. */
  long[] read(String file, long sector, int count) throws IOException {
    byte[] bytes = new byte[count * Long.BYTES];
    RandomAccessFile stamps = of(file);
    stamps.seek(sector * Long.BYTES);
    for (int done = 0; done < bytes.length; ) {
      int more = stamps.read(bytes, done, bytes.length - done);
      if (more < 0) {
        break;
      }
      done += more;
    }
    long[] values = new long[count];
    ByteBuffer.wrap(bytes).asLongBuffer().get(values);
    return values;
  }

  /** Stamps some sectors. */
  void write(String file, long sector, long... values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES);
    bytes.asLongBuffer().put(values);
    RandomAccessFile stamps = of(file);
    stamps.seek(sector * Long.BYTES);
    stamps.write(bytes.array());
  }

  private RandomAccessFile of(String file) throws IOException {
    RandomAccessFile known = open.get(file);
    if (known != null) {
      return known;
    }
    if (open.size() >= MOST_OPEN) {
      var eldest = open.entrySet().iterator();
      eldest.next().getValue().close();
      eldest.remove();
    }
    String name = "stamps-" + file.replaceAll("[^A-Za-z0-9]+", "-");
    RandomAccessFile made = new RandomAccessFile(directory.resolve(name).toFile(), "rw");
    open.put(file, made);
    return made;
  }

  @Override
  public void close() throws IOException {
    for (RandomAccessFile file : open.values()) {
      file.close();
    }
    open.clear();
  }
}
