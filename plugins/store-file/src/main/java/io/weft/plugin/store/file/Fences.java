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
 * <p>Little-endian. A node has a slot of 8 bytes for each possible evictor: the largest incarnation
 * that it has fenced, 0 if none. A node is fenced if any of its slots is at least its incarnation.
 * Bytes past the end of the file count as 0.
 *
 * <p>Slots are arranged in tiles of 64 nodes by 64 evictors, {@value #TILE_BYTES} bytes: for each
 * node a row of {@value #ROW_BYTES} bytes. The tiles of nodes 64 a to 64 a + 63 by evictors 64 b to
 * 64 b + 63 are in this order, so that a file for more nodes begins like one for fewer:
 *
 * <pre>
 *            b=0  b=1  b=2
 *      a=0    0    1    4
 *      a=1    2    3    5
 *      a=2    6    7    8
 * </pre>
 */
final class Fences implements AutoCloseable {
  /*
   * Each evictor has a slot of its own, so that it need not read, compare and write a value that
   * another evictor may change in between: an evictor paused in the middle would remove a newer
   * fence. A slot is aligned and never crosses a sector, so it is never torn.
   *
   * The file has its full size for the configured nodes from the beginning, so a fence needs no
   * space: on file systems that write in place it can be set when the storage is full. If larger
   * ids are configured later, the tiles of those nodes are added by their first fence, because
   * writing zeros beforehand could overwrite one.
   */

  /** Name of the file. */
  static final String FILE_NAME = "weft-fences";

  /** Nodes, and evictors, of a tile. */
  private static final int SIDE = 64;

  /** Number of tiles that each row of tiles has at most. */
  private static final int MOST_TILES = NodeId.MAX / SIDE + 1;

  /** Size of a row of a tile: a slot for each evictor. */
  static final int ROW_BYTES = SIDE * Long.BYTES;

  /** Size of a tile: a row for each node. */
  static final int TILE_BYTES = SIDE * ROW_BYTES;

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

  /**
   * Opens or creates the file, for an incarnation of a node.
   *
   * @param largest the largest id of a configured node
   */
  static Fences open(Path directory, NodeId self, long incarnation, int largest) {
    Path path = directory.resolve(FILE_NAME);
    try {
      if (!Files.exists(path)) {
        Directories.publish(path, self, ByteBuffer.allocate(bytes(largest)));
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

  /** Size of a file for nodes up to {@code largest}. */
  static int bytes(int largest) {
    int tiles = largest / SIDE + 1;
    return tiles * tiles * TILE_BYTES;
  }

  /** Where the row of a node begins in the tile of some evictors, {@code tile} as b above. */
  static long rowAt(int node, int tile) {
    int side = Math.max(node / SIDE, tile);
    int index = side * side + (tile == side && node / SIDE < side ? node / SIDE : side + tile);
    return (long) index * TILE_BYTES + node % SIDE * ROW_BYTES;
  }

  /** Fences an incarnation of a node and its earlier ones; durable when this returns. */
  void raise(int node, long fenced) {
    if (node < 0 || node > NodeId.MAX || fenced < 1) {
      throw new IllegalArgumentException(
          "n" + node + "." + fenced + " has no slot in " + path + ": nodes are 0 to " + NodeId.MAX);
    }
    ByteBuffer slot = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long position = rowAt(node, self.value() / SIDE) + (long) (self.value() % SIDE) * Long.BYTES;
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
    boolean more = true;
    for (int tile = 0; more && tile < MOST_TILES; tile++) {
      ByteBuffer row = ByteBuffer.allocate(ROW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      more = fill(row, tile);
      check(row, tile);
    }
  }

  /** Reads this node's row of a tile; false if neither that tile nor a later one is there. */
  private boolean fill(ByteBuffer row, int tile) {
    try {
      return fill(row, rowAt(self.value(), tile));
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.WRITE_FAILED,
          "cannot read in " + path + " whether " + self + " may still write: " + Reason.of(e),
          e);
    }
  }

  private void check(ByteBuffer row, int tile) {
    for (int column = 0; column < SIDE; column++) {
      long fenced = row.getLong(column * Long.BYTES);
      if (fenced >= incarnation) {
        throw new WeftException(
            StoreErrors.FENCED,
            String.format(
                Locale.ROOT,
                "n%d has fenced off %s up to incarnation %d, and this is %d; nothing was written",
                tile * SIDE + column,
                self,
                fenced,
                incarnation));
      }
    }
  }

  /**
   * Reads from {@code position} into a new buffer; past the end of the file there are zeros.
   *
   * @return whether anything is there
   */
  private boolean fill(ByteBuffer bytes, long position) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        break; // the rest of the new buffer is zero
      }
    }
    return bytes.position() > 0;
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
