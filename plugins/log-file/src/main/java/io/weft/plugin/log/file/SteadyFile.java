// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Set;

/**
 * A file that survives interrupts of the threads that use it. Thread-safe.
 *
 * <p>The JDK closes a {@link FileChannel} when a thread that uses it is interrupted. Commits write
 * the log on application threads, and interrupting one of them must not stop the node.
 */
final class SteadyFile implements AutoCloseable {
  /*
   * A second channel is open from the start. When an interrupt closes the first one, the work is
   * repeated on the second: the same bytes at the same place, or the force. This is no retry of a
   * failed force. The kernel reports a failed write-back once to each open file; so if the
   * interrupt has hidden the failure on the first channel, the second one, which was open at that
   * time, still reports it.
   */
  private final Path path;
  private final Set<OpenOption> options;
  private volatile FileChannel channel;
  private FileChannel standby;
  private volatile boolean closed;

  private SteadyFile(Path path, Set<OpenOption> options) throws IOException {
    this.path = path;
    this.options = options;
    this.channel = FileChannel.open(path, options);
    this.standby = FileChannel.open(path, options);
  }

  static SteadyFile open(Path path, OpenOption... options) throws IOException {
    return new SteadyFile(path, Set.of(options));
  }

  Path path() {
    return path;
  }

  /** Runs work on the file, again on the second channel if an interrupt has closed the first. */
  void use(Work work) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        FileChannel present = channel;
        try {
          work.with(present);
          return;
        } catch (ClosedChannelException e) {
          if (closed) {
            throw e;
          }
          interrupted |= Thread.interrupted();
          replace(present);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized void replace(FileChannel broken) throws IOException {
    if (channel == broken && !closed) {
      channel = standby;
      standby = FileChannel.open(path, options);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    try {
      channel.close();
    } finally {
      standby.close();
    }
  }

  /** Work on the file. */
  @FunctionalInterface
  interface Work {
    void with(FileChannel channel) throws IOException;
  }
}
