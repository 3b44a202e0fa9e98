// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.time.IoWatch;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * The simulated storage as one process of a node sees it. A read shows the disk as it was at its
 * begin or at its end. Fences strictly. The path to the storage may be lost, for this process
 * alone.
 */
public final class SimStore implements BlockStore {
  private static final byte NOT_READ_YET = 0x5A;
  private static final byte FAILED = (byte) 0xEE;

  private final SimDisk disk;
  private final SimProcess process;
  private final Simulation simulation;
  private final Blocks blocks;
  private final SimDisk.Conduct conduct;

  /** By block: a write of it is under way. */
  private final boolean[] writing;

  private SimPlace mounted;
  private boolean lostPath;
  private boolean failsWrites;

  /** The storage as {@code process} sees it. */
  public SimStore(SimDisk disk, SimProcess process) {
    this.disk = disk;
    this.process = process;
    this.simulation = disk.simulation();
    this.blocks = disk.blocks();
    this.conduct = disk.conduct();
    this.writing = new boolean[blocks.count()];
    this.mounted = disk.place();
  }

  // ---- what is wrong with this node's path to it

  /** This node cannot reach the storage any more. */
  public void losePath() {
    lostPath = true;
  }

  public boolean hasLostPath() {
    return lostPath;
  }

  /** Where the blocks should be is an empty directory. */
  public void unmount() {
    mounted = new SimPlace(SimPlace.Part.BLOCKS, () -> true);
  }

  /** Lets this node's next write fail. */
  public void failWrites() {
    failsWrites = true;
  }

  /** Nothing is wrong with it any more. */
  public void heal() {
    lostPath = false;
    failsWrites = false;
  }

  private void checkPath() {
    if (lostPath) {
      throw new WeftException(StoreErrors.WRITE_FAILED, process + " cannot reach the storage");
    }
  }

  @Override
  public Optional<StoragePlace> place() {
    return Optional.of(mounted);
  }

  @Override
  public BlockLayout layout() {
    return blocks.layout();
  }

  @Override
  public void open() {}

  // ---- reads

  @Override
  public void read(int file, long number, MemorySegment physical, ReadCompletion completion) {
    int block = blocks.indexOf(file, number);
    simulation.record(Trace.What.READ_STARTED, process, block, number);
    disk.checks().memory(process, physical);
    simulation.begins(IoWatch.Io.BLOCK_READ, process);
    startRead(block, physical, completion);
    simulation.ends(IoWatch.Io.BLOCK_READ, process);
  }

  private void startRead(int block, MemorySegment physical, ReadCompletion completion) {
    if (block < 0) {
      physical.fill((byte) 0);
      simulation.schedule(conduct.read(), process, () -> completion.onRead(0));
    } else if (disk.medium().isUnreachable(block)) {
      simulation.schedule(conduct.read(), process, () -> fail(block, completion));
    } else if (simulation.chance(conduct.inlinePerMille())) {
      finishRead(block, physical, completion, fetch(block, physical));
    } else if (simulation.random().nextBoolean()) {
      long version = fetch(block, physical);
      simulation.schedule(
          conduct.read(), process, () -> finishRead(block, physical, completion, version));
    } else {
      physical.fill(NOT_READ_YET);
      simulation.schedule(
          conduct.read(),
          process,
          () -> finishRead(block, physical, completion, fetch(block, physical)));
    }
  }

  /** The version read, or -1 if what is there is no block. */
  private long fetch(int block, MemorySegment physical) {
    DiskMedium.Image image = disk.medium().seen(block);
    contentOf(physical).copyFrom(MemorySegment.ofArray(image.content()));
    if (image.claimed() > 0) {
      BlockHeader.encode(physical, blocks.file(block), blocks.number(block), image.claimed());
    } else {
      physical.asSlice(0, BlockLayout.HEADER_BYTES).fill((byte) 0);
    }
    return image.torn() ? -1 : image.version();
  }

  private void finishRead(
      int block, MemorySegment physical, ReadCompletion completion, long version) {
    if (disk.failsRead(block) || lostPath || disk.failsByChance()) {
      physical.fill(FAILED);
      fail(block, completion);
    } else if (version < 0) {
      simulation.record(Trace.What.READ_FAILED, process, block, version);
      completion.onReadFailed(
          new WeftException(StoreErrors.CORRUPT_BLOCK, blocks.name(block) + " is torn"));
    } else {
      simulation.record(Trace.What.READ_DONE, process, block, version);
      completion.onRead(version);
    }
  }

