// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.BlockId;
import io.weft.api.BlockMode;
import io.weft.cachefusion.CacheFusion;
import java.util.List;

/**
 * The invariants of the specification over the engine's own state, checked after every step. A step
 * happens at one node, so only that node's part is looked at anew.
 */
final class Invariants {
  private final Simulation simulation;
  private final History history;
  private final Blocks blocks;
  private final SimDisk disk;
  private final List<CacheFusion> caches;
  private final int[] masters;
  private final BlockId[] ids;

  /** By block: nodes where it is readable, and where it is changeable. */
  private final long[] readable;

  private final long[] changeable;
  private int masterGone = -1;

  Invariants(
      Simulation simulation,
      History history,
      SimDisk disk,
      List<CacheFusion> caches,
      SimDirectory directory) {
    this.simulation = simulation;
    this.history = history;
    this.blocks = history.blocks();
    this.disk = disk;
    this.caches = caches;
    int count = blocks.count();
    this.masters = new int[count];
    this.ids = new BlockId[count];
    this.readable = new long[count];
    this.changeable = new long[count];
    for (int block = 0; block < count; block++) {
      masters[block] = directory.masterOf(blocks.file(block), blocks.number(block));
      ids[block] = new BlockId(blocks.file(block), blocks.number(block));
    }
  }

  /** Checks what a step at {@code node} can have broken. */
  void check(int node) {
    CacheFusion cache = caches.get(node);
    for (int block = 0; block < ids.length; block++) {
      CacheFusion.BlockState state = cache.inspect(ids[block]);
      boolean wasReadable = (readable[block] & 1L << node) != 0;
      readable[block] = with(readable[block], node, state.readable());
      changeable[block] = with(changeable[block], node, state.changeable());
      if (state.readable()) {
        dataValue(node, block, state);
        swmr(node, block);
      }
      if ((state.readable() != wasReadable || masters[block] == node)
          && masters[block] != masterGone) {
        directory(block);
      }
    }
  }

  /** The directory of {@code node} is gone; its blocks stay with those who have them. */
  void masterLeft(int node) {
    masterGone = node;
  }

  private static long with(long set, int node, boolean in) {
    return in ? set | 1L << node : set & ~(1L << node);
  }

  private void swmr(int node, int block) {
    if (changeable[block] != 0 && Long.bitCount(readable[block]) > 1) {
      simulation.violate(
          Invariant.SWMR,
          blocks.name(block)
              + " can be read at nodes "
              + Long.toBinaryString(readable[block])
              + " and changed at nodes "
              + Long.toBinaryString(changeable[block])
              + " (bitmaps), since a step at n"
              + node);
    }
  }

  private void dataValue(int node, int block, CacheFusion.BlockState state) {
    if (state.version() != history.latest(block)) {
      simulation.violate(
          Invariant.DATA_VALUE,
          "n" + node + " shows version " + state.version() + " of " + history.describe(block));
    }
    boolean dirty = state.version() > disk.version(block);
    if (dirty && !state.mode().isDirty()) {
      simulation.violate(
          Invariant.DATA_VALUE,
          "n"
              + node
              + " holds version "
              + state.version()
              + " of "
              + blocks.name(block)
              + " as "
              + state.mode()
              + ", but the disk has "
              + disk.version(block));
    }
  }

  private void directory(int block) {
    CacheFusion.DirectoryState entry = caches.get(masters[block]).inspectDirectory(ids[block]);
    boolean idle = entry.requester() < 0;
    if (idle && entry.owner() < 0 && entry.sharers() == 0) {
      if (disk.version(block) != history.latest(block)) {
        simulation.violate(
            Invariant.SERVED_CURRENT,
            "nobody holds "
                + history.describe(block)
                + ", but the disk has "
                + disk.version(block));
      }
    }
    long known = entry.sharers();
    known |= entry.owner() >= 0 ? 1L << entry.owner() : 0;
    known |= idle ? 0 : 1L << entry.requester();
    if ((readable[block] & ~known) != 0) {
      simulation.violate(
          Invariant.COVERED,
          blocks.name(block)
              + " can be read at nodes "
              + Long.toBinaryString(readable[block])
              + ", its master n"
              + masters[block]
              + " knows of "
              + Long.toBinaryString(known)
              + " (bitmaps)");
    }
  }

  /** After everybody has given everything up. */
  void checkDrained() {
    for (int block = 0; block < ids.length; block++) {
      if (disk.version(block) != history.latest(block)) {
        simulation.violate(
            Invariant.DRAINED,
            "the disk has version " + disk.version(block) + " of " + history.describe(block));
      }
      for (int node = 0; node < caches.size(); node++) {
        CacheFusion.BlockState state = caches.get(node).inspect(ids[block]);
        if (state.mode() != BlockMode.NULL || state.requesting() || state.writing()) {
          simulation.violate(
              Invariant.DRAINED, "n" + node + " still has " + blocks.name(block) + ": " + state);
        }
      }
    }
  }

  /** What everybody holds, for people. */
  String dump() {
    StringBuilder text = new StringBuilder();
    for (int block = 0; block < ids.length; block++) {
      text.append(history.describe(block)).append(", on disk ").append(disk.version(block));
      text.append("\n  n").append(masters[block]).append(" masters it: ");
      text.append(caches.get(masters[block]).inspectDirectory(ids[block])).append('\n');
      for (int node = 0; node < caches.size(); node++) {
        CacheFusion.BlockState state = caches.get(node).inspect(ids[block]);
        if (state.mode() != BlockMode.NULL || state.requesting() || state.waiters() > 0) {
          text.append("  n").append(node).append(": ").append(state).append('\n');
        }
      }
    }
    return text.toString();
  }
}
