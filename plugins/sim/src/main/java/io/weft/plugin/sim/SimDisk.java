// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The shared storage of a simulated cluster. A write takes effect some time after it was handed
 * over, whatever its writer does meanwhile; a read shows the disk as it was at its begin or at its
 * end. Fences strictly. When a writer dies, its writes under way land, are lost or are torn; when
 * the power fails, everything since the last force may be.
 *
 * <p>Checks what may go to disk: {@link Invariant#DISK_DURABLE}, {@link Invariant#DISK_MONOTONIC},
 * {@link Invariant#FENCED}, and images that are images.
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

  /** How long a dead writer's write may hang about. */
  private static final long LATEST_NS = 30_000_000;

  private final Simulation simulation;
  private final History history;
  private final Blocks blocks;
  private final Conduct conduct;
  private final BooleanSupplier recovering;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment[] contents;
  private final long[] versions;
  private final boolean[] torn;
  private final MemorySegment[] stableContents;
  private final long[] stableVersions;
  private final boolean[] stableTorn;
  private final long[] newestStable;
  private final long[] fenced = new long[64];
  private final List<Write> underWay = new ArrayList<>();
  private boolean readsFail = true;
  private int failingFences;
  private boolean ignoresFences;
  private long tornBlocks;
  private long refused;

  SimDisk(Simulation simulation, History history, Conduct conduct, BooleanSupplier recovering) {
    this.recovering = recovering;
    this.simulation = simulation;
    this.history = history;
    this.blocks = history.blocks();
    this.conduct = conduct;
    int count = blocks.count();
    this.contents = new MemorySegment[count];
    this.stableContents = new MemorySegment[count];
    this.versions = new long[count];
    this.stableVersions = new long[count];
    this.newestStable = new long[count];
    this.torn = new boolean[count];
    this.stableTorn = new boolean[count];
    for (int block = 0; block < count; block++) {
      contents[block] = arena.allocate(blocks.layout().contentBytes(), 8);
      stableContents[block] = arena.allocate(blocks.layout().contentBytes(), 8);
    }
  }

  /** The version on disk; of a torn block the one before. */
  long version(int block) {
    return versions[block];
  }

  /** Whether the block on disk is half one version and half another. */
  boolean isTorn(int block) {
    return torn[block];
  }

  /** What the disk has of every block. */
  List<byte[]> contents() {
    return Arrays.stream(contents).map(each -> each.toArray(ValueLayout.JAVA_BYTE)).toList();
  }

  /** Whether nothing that this life writes takes effect any more. */
  boolean isShutTo(Life life) {
    return isFenced(life);
  }

  /** The newest version that was on stable storage: redo of older ones is not needed any more. */
  long stableVersion(int block) {
    return newestStable[block];
  }

  /** How many blocks were torn. */
  long tornBlocks() {
    return tornBlocks;
  }

  /** How many writes were refused because of a fence. */
  long refused() {
    return refused;
  }

  /** Lets no read fail from here on. */
  void heal() {
    readsFail = false;
    failingFences = 0;
  }

  /** Lets the next calls of {@link BlockStore#fence} fail. */
  void failFences(int calls) {
    failingFences = calls;
  }

  /** Breaks rule R12, for the drill: a fence refuses nothing. */
  void ignoreFences() {
    ignoresFences = true;
  }

  /** The storage as {@code life} sees it. */
  Store of(Life life) {
    return new Store(life);
  }

  /** The process of {@code life} has ended: its writes under way land later, get lost or tear. */
  void died(Life life) {
    for (Write write : List.copyOf(underWay)) {
      if (write.life == life) {
        int fate = simulation.random().nextInt(3);
        if (fate == 0) {
          underWay.remove(write);
        } else if (fate == 1) {
          underWay.remove(write);
          tear(write);
        } else {
          write.notBefore = simulation.now() + simulation.random().nextLong(LATEST_NS);
        }
      }
    }
  }

  /** The power fails: all processes have ended, and everything since the last force is open. */
  void losePower() {
    for (Write write : List.copyOf(underWay)) {
      underWay.remove(write);
      if (simulation.random().nextInt(3) == 0) {
        tear(write);
      }
    }
    for (int block = 0; block < contents.length; block++) {
      if (versions[block] == stableVersions[block] && torn[block] == stableTorn[block]) {
        continue;
      }
      int fate = simulation.random().nextInt(3);
      if (fate == 0) {
        versions[block] = stableVersions[block];
        torn[block] = stableTorn[block];
        contents[block].copyFrom(stableContents[block]);
      } else if (fate == 1 && versions[block] != stableVersions[block]) {
        mix(block, stableContents[block]);
        versions[block] = stableVersions[block];
      }
      simulation.record(Trace.What.POWER_LOST, simulation.world(), block, versions[block]);
    }
    force();
  }

  private void force() {
    for (int block = 0; block < contents.length; block++) {
      if (versions[block] != stableVersions[block] || torn[block] != stableTorn[block]) {
        stableVersions[block] = versions[block];
        // What was there before it was torn is not needed: whoever tore it has logged an image.
        newestStable[block] = Math.max(newestStable[block], versions[block]);
        stableTorn[block] = torn[block];
        stableContents[block].copyFrom(contents[block]);
      }
    }
  }

  private void tear(Write write) {
    if (isFenced(write.life)) {
      return;
    }
    checkMonotonic(write);
    if (write.version == versions[write.block] && !torn[write.block]) {
      return; // the same bytes again
    }
    mix(write.block, contentOf(write.physical));
    simulation.record(Trace.What.TORN, write.life, write.block, write.version);
  }

  /** Leaves some sectors of one image and some of another. */
  private void mix(int block, MemorySegment other) {
    MemorySegment mine = contents[block];
    for (int sector = 0; sector < mine.byteSize() / 512; sector++) {
      if (simulation.random().nextBoolean()) {
        MemorySegment.copy(other, sector * 512L, mine, sector * 512L, 512);
      }
    }
    torn[block] = true;
    tornBlocks++;
  }

  private boolean isFenced(Life life) {
    return !ignoresFences && life.incarnation() <= fenced[life.node()];
  }

  private void land(Write write) {
    if (!underWay.remove(write)) {
      return; // lost, torn or refused before
    }
    if (isFenced(write.life)) {
      refuse(write);
      return;
    }
    simulation.record(Trace.What.WRITE_DONE, write.life, write.block, write.version);
    if (simulation.checksum(contentOf(write.physical)) != write.checksum) {
      simulation.violate(
          Invariant.IMAGE_UNCHANGED,
          write.life + " changed " + blocks.name(write.block) + " while it was being written");
    }
    checkMonotonic(write);
    contents[write.block].copyFrom(contentOf(write.physical));
    versions[write.block] = write.version;
    torn[write.block] = false;
  }

  private void finish(Write write) {
    if (simulation.now() < write.notBefore) {
      landLater(write, write.notBefore - simulation.now());
      return;
    }
    if (!underWay.contains(write)) {
      return; // a fence has brought its end forward
    }
    land(write);
    if (!write.refused) {
      simulation.schedule(0, write.life, () -> complete(write));
    }
  }

  private void landLater(Write write, long delayNs) {
    simulation.schedule(
        delayNs,
        simulation.world(),
        () -> {
          simulation.quiet();
          finish(write);
        });
  }

  private void complete(Write write) {
    write.store.writing[write.block] = false;
    simulation.ends(IoWatch.Io.BLOCK_WRITTEN, write.life);
    if (write.refused) {
      write.completion.onWriteFailed(
          new WeftException(StoreErrors.FENCED, write.life + " is outside the view"));
    } else {
      write.completion.onWritten();
    }
  }

  private void refuse(Write write) {
    refused++;
    write.refused = true;
    simulation.record(Trace.What.REFUSED, write.life, write.block, write.version);
    simulation.schedule(conduct.write, write.life, () -> complete(write));
  }

  /** A torn block has no version: an older past image over it is a step of its recovery. */
  private void checkMonotonic(Write write) {
    boolean mends = torn[write.block] && recovering.getAsBoolean();
    if (write.version < versions[write.block] && !mends) {
      simulation.violate(
          Invariant.DISK_MONOTONIC,
          write.life
              + " writes version "
              + write.version
              + " over "
              + versions[write.block]
              + " of "
              + history.describe(write.block));
    }
  }

  void close() {
    arena.close();
  }

  private MemorySegment contentOf(MemorySegment physical) {
    return physical.asSlice(BlockLayout.HEADER_BYTES);
  }

  /** A write that has been handed over. */
  private static final class Write {
    final Store store;
    final Life life;
    final int block;
    final long version;
    final MemorySegment physical;
    final int checksum;
    final BlockStore.WriteCompletion completion;
    boolean refused;

    /** A dead writer's write hangs about for a while. */
    long notBefore;

    Write(
        Store store,
        int block,
        long version,
        MemorySegment physical,
        int checksum,
        BlockStore.WriteCompletion completion) {
      this.store = store;
      this.life = store.life;
      this.block = block;
      this.version = version;
      this.physical = physical;
      this.checksum = checksum;
      this.completion = completion;
    }
  }

  /** The storage as one life of a node sees it. */
  final class Store implements BlockStore {
    private final Life life;
    private final boolean[] writing;
    private boolean lostPath;
    private boolean failsWrites;

    Store(Life life) {
      this.life = life;
      this.writing = new boolean[blocks.count()];
    }

    /** This node cannot reach the storage any more. */
    void losePath() {
      lostPath = true;
    }

    boolean hasLostPath() {
      return lostPath;
    }

    /** Nothing is wrong with it any more. */
    void heal() {
      lostPath = false;
      failsWrites = false;
    }

    /** Lets this node's next write fail. */
    void failWrites() {
      failsWrites = true;
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
      simulation.record(Trace.What.READ_STARTED, life, block, number);
      check(physical);
      simulation.begins(IoWatch.Io.BLOCK_READ, life);
      startRead(block, physical, completion);
      simulation.ends(IoWatch.Io.BLOCK_READ, life);
    }

    private void startRead(int block, MemorySegment physical, ReadCompletion completion) {
      if (block < 0) {
        physical.fill((byte) 0);
        simulation.schedule(conduct.read(), life, () -> completion.onRead(0));
      } else if (simulation.chance(conduct.inlinePerMille())) {
        finishRead(block, physical, completion, fetch(block, physical));
      } else if (simulation.random().nextBoolean()) {
        long version = fetch(block, physical);
        simulation.schedule(
            conduct.read(), life, () -> finishRead(block, physical, completion, version));
      } else {
        physical.fill((byte) 0x5A);
        simulation.schedule(
            conduct.read(),
            life,
            () -> finishRead(block, physical, completion, fetch(block, physical)));
      }
    }

    /** The version read, or -1 if what is there is no block. */
    private long fetch(int block, MemorySegment physical) {
      physical.asSlice(0, BlockLayout.HEADER_BYTES).fill((byte) 0x77);
      contentOf(physical).copyFrom(contents[block]);
      return torn[block] ? -1 : versions[block];
    }

    private void finishRead(
        int block, MemorySegment physical, ReadCompletion completion, long version) {
      if (lostPath || readsFail && simulation.chance(conduct.readFailPerMille())) {
        physical.fill((byte) 0xEE);
        simulation.record(Trace.What.READ_FAILED, life, block, version);
        completion.onReadFailed(
            new WeftException(StoreErrors.READ_FAILED, "planned failure of the simulated disk"));
      } else if (version < 0) {
        simulation.record(Trace.What.READ_FAILED, life, block, version);
        completion.onReadFailed(
            new WeftException(StoreErrors.CORRUPT_BLOCK, blocks.name(block) + " is torn"));
      } else {
        simulation.record(Trace.What.READ_DONE, life, block, version);
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
      if (life.isDead()) {
        return; // its process has ended inside this very step
      }
      int block = blocks.indexOf(file, number);
      simulation.record(Trace.What.WRITE_STARTED, life, block, version);
      check(physical);
      if (life.isStopped()) {
        simulation.violate(Invariant.CONTRACT, life + " writes after it has stopped");
      }
      if (!life.views().leaseHolds()) {
        simulation.violate(Invariant.CONTRACT, life + " writes without a lease");
      }
      if (block < 0) {
        simulation.violate(
            Invariant.CONTRACT, life + " writes a block that nobody changed: " + number);
        return;
      }
      if (writing[block]) {
        simulation.violate(
            Invariant.CONTRACT, life + " has two writes of " + blocks.name(block) + " under way");
      }
      physical.asSlice(0, BlockLayout.HEADER_BYTES).fill((byte) life.node());
      int checksum = simulation.checksum(contentOf(physical));
      Write write = new Write(this, block, version, physical, checksum, completion);
      if (isFenced(life)) {
        refuse(write);
        return;
      }
      if (!history.isImage(block, version, checksum)) {
        simulation.violate(
            Invariant.DISK_DURABLE,
            life
                + " writes version "
                + version
                + " with other content, of "
                + history.describe(block));
        return;
      }
      checkDurable(block, version);
      simulation.begins(IoWatch.Io.BLOCK_WRITE, life);
      writing[block] = true;
      startWrite(write);
      simulation.ends(IoWatch.Io.BLOCK_WRITE, life);
    }

    private void startWrite(Write write) {
      if (failsWrites || lostPath) {
        simulation.schedule(
            conduct.write(),
            life,
            () ->
                write.completion.onWriteFailed(
                    new WeftException(
                        StoreErrors.WRITE_FAILED, "planned failure of the simulated disk")));
      } else if (simulation.chance(conduct.inlinePerMille())) {
        underWay.add(write);
        land(write);
        complete(write);
      } else {
        underWay.add(write);
        landLater(write, conduct.write().sample(simulation.random()));
      }
    }

    private void checkDurable(int block, long version) {
      if (!history.isDurable(block, version)) {
        simulation.violate(
            Invariant.DISK_DURABLE,
            life
                + " writes version "
                + version
                + " whose redo is not durable, of "
                + history.describe(block));
      }
    }

    private void check(MemorySegment physical) {
      if (!physical.isNative() || physical.byteSize() != blocks.layout().physicalBytes()) {
        simulation.violate(
            Invariant.CONTRACT, life + " hands over memory of " + physical.byteSize());
      }
    }

    /** What is under way lands before the fence is up, or never. */
    @Override
    public void fence(int node, long incarnation) {
      checkPath();
      if (failingFences > 0) {
        failingFences--;
        throw new WeftException(StoreErrors.WRITE_FAILED, "planned failure of a fence");
      }
      simulation.record(Trace.What.FENCED, life, node, incarnation);
      simulation.begins(IoWatch.Io.BLOCK_FENCE, life);
      for (Write write : List.copyOf(underWay)) {
        if (write.life.node() == node
            && write.life.incarnation() <= incarnation
            && !ignoresFences
            && simulation.random().nextBoolean()) {
          write.notBefore = 0;
          finish(write);
        }
      }
      fenced[node] = Math.max(fenced[node], incarnation);
      simulation.ends(IoWatch.Io.BLOCK_FENCE, life);
    }

    @Override
    public void force() {
      checkPath();
      simulation.record(Trace.What.FORCED, life, 0, Arrays.hashCode(versions));
      simulation.begins(IoWatch.Io.BLOCK_FORCE, life);
      SimDisk.this.force();
      simulation.ends(IoWatch.Io.BLOCK_FORCE, life);
    }

    private void checkPath() {
      if (lostPath) {
        throw new WeftException(StoreErrors.WRITE_FAILED, life + " cannot reach the storage");
      }
    }

    @Override
    public void close() {}
  }
}