  private void fail(int block, ReadCompletion completion) {
    simulation.record(Trace.What.READ_FAILED, process, block, disk.version(block));
    completion.onReadFailed(
        new WeftException(StoreErrors.READ_FAILED, "planned failure of the simulated disk"));
  }

  private static MemorySegment contentOf(MemorySegment physical) {
    return physical.asSlice(BlockLayout.HEADER_BYTES);
  }

  // ---- writes

  @Override
  public void write(
      int file,
      long number,
      long version,
      long fenceToken,
      MemorySegment physical,
      WriteCompletion completion) {
    if (process.isDead()) {
      return; // its process has ended inside this very step
    }
    int block = blocks.indexOf(file, number);
    simulation.record(Trace.What.WRITE_STARTED, process, block, version);
    DiskChecks checks = disk.checks();
    checks.memory(process, physical);
    checks.writer(process);
    if (!checks.isChanged(process, block, number)) {
      return;
    }
    if (writing[block]) {
      checks.secondWrite(process, block);
    }
    physical.asSlice(0, BlockLayout.HEADER_BYTES).fill((byte) process.node());
    int checksum = simulation.checksum(contentOf(physical));
    DiskWrite write =
        new DiskWrite(process, block, version, physical, checksum, new Ending(block, completion));
    if (disk.isShutTo(process)) {
      disk.writes().refuse(write);
      return;
    }
    if (!checks.isImage(write)) {
      return;
    }
    checks.durable(write);
    simulation.begins(IoWatch.Io.BLOCK_WRITE, process);
    writing[block] = true;
    startWrite(write);
    simulation.ends(IoWatch.Io.BLOCK_WRITE, process);
  }

  private void startWrite(DiskWrite write) {
    if (failsWrites || lostPath) {
      failLater(write, StoreErrors.WRITE_FAILED, "planned failure of the simulated disk");
    } else if (disk.lacksSpace(write.block)) {
      failLater(write, StoreErrors.STORE_FULL, "planned lack of space");
    } else if (simulation.chance(conduct.inlinePerMille())) {
      disk.writes().writeAtOnce(write);
    } else {
      disk.writes().writeLater(write);
    }
  }

  private void failLater(DiskWrite write, ErrorCode code, String message) {
    simulation.schedule(
        conduct.write(),
        process,
        () -> write.completion.onWriteFailed(new WeftException(code, message)));
  }

  /** Ends a write: the node may write the block again. */
  private final class Ending implements WriteCompletion {
    private final int block;
    private final WriteCompletion completion;

    Ending(int block, WriteCompletion completion) {
      this.block = block;
      this.completion = completion;
    }

    @Override
    public void onWritten() {
      writing[block] = false;
      completion.onWritten();
    }

    @Override
    public void onWriteFailed(WeftException reason) {
      writing[block] = false;
      completion.onWriteFailed(reason);
    }
  }

  /** What is under way lands before the fence is up, or never. */
  @Override
  public void fence(int node, long incarnation) {
    checkPath();
    disk.checkFence();
    disk.checkSpaceFor("a fence");
    simulation.record(Trace.What.FENCED, process, node, incarnation);
    simulation.begins(IoWatch.Io.BLOCK_FENCE, process);
    disk.writes().fence(node, incarnation);
    simulation.ends(IoWatch.Io.BLOCK_FENCE, process);
  }

  @Override
  public void force() {
    checkPath();
    simulation.record(Trace.What.FORCED, process, 0, disk.medium().versions());
    simulation.begins(IoWatch.Io.BLOCK_FORCE, process);
    disk.medium().force(process);
    simulation.ends(IoWatch.Io.BLOCK_FORCE, process);
  }

  // ---- images kept aside

  @Override
  public Optional<String> saveImage(int file, long number, long version, MemorySegment physical) {
    checkPath();
    disk.checkSpaceFor("an image");
    byte[] content = contentOf(physical).toArray(ValueLayout.JAVA_BYTE);
    disk.aside().keep(blocks.indexOf(file, number), version, content);
    return Optional.of("the simulation");
  }

  @Override
  public List<SavedImage> savedImages() {
    checkPath();
    return disk.aside().list();
  }

  @Override
  public boolean readSavedImage(int file, long number, long version, MemorySegment physical) {
    checkPath();
    int block = blocks.indexOf(file, number);
    if (!disk.aside().holds(block, version)) {
      return false;
    }
    contentOf(physical).copyFrom(MemorySegment.ofArray(disk.aside().content(block)));
    return true;
  }

  @Override
  public void dropSavedImages(int file, long number, long version) {
    checkPath();
    disk.aside().drop(blocks.indexOf(file, number), version);
  }

  @Override
  public void close() {}
}
