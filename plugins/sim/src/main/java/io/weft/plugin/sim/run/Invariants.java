// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.api.BlockId;
import io.weft.api.BlockMode;
import io.weft.api.NodeSet;
import io.weft.cachefusion.spec.BlockState;
import io.weft.cachefusion.spec.DirectoryState;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.storage.SimDisk;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import java.util.Arrays;
import java.util.Optional;

/**
 * The invariants of the specification over the engine's own state, checked after every step. A step
 * happens at one node, so only that node's part is looked at anew. A node that runs and has a lease
 * counts, even if the others already have a view without it.
 */
public final class Invariants {
  private static final int NOBODY = -1;

  private final Simulation simulation;
  private final History history;
  private final Blocks blocks;
  private final SimDisk disk;
  private final Nodes nodes;
  private final BlockId[] ids;

  /** By block: nodes where it is readable, where it is changeable, and which serve it. */
  private final NodeSet[] readable;

  private final NodeSet[] changeable;
  private final NodeSet[] serving;

  /** Past images that a node may keep. */
  private final int mostPastImages;

  /** Blocks that a node may know as a master. */
  private final int mostDirectoryEntries;

  public Invariants(
      Simulation simulation,
      History history,
      SimDisk disk,
      Nodes nodes,
      int mostPastImages,
      int mostDirectoryEntries) {
    this.mostPastImages = mostPastImages;
    this.mostDirectoryEntries = mostDirectoryEntries;
    this.simulation = simulation;
    this.history = history;
    this.blocks = history.blocks();
    this.disk = disk;
    this.nodes = nodes;
    int count = blocks.count();
    this.ids = new BlockId[count];
    this.readable = noNodes(count);
    this.changeable = noNodes(count);
    this.serving = noNodes(count);
    for (int block = 0; block < count; block++) {
      ids[block] = new BlockId(blocks.file(block), blocks.number(block));
    }
  }

  private static NodeSet[] noNodes(int blocks) {
    NodeSet[] sets = new NodeSet[blocks];
    Arrays.fill(sets, NodeSet.NONE);
    return sets;
  }

  /** Checks what a step at {@code node} can have broken. */
  void check(SimNode node) {
    NodeSet leased = leased();
    int id = node.id();
    boolean counts = leased.contains(id);
    int pastImages = 0;
    for (int block = 0; block < ids.length; block++) {
      BlockState state = node.cache().inspect(ids[block]);
      boolean wasReadable = readable[block].contains(id);
      pastImages += state.pastVersion() > 0 ? 1 : 0;
      readable[block] = with(readable[block], id, state.readable());
      changeable[block] = with(changeable[block], id, state.changeable());
      boolean masters = masterOf(node, block) == id;
      Optional<DirectoryState> entry =
          masters ? Optional.of(node.cache().inspectDirectory(ids[block])) : Optional.empty();
      serving[block] = with(serving[block], id, entry.isPresent() && entry.get().serving());
      if (node.process().hasGivenUp() && !node.process().isDead()) {
        gaveUp(node, block, state);
      }
      if (!counts) {
        continue;
      }
      if (state.readable()) {
        dataValue(node, block, state);
        swmr(node, block, leased);
      }
      oneMaster(block, leased);
      if (entry.isPresent()
          && entry.get().quarantined()
          && !node.store().hasLostPath()
          && !disk.isDamaged(block)
          && !disk.isDoubtful(block)) {
        simulation.violate(Invariant.DURABLE, node + " cannot recover " + history.describe(block));
      }
      if (state.readable() != wasReadable || masters) {
        boolean only = serving[block].intersection(leased).equals(NodeSet.of(id));
        directory(block, leased, only ? entry : Optional.empty());
      }
    }
    if (pastImages > mostPastImages) {
      simulation.violate(
          Invariant.PAST_IMAGES_BOUNDED,
          node + " keeps " + pastImages + " past images, allowed are " + mostPastImages);
    }
    int known = node.cache().inspectDirectorySize();
    if (known > mostDirectoryEntries) {
      simulation.violate(
          Invariant.DIRECTORY_BOUNDED,
          node + " knows " + known + " blocks, allowed are " + mostDirectoryEntries);
    }
    if (disk.isShutTo(node.process()) && node.process().isLeased()) {
      simulation.violate( // VW-3: nobody counts it as stopped till then
          Invariant.ONE_MASTER, node + " is shut out of the storage while its lease holds");
    }
  }

  /** A process has ended: it holds nothing any more. */
  public void died(SimProcess process) {
    int id = process.node();
    for (int block = 0; block < ids.length; block++) {
      readable[block] = readable[block].without(id);
      changeable[block] = changeable[block].without(id);
      serving[block] = serving[block].without(id);
    }
  }

  /** Who may trust what it holds. Who leaves as planned serves until another has the next view. */
  private NodeSet leased() {
    NodeSet.Builder leased = new NodeSet.Builder();
    boolean someLeave = false;
    long newest = 0;
    for (Optional<SimNode> node : nodes.present()) {
      if (node.isPresent()) {
        SimProcess process = node.get().process();
        someLeave |= process.hasGivenUp();
        if (process.lookAtLease(simulation.now())) {
          leased.add(process.node());
          newest = Math.max(newest, process.views().epoch());
        }
      }
    }
    if (someLeave) {
      addLeavers(leased, newest);
    }
    return leased.build();
  }

  private void addLeavers(NodeSet.Builder leased, long newest) {
    for (Optional<SimNode> node : nodes.present()) {
      if (node.isPresent()) {
        SimProcess process = node.get().process();
        boolean servesStill =
            !process.isDead() && !process.isStopped() && process.views().leaseHolds();
        if (process.hasGivenUp() && servesStill && process.views().epoch() == newest) {
          leased.add(process.node());
        }
      }
    }
  }

