// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.runtime.NoSpace;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * The fences of the nodes, in the file {@value #FILE_NAME} of the storage directory: the
 * incarnations that may not write any more. Synchronous and thread-safe. Its channel is closed by
 * an interrupt, so it is used only on threads that are never interrupted.
 *
 * <p>{@value #BYTES} bytes, little-endian: for each node id 0 to 63 a row of {@value #ROW_BYTES}
 * bytes. A row has a slot of 8 bytes for each possible evictor: the largest incarnation that it has
 * fenced, 0 if none. Bytes past the end of the file count as 0. A node is fenced if any slot of its
 * row is at least its incarnation.
 */
final class Fences implements AutoCloseable {
  /*
   * Each evictor has a slot of its own, so that it need not read, compare and write a value that
   * another evictor may change in between: an evictor paused in the middle would remove a newer
   * fence. A slot is aligned and never crosses a sector, so it is never torn.
   *
   * The file has its full size from the beginning, so a fence needs no space: on file systems that
   * write in place it can be set when the storage is full.
   */

  /** Name of the file. */
  static final String FILE_NAME = "weft-fences";

  /** Size of a row: a slot for each evictor. */
  static final int ROW_BYTES = (NodeId.MAX + 1) * Long.BYTES;

  /** Size of the file: a row for each node id. */
  static final int BYTES = (NodeId.MAX + 1) * ROW_BYTES;

  private final Path path;
  private final FileChannel channel;
  private final NodeId self;
  private final long incarnation;

  private Fences(Path path, FileChannel channel, NodeId self, long incarnation) {
    this.path = path;
    this.channel = channel;
    this.self = self;
    this.incarnation = incarnation;
  }

  /** Opens or creates the file, for an incarnation of a node. */
  static Fences open(Path directory, NodeId self, long incarnation) {
    Path path = directory.resolve(FILE_NAME);
    try {
      if (!Files.exists(path)) {
        Directories.publish(path, self, ByteBuffer.allocate(BYTES));
      }
      FileChannel channel =
          FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
      return new Fences(path, channel, self, incarnation);
    } catch (IOException | UnsupportedOperationException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE,
          "cannot open "
              + path
              + ": "
              + Reason.of(e)
              + (NoSpace.isReasonOf(e) ? "; free some space" : "; change its rights"),
          e);
    }
  }

  /** Fences an incarnation of a node and its earlier ones; durable when this returns. */
  void raise(int node, long fenced) {
    if (node < 0 || node > NodeId.MAX || fenced < 1) {
      throw new IllegalArgumentException(
          "n" + node + "." + fenced + " has no slot in " + path + ": nodes are 0 to " + NodeId.MAX);
    }
    ByteBuffer slot = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long position = (long) node * ROW_BYTES + (long) self.value() * Long.BYTES;
    try {
      fill(slot, position);
      if (slot.getLong(0) < fenced) {
        slot.clear().putLong(0, fenced);
        while (slot.hasRemaining()) {
          channel.write(slot, position + slot.position());
        }
      }
      channel.force(true); // also if it was set: its writer may not have forced it
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.WRITE_FAILED,
          "cannot fence off n" + node + "." + fenced + " in " + path + ": " + Reason.of(e),
          e);
    }
  }

  /**
   * Checks that this incarnation of this node has not been fenced.
   *
   * @throws WeftException {@link StoreErrors#FENCED} if it has, {@link StoreErrors#WRITE_FAILED} if
   *     that cannot be determined
   */
  void check() {
    ByteBuffer row = ByteBuffer.allocate(ROW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try {
      fill(row, (long) self.value() * ROW_BYTES);
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.WRITE_FAILED,
          "cannot read in " + path + " whether " + self + " may still write: " + Reason.of(e),
          e);
    }
    for (int evictor = 0; evictor <= NodeId.MAX; evictor++) {
      long fenced = row.getLong(evictor * Long.BYTES);
      if (fenced >= incarnation) {
        throw new WeftException(
            StoreErrors.FENCED,
            String.format(
                Locale.ROOT,
                "n%d has fenced off %s up to incarnation %d, and this is %d; nothing was written",
                evictor,
                self,
                fenced,
                incarnation));
      }
    }
  }

  /** Reads from {@code position}; past the end of the file there are zeros. */
  private void fill(ByteBuffer bytes, long position) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        return; // the rest of the new buffer is zero
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.WRITE_FAILED, "cannot close " + path + ": " + Reason.of(e), e);
    }
  }
}
