// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The shared storage of a simulated cluster, and what goes wrong with it for all nodes. A {@link
 * SimStore} is what one process of a node sees of it.
 *
 * <p>A write takes effect some time after it was handed over ({@link DiskWrites}); it stays after a
 * loss of power if its writer has forced it ({@link DiskMedium}). Images of quarantined blocks are
 * kept beside the blocks ({@link SimSavedImages}). What may go to disk is checked ({@link
 * DiskChecks}).
 */
public final class SimDisk implements History.StableVersions {
  /**
   * How slow and unreliable the storage is.
   *
   * @param read delay of reads
   * @param write delay of writes
   * @param inlinePerMille how often a call completes before it returns
   * @param readFailPerMille how often a read fails
   */
  public record Conduct(Delay read, Delay write, int inlinePerMille, int readFailPerMille) {}

  /** How many in a thousand writes of a block that is there find no space on a full disk. */
  private static final int FULL_PER_MILLE = 500;

  /** Every node has a host of its own; a cluster has no more nodes. */
  private static final int HOSTS = NodeId.MAX + 1;

  private final Simulation simulation;
  private final Blocks blocks;
  private final Conduct conduct;
  private final DiskMedium medium;
  private final DiskChecks checks;
  private final DiskWrites writes;
  private final SimSavedImages aside;
  private final SimPlace place;

  /** By block: reads fail for every node, the content is as it was; and whether they ever did. */
  private final boolean[] failing;

  private final boolean[] doubtful;
  private boolean readsFail = true;
  private int failingFences;
  private boolean full;
  private boolean lacksAllSpace;
  private long failedReads;
  private long foundNoSpace;

  /**
   * Makes a disk on which no block was ever written.
   *
   * @param recovering whether a recovery is under way, which may mend torn blocks
   */
  public SimDisk(
      Simulation simulation, History history, Conduct conduct, BooleanSupplier recovering) {
    this.simulation = simulation;
    this.blocks = history.blocks();
    this.conduct = conduct;
    this.medium = new DiskMedium(simulation, blocks);
    this.checks = new DiskChecks(simulation, history, recovering);
    this.writes = new DiskWrites(simulation, medium, checks, conduct.write());
    this.aside = new SimSavedImages(blocks);
    this.place = new SimPlace(SimPlace.Part.BLOCKS, medium::isBlank);
    this.failing = new boolean[blocks.count()];
    this.doubtful = new boolean[blocks.count()];
  }

  // ---- its parts, for a store

  Simulation simulation() {
    return simulation;
  }

  Blocks blocks() {
    return blocks;
  }

  Conduct conduct() {
    return conduct;
  }

  DiskMedium medium() {
    return medium;
  }

  DiskChecks checks() {
    return checks;
  }

  DiskWrites writes() {
    return writes;
  }

  SimSavedImages aside() {
    return aside;
  }

  SimPlace place() {
    return place;
  }

  // ---- what it has

  /** The version on disk; of a torn block the one before. */
  public long version(int block) {
    return medium.seen(block).version();
  }

  /** Whether the block on disk is half one version and half another. */
  public boolean isTorn(int block) {
    return medium.seen(block).torn();
  }

  /** What the disk has of every block. */
  public List<byte[]> contents() {
    return medium.contents();
  }

  /** Whether a block would be the same after the loss of any host's power. */
  public boolean isStable(int block) {
    return medium.isStable(block);
  }

  @Override
  public long stableVersion(int block) {
    return medium.stableVersion(block);
  }

  @Override
  public long savedVersion(int block) {
    return aside.version(block);
  }

  /** Whether nothing that this process writes takes effect any more. */
  public boolean isShutTo(SimProcess process) {
    return writes.isFenced(process);
  }

  /** How many blocks were torn. */
  public long tornBlocks() {
    return medium.tornBlocks();
  }

  /** How many writes were refused because of a fence. */
  public long refused() {
    return writes.refused();
  }

  // ---- the end of a process or a host

  /** {@code process} has ended: its writes under way land later, get lost or tear. */
  public void died(SimProcess process) {
    writes.died(process);
  }

  /** The power fails everywhere: all processes have ended, and what is not stable is open. */
  public void losePower() {
    for (int host = 0; host < HOSTS; host++) {
      losePower(host);
    }
  }

  /** The power of a host fails, whose process has ended: what was not forced there is open. */
  public void losePower(int host) {
    writes.losePower(host);
    medium.losePower(host);
  }

  // ---- blocks that are damaged

  /** Whether a block was damaged on purpose, and not written since. */
  public boolean isDamaged(int block) {
    return medium.isDamaged(block);
  }