  private void gaveUp(SimNode node, int block, BlockState state) {
    if (state.readable() || state.pastVersion() > 0 || state.writing()) {
      simulation.violate(
          Invariant.DRAINED, node + " leaves, and still has " + blocks.name(block) + ": " + state);
    }
  }

  private int masterOf(SimNode node, int block) {
    return node.cache()
        .inspectMap(ids[block])
        .map(map -> map.masterOf(blocks.file(block), blocks.number(block)))
        .orElse(NOBODY);
  }

  private static NodeSet with(NodeSet set, int node, boolean in) {
    return in ? set.with(node) : set.without(node);
  }

  private void swmr(SimNode node, int block, NodeSet leased) {
    NodeSet changers = changeable[block].intersection(leased);
    if (!changers.isEmpty() && readable[block].intersection(leased).size() > 1) {
      simulation.violate(
          Invariant.SWMR,
          blocks.name(block)
              + " can be read at nodes "
              + readable[block].intersection(leased)
              + " and changed at nodes "
              + changers
              + ", since a step at "
              + node);
    }
  }

  private void dataValue(SimNode node, int block, BlockState state) {
    boolean inCommit = state.underChange() && state.version() + 1 == history.latest(block);
    if (state.version() != history.latest(block) && !inCommit) {
      simulation.violate(
          Invariant.DATA_VALUE,
          node + " shows version " + state.version() + " of " + history.describe(block));
    }
    boolean dirty = state.version() > disk.stableVersion(block);
    if (dirty && !state.mode().isDirty()) {
      simulation.violate(
          Invariant.DATA_VALUE,
          node
              + " holds version "
              + state.version()
              + " of "
              + blocks.name(block)
              + " as "
              + state.mode()
              + ", but the disk has "
              + disk.stableVersion(block)
              + " for good");
    }
  }

  private void oneMaster(int block, NodeSet leased) {
    NodeSet masters = serving[block].intersection(leased);
    if (masters.size() > 1) {
      simulation.violate(
          Invariant.ONE_MASTER, blocks.name(block) + " is served by nodes " + masters);
    }
  }

  /** A node that reads is known to the only master; {@code seen} is what it knows, if looked up. */
  private void directory(int block, NodeSet leased, Optional<DirectoryState> seen) {
    NodeSet masters = serving[block].intersection(leased);
    if (masters.size() != 1) {
      return; // its directory is being rebuilt
    }
    SimNode master = nodes.node(masters.last());
    DirectoryState entry = seen.orElseGet(() -> master.cache().inspectDirectory(ids[block]));
    boolean idle = entry.requester() < 0;
    if (idle && entry.owner() < 0 && entry.sharers().isEmpty()) {
      if (!isCurrent(block)) {
        simulation.violate(
            Invariant.SERVED_CURRENT,
            "nobody holds "
                + history.describe(block)
                + ", but the disk has "
                + disk.version(block)
                + (disk.isTorn(block) ? ", torn" : "")
                + ", and for good "
                + disk.stableVersion(block));
      }
    }
    NodeSet known = entry.sharers();
    known = entry.owner() >= 0 ? known.with(entry.owner()) : known;
    known = idle ? known : known.with(entry.requester());
    NodeSet readers = readable[block].intersection(leased);
    if (!known.containsAll(readers)) {
      simulation.violate(
          Invariant.COVERED,
          blocks.name(block)
              + " can be read at nodes "
              + readers
              + ", its master "
              + master
              + " knows of "
              + known);
    }
  }

  /** Whether the disk has the latest version, and keeps it whatever happens. */
  private boolean isCurrent(int block) {
    return disk.isDamaged(block)
        || disk.version(block) == history.latest(block)
            && !disk.isTorn(block)
            && disk.stableVersion(block) == history.latest(block);
  }

  /** After everybody has given everything up. */
  void checkDrained() {
    for (int block = 0; block < ids.length; block++) {
      if (!isCurrent(block)) {
        simulation.violate(
            Invariant.DRAINED,
            "the disk has version "
                + disk.version(block)
                + ", for good "
                + disk.stableVersion(block)
                + ", of "
                + history.describe(block));
      }
      for (Optional<SimNode> node : nodes.present()) {
        BlockState state = node.orElseThrow().cache().inspect(ids[block]);
        if (state.mode() != BlockMode.NULL || state.requesting() || state.writing()) {
          simulation.violate(
              Invariant.DRAINED, node.get() + " still has " + blocks.name(block) + ": " + state);
        }
      }
    }
  }

  /** What everybody holds, for people. */
  String dump() {
    StringBuilder text = new StringBuilder();
    for (int block = 0; block < ids.length; block++) {
      text.append(history.describe(block)).append(", on disk ").append(disk.version(block));
      text.append(disk.isTorn(block) ? ", torn\n" : "\n");
      for (Optional<SimNode> each : nodes.present()) {
        if (each.isEmpty() || each.get().process().isDead()) {
          continue;
        }
        SimNode node = each.get();
        if (masterOf(node, block) == node.id()) {
          text.append("  ").append(node).append(" masters it: ");
          text.append(node.cache().inspectDirectory(ids[block])).append('\n');
        }
        BlockState state = node.cache().inspect(ids[block]);
        if (state.mode() != BlockMode.NULL
            || state.requesting()
            || state.waiters() > 0
            || state.pastVersion() > 0) {
          text.append("  ").append(node).append(": ").append(state).append('\n');
        }
      }
    }
    return text.toString();
  }
}
