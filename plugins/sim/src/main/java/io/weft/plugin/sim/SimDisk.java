// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * The shared storage of a simulated cluster. A write takes effect some time after it was handed
 * over, whatever its writer does meanwhile; a read shows the disk as it was at its begin or at its
 * end. Fences strictly. When a writer dies, its writes under way land, are lost or are torn.
 *
 * <p>A write that has landed is seen by everybody, and is not stable before the life that made it
 * has forced it: a force by another one does nothing for it. When the power of a host fails, the
 * writes by that host's lives that are not stable stay, are lost or are torn, each for itself. Each
 * node has a host of its own.
 *
 * <pre>
 *   block:  stable image <- landed, by n1.3 <- landed, by n2.5    (a read shows the last one)
 * </pre>
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

  /** What a device writes entirely or not at all. */
  private static final int SECTOR = 512;

  private final Simulation simulation;
  private final History history;
  private final Blocks blocks;
  private final Conduct conduct;
  private final BooleanSupplier recovering;

  /** By block: what survives whatever happens. */
  private final Image[] stable;

  private final SimPlace place = new SimPlace(SimPlace.Part.BLOCKS, this::isBlank);

  /** By block: what has landed since then, the oldest first. */
  private final List<List<Image>> landed = new ArrayList<>();

  private final long[] newestStable;

  /** By block: its medium has failed, for everybody and for good. */
  private final boolean[] unreadable;

  /** By block: its file cannot be opened, so that a read does not get as far as the memory. */
  private final boolean[] unreachable;

  private final boolean[] damaged;

  /** By block: reads fail for everybody, the content is as it was; and whether they ever did. */
  private final boolean[] failing;

  private final boolean[] doubtful;
  private boolean lacksAllSpace;
  private long failedReads;

  /** By block: the newest past image that was kept aside, 0 if there is none. */
  private final long[] aside;

  private final byte[][] asideContents;
  private final boolean[] asideDamaged;
  private int failingLists;
  private int failingAsideReads;

  private final long[] fenced = new long[64];
  private final List<Write> underWay = new ArrayList<>();
  private boolean readsFail = true;
  private int failingFences;
  private boolean full;
  private long foundNoSpace;
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
    this.stable = new Image[count];
    this.newestStable = new long[count];
    this.unreadable = new boolean[count];
    this.unreachable = new boolean[count];
    this.damaged = new boolean[count];
    this.failing = new boolean[count];
    this.doubtful = new boolean[count];
    this.aside = new long[count];
    this.asideContents = new byte[count][];
    this.asideDamaged = new boolean[count];
    for (int block = 0; block < count; block++) {
      byte[] empty = new byte[blocks.layout().contentBytes()];
      stable[block] = new Image(simulation.world(), 0, false, 0, empty);
      landed.add(new ArrayList<>());
    }
  }

  /**
   * What a block is like.
   *
   * @param writer the life that has written it
   * @param version of a torn block the one before
   * @param torn half one version and half another
   * @param claimed the version in its header, which lies in its first sector
   */
  private record Image(Life writer, long version, boolean torn, long claimed, byte[] content) {}

  /** What a read shows. */
  private Image seen(int block) {
    List<Image> images = landed.get(block);
    return images.isEmpty() ? stable[block] : images.getLast();
  }

  /** The version on disk; of a torn block the one before. */
  long version(int block) {
    return seen(block).version;
  }

  private boolean isBlank() {
    return Arrays.stream(newestStable).allMatch(version -> version == 0)
        && landed.stream().allMatch(List::isEmpty);
  }

  /** Whether the block on disk is half one version and half another. */
  boolean isTorn(int block) {
    return seen(block).torn;
  }

  /** What the disk has of every block. */
  List<byte[]> contents() {
    return IntStream.range(0, stable.length).mapToObj(block -> seen(block).content).toList();
  }

  /** Whether a block would be the same after the loss of any host's power. */
  boolean isStable(int block) {
    return landed.get(block).isEmpty();
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

  /** Whether a block was damaged on purpose, and not written since. */
  boolean isDamaged(int block) {
    return damaged[block];
  }

  /** The version of a quarantined block that was kept beside it; 0 if none was. */
  long savedVersion(int block) {
    return aside[block];
  }

  /** The bytes of the image that was kept beside a block rot. */
  void damageSavedImage(int block) {
    asideDamaged[block] = true;
  }

  /** Lets the next lists of kept images fail, whoever asks for them. */
  void failLists(int calls) {
    failingLists = calls;
  }

  /** Lets the next reads of kept images fail, which are whole. */
  void failAsideReads(int calls) {
    failingAsideReads = calls;
  }

  /** Whether a list of kept images is still to fail. */
  boolean failsLists() {
    return failingLists > 0;
  }

  /** The block's medium fails: nobody reads it before it has been written again. */
  void loseSector(int block) {
    unreadable[block] = true;
    damaged[block] = true;
  }

  /** The block's file cannot be opened: reads fail, and leave the memory as it is. */
  void loseFile(int block) {
    unreachable[block] = true;
    damaged[block] = true;
  }

  /** The block's content rots: its header stays, its bytes do not fit it any more. */
  void rot(int block) {
    damaged[block] = true;
    Image image = seen(block);
    byte[] content = image.content.clone();
    content[content.length - 1] ^= 1;
    stable[block] = new Image(image.writer, image.version, true, image.claimed, content);
    landed.get(block).clear();
  }

  /** Somebody restores a block from a copy; the engine has not looked at it yet. */
  void restore(int block, long version, byte[] content) {
    stable[block] = new Image(simulation.world(), version, false, version, content);
    newestStable[block] = Math.max(newestStable[block], version);
    landed.get(block).clear();
    unreadable[block] = false;
    unreachable[block] = false;
  }

  /** Reads of a block fail from here on, or do not any more; the block itself is as it was. */
  void failReads(int block, boolean fails) {
    failing[block] = fails;
    doubtful[block] |= fails;
  }

  /** Whether reads of a block have failed for a while: it may be in quarantine still. */
  boolean isDoubtful(int block) {
    return doubtful[block];
  }

  /** Whether any block may be in quarantine. */
  boolean hasBeenInDoubt() {
    for (boolean in : doubtful) {
      if (in) {
        return true;
      }
    }
    return false;
  }

  /** Any block may be in quarantine from here on, until {@link #trustAll}. */
  void doubtAll() {
    Arrays.fill(doubtful, true);
  }

  /** Whether reads of any block fail. */
  boolean failsReads() {
    for (boolean fails : failing) {
      if (fails) {
        return true;
      }
    }
    return false;
  }

  /** From here on no block may be in quarantine. */
  void trustAll() {
    Arrays.fill(doubtful, false);
  }

  /** How many reads failed because of their block. */
  long failedReads() {
    return failedReads;
  }

  /** From here on there is no space for any block or fence, or there is. */
  void lackAllSpace(boolean lacks) {
    lacksAllSpace = lacks;
  }

  /** Lets no read fail from here on. */
  void heal() {
    readsFail = false;
    failingFences = 0;
    failingLists = 0;
    failingAsideReads = 0;
    full = false;
    lacksAllSpace = false;
  }

  /** From here on there is no space for a block that was never written, or there is. */
  void fillUp(boolean lacksSpace) {
    full = lacksSpace;
  }

  /** How many writes found no space. */
  long foundNoSpace() {
    return foundNoSpace;
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

  /** The power fails everywhere: all processes have ended, and what is not stable is open. */
  void losePower() {
    for (int host = 0; host < fenced.length; host++) {
      losePower(host);
    }
  }

  /** The power of a host fails, whose process has ended: what its lives have not forced is open. */
  void losePower(int host) {
    for (Write write : List.copyOf(underWay)) {
      if (write.life.node() == host) {
        underWay.remove(write);
        if (simulation.random().nextInt(3) == 0) {
          tear(write);
        }
      }
    }
    for (int block = 0; block < stable.length; block++) {
      for (Image image : List.copyOf(landed.get(block))) {
        if (image.writer.node() == host) {
          losePower(block, image);
        }
      }
    }
  }

  private void losePower(int block, Image image) {
    List<Image> images = landed.get(block);
    int at = images.indexOf(image);
    Image before = at == 0 ? stable[block] : images.get(at - 1);
    boolean shows = at == images.size() - 1 && !isSame(image, before);
    switch (simulation.random().nextInt(3)) {
      case 0 -> images.remove(at);
      case 1 -> {
        if (shows) {
          settle(block, at, mixed(image.writer, before, image.version, image.content));
        } else {
          images.remove(at);
        }
      }
      default -> settle(block, at, image);
    }
    simulation.record(Trace.What.POWER_LOST, image.writer, block, seen(block).version);
  }

  /** Whether no sector differs, so that half of one and half of the other is the same again. */
  private static boolean isSame(Image image, Image before) {
    return image.version == before.version && !image.torn && !before.torn;
  }

  /** A life has forced what it has written: that is stable, and so is what it was written over. */
  private void force(Life life) {
    for (int block = 0; block < stable.length; block++) {
      List<Image> images = landed.get(block);
      for (int at = images.size() - 1; at >= 0; at--) {
        if (images.get(at).writer == life) {
          settle(block, at, images.get(at));
          break;
        }
      }
    }
  }

  /** The image stands for what landed up to there. */
  private void settle(int block, int at, Image image) {
    stable[block] = image;
    // What was there before it was torn is not needed: whoever tore it has logged an image.
    newestStable[block] = Math.max(newestStable[block], image.version);
    landed.get(block).subList(0, at + 1).clear();
  }

  private void tear(Write write) {
    if (isFenced(write.life)) {
      return;
    }
    checkMonotonic(write);
    Image before = seen(write.block);
    if (write.version == before.version && !before.torn) {
      return; // the same bytes again
    }
    landed
        .get(write.block)
        .add(
            mixed(
                write.life,
                before,
                write.version,
                contentOf(write.physical).toArray(ValueLayout.JAVA_BYTE)));
    simulation.record(Trace.What.TORN, write.life, write.block, write.version);
  }

  /** Some sectors of what was there, and some of another image over it. */
  private Image mixed(Life writer, Image before, long version, byte[] over) {
    byte[] content = before.content.clone();
    long claimed = before.claimed;
    for (int sector = 0; sector < content.length / SECTOR; sector++) {
      if (simulation.random().nextBoolean()) {
        System.arraycopy(over, sector * SECTOR, content, sector * SECTOR, SECTOR);
        claimed = sector == 0 ? version : claimed;
      }
    }
    tornBlocks++;
    return new Image(writer, before.version, true, claimed, content);
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
    byte[] content = contentOf(write.physical).toArray(ValueLayout.JAVA_BYTE);
    unreadable[write.block] = false;
    damaged[write.block] = false;
    landed
        .get(write.block)
        .add(new Image(write.life, write.version, false, write.version, content));
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
    Image before = seen(write.block);
    boolean mends = before.torn && recovering.getAsBoolean();
    if (write.version < before.version && !mends) {
      simulation.violate(
          Invariant.DISK_MONOTONIC,
          write.life
              + " writes version "
              + write.version
              + " over "
              + before.version
              + " of "
              + history.describe(write.block));
    }
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
    private SimPlace mounted = place;
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

    /** Where the blocks should be is an empty directory. */
    void unmount() {
      mounted = new SimPlace(SimPlace.Part.BLOCKS, () -> true);
    }

    @Override
    public Optional<StoragePlace> place() {
      return Optional.of(mounted);
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
      } else if (unreachable[block]) {
        simulation.schedule(conduct.read(), life, () -> fail(block, completion));
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
      Image image = seen(block);
      contentOf(physical).copyFrom(MemorySegment.ofArray(image.content));
      if (image.claimed > 0) {
        BlockHeader.encode(physical, blocks.file(block), blocks.number(block), image.claimed);
      } else {
        physical.asSlice(0, BlockLayout.HEADER_BYTES).fill((byte) 0);
      }
      return image.torn ? -1 : image.version;
    }

    private void finishRead(
        int block, MemorySegment physical, ReadCompletion completion, long version) {
      failedReads += failing[block] ? 1 : 0;
      if (lostPath
          || unreadable[block]
          || failing[block]
          || readsFail && simulation.chance(conduct.readFailPerMille())) {
        physical.fill((byte) 0xEE);
        fail(block, completion);
      } else if (version < 0) {
        simulation.record(Trace.What.READ_FAILED, life, block, version);
        completion.onReadFailed(
            new WeftException(StoreErrors.CORRUPT_BLOCK, blocks.name(block) + " is torn"));
      } else {
        simulation.record(Trace.What.READ_DONE, life, block, version);
        completion.onRead(version);
      }
    }

    private void fail(int block, ReadCompletion completion) {
      simulation.record(Trace.What.READ_FAILED, life, block, version(block));
      completion.onReadFailed(
          new WeftException(StoreErrors.READ_FAILED, "planned failure of the simulated disk"));
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
      } else if (lacksAllSpace || full && (version(write.block) == 0 || simulation.chance(500))) {
        foundNoSpace++;
        simulation.schedule(conduct.write(), life, () -> lacksSpace(write));
      } else if (simulation.chance(conduct.inlinePerMille())) {
        underWay.add(write);
        land(write);
        complete(write);
      } else {
        underWay.add(write);
        landLater(write, conduct.write().sample(simulation.random()));
      }
    }

    private void lacksSpace(Write write) {
      writing[write.block] = false;
      write.completion.onWriteFailed(
          new WeftException(StoreErrors.STORE_FULL, "planned lack of space"));
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
      if (lacksAllSpace) {
        foundNoSpace++;
        throw new WeftException(StoreErrors.STORE_FULL, "planned lack of space for a fence");
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
      simulation.record(
          Trace.What.FORCED,
          life,
          0,
          IntStream.range(0, stable.length).mapToLong(SimDisk.this::version).sum());
      simulation.begins(IoWatch.Io.BLOCK_FORCE, life);
      SimDisk.this.force(life);
      simulation.ends(IoWatch.Io.BLOCK_FORCE, life);
    }

    @Override
    public Optional<String> saveImage(int file, long number, long version, MemorySegment physical) {
      checkPath();
      if (lacksAllSpace) {
        foundNoSpace++;
        throw new WeftException(StoreErrors.STORE_FULL, "planned lack of space for an image");
      }
      int block = blocks.indexOf(file, number);
      if (version > aside[block]) {
        aside[block] = version;
        asideDamaged[block] = false;
        asideContents[block] = contentOf(physical).toArray(ValueLayout.JAVA_BYTE);
      }
      return Optional.of("the simulation");
    }

    @Override
    public List<SavedImage> savedImages() {
      checkPath();
      if (failingLists > 0) {
        failingLists--;
        throw new WeftException(StoreErrors.NOT_ACCESSIBLE, "planned failure of a list");
      }
      return IntStream.range(0, aside.length)
          .filter(block -> aside[block] > 0)
          .mapToObj(
              block ->
                  new SavedImage(
                      new BlockId(blocks.file(block), blocks.number(block)), aside[block]))
          .toList();
    }

    @Override
    public boolean readSavedImage(int file, long number, long version, MemorySegment physical) {
      checkPath();
      if (failingAsideReads > 0) {
        failingAsideReads--;
        throw new WeftException(StoreErrors.READ_FAILED, "planned failure of a kept image");
      }
      int block = blocks.indexOf(file, number);
      if (aside[block] != version || asideDamaged[block]) {
        return false;
      }
      contentOf(physical).copyFrom(MemorySegment.ofArray(asideContents[block]));
      return true;
    }

    /**
     * The next check of what is kept ({@link History#checkKept}) finds an image that was needed.
     */
    @Override
    public void dropSavedImages(int file, long number, long version) {
      checkPath();
      int block = blocks.indexOf(file, number);
      if (aside[block] <= version) {
        aside[block] = 0;
      }
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
