// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.RedoErrors;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;

/** A segment in a file. */
final class FileLogSegment implements LogSegment {
  private final LogDirectory directory;
  private final SteadyFile file;
  private final long bytes;

  FileLogSegment(LogDirectory directory, SteadyFile file, long bytes) {
    this.directory = directory;
    this.file = file;
    this.bytes = bytes;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void write(long position, MemorySegment from) {
    directory.checkNotSealed();
    if (position < 0 || position + from.byteSize() > bytes) {
      throw new WeftException(
          RedoErrors.LOG_IO,
          "bytes "
              + position
              + " to "
              + (position + from.byteSize())
              + " leave the "
              + bytes
              + " bytes of "
              + file.path());
    }
    try {
      file.use(
          channel -> {
            ByteBuffer buffer = from.asByteBuffer();
            while (buffer.hasRemaining()) {
              channel.write(buffer, position + buffer.position());
            }
          });
    } catch (IOException e) {
      throw LogIoErrors.of("write " + file.path(), e);
    }
  }

  @Override
  public void read(long position, MemorySegment into) {
    try {
      file.use(
          channel -> {
            ByteBuffer buffer = into.asByteBuffer();
            while (buffer.hasRemaining()) {
              if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException("the file ends at byte " + channel.size());
              }
            }
          });
    } catch (IOException e) {
      throw LogIoErrors.of("read " + file.path(), e);
    }
  }

  @Override
  public void force() {
    try {
      file.use(channel -> channel.force(false));
    } catch (IOException e) {
      throw LogIoErrors.of("force " + file.path(), e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw LogIoErrors.of("close " + file.path(), e);
    }
  }

  @Override
  public String toString() {
    return file.path() + (Files.exists(file.path()) ? "" : " (removed)");
  }
}
