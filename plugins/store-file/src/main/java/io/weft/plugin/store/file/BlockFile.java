// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * One open file of blocks: positional I/O of whole blocks. Thread-safe; its channel is
 * interruptible, so it is used on threads that nobody interrupts.
 */
final class BlockFile implements AutoCloseable {
  private static final Set<OpenOption> READING = Set.of(StandardOpenOption.READ);
  private static final Set<OpenOption> WRITING =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);

  private final Path path;
  private final FileChannel channel;
  private volatile boolean unforced;

  private BlockFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  static BlockFile open(Path path, boolean writable) throws IOException {
    return new BlockFile(path, FileChannel.open(path, writable ? WRITING : READING));
  }

  Path path() {
    return path;
  }

  long size() throws IOException {
    return channel.size();
  }

  /** Fills the buffer from {@code offset}; past the end of the file there are zeros. */
  void read(long offset, ByteBuffer block) throws IOException {
    while (block.hasRemaining()) {
      if (channel.read(block, offset + block.position()) < 0) {
        break;
      }
    }
    while (block.hasRemaining()) {
      block.put((byte) 0);
    }
  }

  void write(long offset, ByteBuffer block) throws IOException {
    while (block.hasRemaining()) {
      channel.write(block, offset + block.position());
    }
    unforced = true;
  }

  /**
   * Makes completed writes durable; costs nothing if there were none. One at a time, because who
   * finds nothing to do must not return before the force that does it.
   */
  synchronized void force() throws IOException {
    if (unforced) {
      unforced = false; // before forcing: a write that completes meanwhile sets it again
      try {
        channel.force(false);
      } catch (IOException e) {
        unforced = true;
        throw e;
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
