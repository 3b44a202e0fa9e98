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
 * One open file of blocks: positional I/O of whole blocks. Thread-safe. Its channel is closed by an
 * interrupt, so it is used only on threads that are never interrupted.
 */
final class BlockFile implements AutoCloseable {
  private static final Set<OpenOption> READING = Set.of(StandardOpenOption.READ);
  private static final Set<OpenOption> WRITING =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);

  private final Path path;
  private final FileChannel channel;
  private volatile boolean unforced;
  private boolean forceFailed; // guarded by this

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
   * Makes the writes durable that were completed through this object; does nothing if there were
   * none. Other processes force their own writes, because their pages may be in the memory of
   * another machine. One force at a time: a caller that finds nothing to do must not return before
   * the current force ends.
   *
   * <p>After a failed force every later one fails: the operating system reports lost pages only
   * once, and the next force would succeed without them.
   */
  synchronized void force() throws IOException {
    if (forceFailed) {
      throw new IOException(
          "an earlier force of " + path + " has failed; the lost writes are not known");
    }
    if (unforced) {
      unforced = false; // before forcing: a write that completes meanwhile sets it again
      forceFailed = true;
      channel.force(false);
      forceFailed = false;
    }
  }

  /** Whether no completed write waits for a force. */
  boolean isForced() {
    return !unforced;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