  /** The block's medium fails: no node reads it before it has been written again. */
  public void loseSector(int block) {
    medium.loseSector(block);
  }

  /** The block's file cannot be opened: reads fail, and leave the memory as it is. */
  public void loseFile(int block) {
    medium.loseFile(block);
  }

  /** The block's content rots: its header stays, its bytes do not fit it any more. */
  public void rot(int block) {
    medium.rot(block);
  }

  /** An operator restores a block from a copy; the engine has not looked at it yet. */
  public void restore(int block, long version, byte[] content) {
    medium.restore(block, version, content);
  }

  // ---- reads that fail

  /** Reads of a block fail from here on, or do not any more; the block itself is as it was. */
  public void failReads(int block, boolean fails) {
    failing[block] = fails;
    doubtful[block] |= fails;
  }

  /** Whether reads of any block fail. */
  public boolean failsReads() {
    for (boolean fails : failing) {
      if (fails) {
        return true;
      }
    }
    return false;
  }

  /** Whether a read of a block fails because of that block; it is counted. */
  boolean failsRead(int block) {
    failedReads += failing[block] ? 1 : 0;
    return failing[block] || medium.isUnreadable(block);
  }

  /** Whether a read fails by chance. */
  boolean failsByChance() {
    return readsFail && simulation.chance(conduct.readFailPerMille());
  }

  /** How many reads failed because of their block. */
  public long failedReads() {
    return failedReads;
  }

  /** Whether reads of a block have failed for a while: it may be in quarantine still. */
  public boolean isDoubtful(int block) {
    return doubtful[block];
  }

  /** Whether any block may be in quarantine. */
  public boolean hasBeenInDoubt() {
    for (boolean in : doubtful) {
      if (in) {
        return true;
      }
    }
    return false;
  }

  /** Any block may be in quarantine from here on, until {@link #trustAll}. */
  public void doubtAll() {
    Arrays.fill(doubtful, true);
  }

  /** From here on no block may be in quarantine. */
  public void trustAll() {
    Arrays.fill(doubtful, false);
  }

  // ---- a lack of space

  /** From here on there is no space for any block or fence, or there is. */
  public void lackAllSpace(boolean lacks) {
    lacksAllSpace = lacks;
  }

  /** From here on there is no space for a block that was never written, or there is. */
  public void fillUp(boolean lacksSpace) {
    full = lacksSpace;
  }

  /** Whether a write of a block finds no space; it is counted. */
  boolean lacksSpace(int block) {
    boolean lacks =
        lacksAllSpace || full && (version(block) == 0 || simulation.chance(FULL_PER_MILLE));
    foundNoSpace += lacks ? 1 : 0;
    return lacks;
  }

  /**
   * Checks that there is space for something beside the blocks.
   *
   * @throws WeftException {@link StoreErrors#STORE_FULL} if there is none
   */
  void checkSpaceFor(String what) {
    if (lacksAllSpace) {
      foundNoSpace++;
      throw new WeftException(StoreErrors.STORE_FULL, "planned lack of space for " + what);
    }
  }

  /** How many writes found no space. */
  public long foundNoSpace() {
    return foundNoSpace;
  }

  // ---- fences and kept images that fail

  /** Lets the next calls of {@link BlockStore#fence} fail. */
  public void failFences(int calls) {
    failingFences = calls;
  }

  /**
   * Checks that a fence is not to fail.
   *
   * @throws WeftException {@link StoreErrors#WRITE_FAILED} if it is
   */
  void checkFence() {
    if (failingFences > 0) {
      failingFences--;
      throw new WeftException(StoreErrors.WRITE_FAILED, "planned failure of a fence");
    }
  }

  /** Breaks rule R12, for the drill: a fence refuses nothing. */
  public void ignoreFences() {
    writes.ignoreFences();
  }

  /** The bytes of the image that was kept beside a block rot. */
  public void damageSavedImage(int block) {
    aside.damage(block);
  }

  /** Lets the next lists of kept images fail, at whichever node. */
  public void failLists(int calls) {
    aside.failLists(calls);
  }

  /** Lets the next reads of kept images fail, which are whole. */
  public void failSavedImageReads(int calls) {
    aside.failReads(calls);
  }

  /** Whether a list of kept images is still to fail. */
  public boolean failsLists() {
    return aside.failsLists();
  }

  /** Lets no read, fence or list fail by chance or plan from here on, and gives space. */
  public void heal() {
    readsFail = false;
    failingFences = 0;
    aside.heal();
    full = false;
    lacksAllSpace = false;
  }
}
