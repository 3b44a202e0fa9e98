// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * Holds a node's id on a storage directory for as long as the process lives: an exclusive lock on
 * {@code node-<id>.lock}, which the operating system releases however the process ends. Readers
 * find the process's number in the file.
 */
final class NodeLock implements AutoCloseable {
  /*
   * POSIX locks belong to the process, and closing ANY channel of the file drops them. So a process
   * must not open the file a second time: HELD knows what this process holds before a file is
   * opened. Two copies of this class, in two module layers, do not see each other's HELD; then the
   * JDK, whose table of locks is the JVM's, reports an overlap, and the channel that must not be
   * closed is kept in UNCLOSABLE.
   */
  private static final Set<Path> HELD = new HashSet<>();
  private static final Set<FileChannel> UNCLOSABLE = new HashSet<>();

  private static final int MAX_HOLDER_BYTES = 64;

  private final Path path;
  private final FileChannel channel;

  private NodeLock(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws WeftException {@link StoreErrors#DUPLICATE_NODE} if it is held
   */
  static NodeLock acquire(Path directory, NodeId node) {
    synchronized (HELD) {
      try {
        Path path = directory.toRealPath().resolve("node-" + node.value() + ".lock");
        if (HELD.contains(path)) {
          throw duplicate(node, path, "this process");
        }
        NodeLock lock = lock(node, path);
        HELD.add(path);
        return lock;
      } catch (IOException e) {
        throw new WeftException(
            StoreErrors.NOT_ACCESSIBLE,
            "cannot lock node-"
                + node.value()
                + ".lock in "
                + directory
                + ": "
                + Reason.of(e)
                + "; check the rights of the file and that the file system has locks",
            e);
      }
    }
  }

  private static NodeLock lock(NodeId node, Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        String holder = "process " + holder(channel);
        channel.close();
        throw duplicate(node, path, holder);
      }
    } catch (OverlappingFileLockException _) {
      UNCLOSABLE.add(channel);
      throw duplicate(node, path, "this process");
    }
    byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(pid), 0);
    return new NodeLock(path, channel);
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer pid = ByteBuffer.allocate(MAX_HOLDER_BYTES);
    channel.read(pid, 0);
    return StandardCharsets.US_ASCII.decode(pid.flip()).toString();
  }

  private static WeftException duplicate(NodeId node, Path path, String holder) {
    return new WeftException(
        StoreErrors.DUPLICATE_NODE,
        node
            + " is already running on this storage: "
            + holder
            + " holds "
            + path
            + "; stop it, or give this node another weft.node-id");
  }

  @Override
  public void close() {
    synchronized (HELD) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new WeftException(
            StoreErrors.NOT_ACCESSIBLE, "cannot release " + path + ": " + Reason.of(e), e);
      } finally {
        HELD.remove(path);
      }
    }
  }
}
