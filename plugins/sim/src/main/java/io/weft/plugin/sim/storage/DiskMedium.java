// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a simulated disk has of every block, and what would be left of it after a loss of power.
 *
 * <p>A write that has landed is seen by every node, and is not stable before the process that made
 * it has forced it: a force by another one does nothing for it. When the power of a host fails, the
 * writes by that host's processes that are not stable stay, are lost or are torn, each for itself.
 *
 * <pre>
 *   block:  stable image <- landed, by n1.3 <- landed, by n2.5    (a read shows the last one)
 * </pre>
 */
final class DiskMedium {
  /** What a device writes entirely or not at all. */
  private static final int SECTOR = 512;

  private final Simulation simulation;

  /** By block: what survives whatever happens. */
  private final Image[] stable;

  /** By block: what has landed since then, the oldest first. */
  private final List<List<Image>> landed = new ArrayList<>();

  private final long[] newestStable;

  /** By block: its medium has failed, for every node, until it is written again. */
  private final boolean[] unreadable;

  /** By block: its file cannot be opened, so that a read does not get as far as the memory. */
  private final boolean[] unreachable;

  private final boolean[] damaged;
  private long tornBlocks;

  /** Makes a medium on which no block was ever written. */
  DiskMedium(Simulation simulation, Blocks blocks) {
    this.simulation = simulation;
    int count = blocks.count();
    this.stable = new Image[count];
    this.newestStable = new long[count];
    this.unreadable = new boolean[count];
    this.unreachable = new boolean[count];
    this.damaged = new boolean[count];
    for (int block = 0; block < count; block++) {
      byte[] empty = new byte[blocks.layout().contentBytes()];
      stable[block] = new Image(simulation.world(), 0, false, 0, empty);
      landed.add(new ArrayList<>());
    }
  }

  /**
   * What a block is like.
   *
   * @param writer the process that has written it
   * @param version of a torn block the one before
   * @param torn half one version and half another
   * @param claimed the version in its header, which lies in its first sector
   */
  record Image(SimProcess writer, long version, boolean torn, long claimed, byte[] content) {}

  /** What a read shows. */
  Image seen(int block) {
    List<Image> images = landed.get(block);
    return images.isEmpty() ? stable[block] : images.getLast();
  }

  /** What a read shows of every block, as bytes. */
  List<byte[]> contents() {
    return IntStream.range(0, stable.length).mapToObj(block -> seen(block).content).toList();
  }

  /** The sum of the versions that reads show. */
  long versions() {
    return IntStream.range(0, stable.length).mapToLong(block -> seen(block).version).sum();
  }

  /** Whether no block was ever written. */
  boolean isBlank() {
    return Arrays.stream(newestStable).allMatch(version -> version == 0)
        && landed.stream().allMatch(List::isEmpty);
  }

  /** Whether a block would be the same after the loss of any host's power. */
  boolean isStable(int block) {
    return landed.get(block).isEmpty();
  }

  /** The newest version that was stable. */
  long stableVersion(int block) {
    return newestStable[block];
  }

  /** How many blocks were torn. */
  long tornBlocks() {
    return tornBlocks;
  }

  // ---- what writers do

  /** A write has taken effect: the block is whole and readable again. */
  void land(SimProcess writer, int block, long version, byte[] content) {
    unreadable[block] = false;
    damaged[block] = false;
    landed.get(block).add(new Image(writer, version, false, version, content));
  }

  /** A write ends half-way: some sectors of the new image lie over what is there. */
  void tear(SimProcess writer, int block, long version, byte[] content) {
    Image before = seen(block);
    if (version == before.version && !before.torn) {
      return; // the same bytes again
    }
    landed.get(block).add(mixed(writer, before, version, content));
    simulation.record(Trace.What.TORN, writer, block, version);
  }

  /**
   * A process has forced what it has written: that is stable, and so is what it was written over.
   */
  void force(SimProcess process) {
    for (int block = 0; block < stable.length; block++) {
      List<Image> images = landed.get(block);
      for (int at = images.size() - 1; at >= 0; at--) {
        if (images.get(at).writer == process) {
          settle(block, at, images.get(at));
          break;
        }
      }
    }
  }

  /** The power of a host fails: what its processes have not forced stays, is lost or is torn. */
  void losePower(int host) {
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

  /** The image stands for what landed up to there. */
  private void settle(int block, int at, Image image) {
    stable[block] = image;
    // What was there before it was torn is not needed: the writer has logged an image.
    newestStable[block] = Math.max(newestStable[block], image.version);
    landed.get(block).subList(0, at + 1).clear();
  }

  /** Some sectors of what was there, and some of another image over it. */
  private Image mixed(SimProcess writer, Image before, long version, byte[] over) {
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

  // ---- what happens to a block by itself

  /** The block's medium fails: no node reads it before it has been written again. */
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

  /** An operator restores a block from a copy; the engine has not looked at it yet. */
  void restore(int block, long version, byte[] content) {
    stable[block] = new Image(simulation.world(), version, false, version, content);
    newestStable[block] = Math.max(newestStable[block], version);
    landed.get(block).clear();
    unreadable[block] = false;
    unreachable[block] = false;
  }

  boolean isUnreadable(int block) {
    return unreadable[block];
  }

  boolean isUnreachable(int block) {
    return unreachable[block];
  }

  /** Whether a block was damaged on purpose, and not written since. */
  boolean isDamaged(int block) {
    return damaged[block];
  }
}
