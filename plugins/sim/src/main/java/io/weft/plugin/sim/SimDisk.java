// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The shared storage of a simulated cluster. A write takes effect when it completes; a read shows
 * the disk as it was at its begin or at its end. Checks what may go to disk: {@link
 * Invariant#DISK_DURABLE}, {@link Invariant#DISK_MONOTONIC}, and images that are images.
 */
public final class SimDisk {
  /**
   * How slow and unreliable the storage is.
   *
   * @param read delay of reads
   * @param write delay of writes
   * @param inlinePerMille how often a call completes before it returns
   * @param readFailPerMille how often a read fails
   */
  public record Conduct(Delay read, Delay write, int inlinePerMille, int readFailPerMille) {}

  private final Simulation simulation;
  private final History history;
  private final Blocks blocks;
  private final Conduct conduct;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment[] contents;
  private final long[] versions;
  private final long[] writesUnderWay;
  private boolean readsFail = true;
  private long stopped;

  SimDisk(Simulation simulation, History history, Conduct conduct) {
    this.simulation = simulation;
    this.history = history;
    this.blocks = history.blocks();
    this.conduct = conduct;
    this.contents = new MemorySegment[blocks.count()];
    this.versions = new long[blocks.count()];
    this.writesUnderWay = new long[blocks.count()];
    for (int block = 0; block < contents.length; block++) {
      contents[block] = arena.allocate(blocks.layout().contentBytes(), 8);
    }
  }

  /** The version on disk. */
  long version(int block) {
    return versions[block];
  }

  /** A node has stopped: it must not write any more. */
  void stopped(int node) {
    stopped |= 1L << node;
  }

  /** Lets no read fail from here on. */
  void heal() {
    readsFail = false;
  }

  /** The storage as {@code node} sees it. */
  BlockStore of(int node) {
    return new Store(node);
  }

  void close() {
    arena.close();
  }

  private MemorySegment contentOf(MemorySegment physical) {
    return physical.asSlice(BlockLayout.HEADER_BYTES);
  }

  private final class Store implements BlockStore {
    private final int node;

    Store(int node) {
      this.node = node;
    }

    @Override
    public BlockLayout layout() {
      return blocks.layout();
    }

    @Override
    public void open() {}

    @Override
    public void read(int file, long number, MemorySegment physical, ReadCompletion completion) {
      int block = blocks.indexOf(file, number);
      simulation.record(Trace.What.READ_STARTED, node, block, number);
      check(physical);
      if (block < 0) {
        physical.fill((byte) 0);
        simulation.schedule(conduct.read, node, () -> completion.onRead(0));
      } else if (simulation.chance(conduct.inlinePerMille)) {
        finishRead(block, physical, completion, fetch(block, physical));
      } else if (simulation.random().nextBoolean()) {
        long version = fetch(block, physical);
        simulation.schedule(
            conduct.read, node, () -> finishRead(block, physical, completion, version));
      } else {
        physical.fill((byte) 0x5A);
        simulation.schedule(
            conduct.read,
            node,
            () -> finishRead(block, physical, completion, fetch(block, physical)));
      }
    }

    private long fetch(int block, MemorySegment physical) {
      physical.asSlice(0, BlockLayout.HEADER_BYTES).fill((byte) 0x77);
      contentOf(physical).copyFrom(contents[block]);
      return versions[block];
    }

    private void finishRead(
        int block, MemorySegment physical, ReadCompletion completion, long version) {
      if (readsFail && simulation.chance(conduct.readFailPerMille)) {
        physical.fill((byte) 0xEE);
        simulation.record(Trace.What.READ_FAILED, node, block, version);
        completion.onReadFailed(
            new WeftException(StoreErrors.READ_FAILED, "planned failure of the simulated disk"));
      } else {
        simulation.record(Trace.What.READ_DONE, node, block, version);
        completion.onRead(version);
      }
    }

    @Override
    public void write(
        int file,
        long number,
        long version,
        long fenceToken,
        MemorySegment physical,
        WriteCompletion completion) {
      int block = blocks.indexOf(file, number);
      simulation.record(Trace.What.WRITE_STARTED, node, block, version);
      check(physical);
      if ((stopped & 1L << node) != 0) {
        simulation.violate(Invariant.CONTRACT, "n" + node + " writes after it has stopped");
      }
      if (block < 0) {
        simulation.violate(
            Invariant.CONTRACT, "n" + node + " writes a block that nobody changed: " + number);
        return;
      }
      if ((writesUnderWay[block] & 1L << node) != 0) {
        simulation.violate(
            Invariant.CONTRACT,
            "n" + node + " has two writes of " + blocks.name(block) + " under way");
      }
      physical.asSlice(0, BlockLayout.HEADER_BYTES).fill((byte) node);
      int checksum = simulation.checksum(contentOf(physical));
      if (!history.isImage(block, version, checksum)) {
        simulation.violate(
            Invariant.DISK_DURABLE,
            "n"
                + node
                + " writes version "
                + version
                + " with other content, of "
                + history.describe(block));
        return;
      }
      checkDurable(block, version);
      writesUnderWay[block] |= 1L << node;
      if (simulation.chance(conduct.inlinePerMille)) {
        finishWrite(block, version, physical, checksum, completion);
      } else {
        simulation.schedule(
            conduct.write, node, () -> finishWrite(block, version, physical, checksum, completion));
      }
    }

    private void finishWrite(
        int block, long version, MemorySegment physical, int checksum, WriteCompletion completion) {
      simulation.record(Trace.What.WRITE_DONE, node, block, version);
      if (simulation.checksum(contentOf(physical)) != checksum) {
        simulation.violate(
            Invariant.IMAGE_UNCHANGED,
            "n" + node + " changed " + blocks.name(block) + " while it was being written");
      }
      if (version < versions[block]) {
        simulation.violate(
            Invariant.DISK_MONOTONIC,
            "n"
                + node
                + " writes version "
                + version
                + " over "
                + versions[block]
                + " of "
                + history.describe(block));
      }
      contents[block].copyFrom(contentOf(physical));
      versions[block] = version;
      writesUnderWay[block] &= ~(1L << node);
      completion.onWritten();
    }

    private void checkDurable(int block, long version) {
      if (!history.isDurable(block, version)) {
        simulation.violate(
            Invariant.DISK_DURABLE,
            "n"
                + node
                + " writes version "
                + version
                + " whose redo is not durable, of "
                + history.describe(block));
      }
    }

    private void check(MemorySegment physical) {
      if (!physical.isNative() || physical.byteSize() != blocks.layout().physicalBytes()) {
        simulation.violate(
            Invariant.CONTRACT, "n" + node + " hands over memory of " + physical.byteSize());
      }
    }

    @Override
    public void force() {}

    @Override
    public void close() {}
  }
}
