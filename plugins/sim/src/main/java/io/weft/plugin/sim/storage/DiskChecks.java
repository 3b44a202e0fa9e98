// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/**
 * Checks what a node hands to the simulated storage: that it may write, that what it writes is an
 * image whose redo is durable ({@link Invariant#DISK_DURABLE}), that no block goes back ({@link
 * Invariant#DISK_MONOTONIC}), and that the memory stays as it is until the write is over.
 */
final class DiskChecks {
  private final Simulation simulation;
  private final History history;
  private final Blocks blocks;
  private final BooleanSupplier recovering;

  /**
   * Checks against a history.
   *
   * @param recovering whether a recovery is under way, which may mend torn blocks
   */
  DiskChecks(Simulation simulation, History history, BooleanSupplier recovering) {
    this.simulation = simulation;
    this.history = history;
    this.blocks = history.blocks();
    this.recovering = recovering;
  }

  /** Memory for a block is native and as large as a block. */
  void memory(SimProcess process, MemorySegment physical) {
    if (!physical.isNative() || physical.byteSize() != blocks.layout().physicalBytes()) {
      simulation.violate(
          Invariant.CONTRACT, process + " hands over memory of " + physical.byteSize());
    }
  }

  /** A writer has not stopped, and has a lease. */
  void writer(SimProcess process) {
    if (process.isStopped()) {
      simulation.violate(Invariant.CONTRACT, process + " writes after it has stopped");
    }
    if (!process.views().leaseHolds()) {
      simulation.violate(Invariant.CONTRACT, process + " writes without a lease");
    }
  }

  /** Whether an actor has changed a block; to write another one is a violation. */
  boolean isChanged(SimProcess process, int block, long number) {
    boolean changed = block >= 0;
    if (!changed) {
      simulation.violate(
          Invariant.CONTRACT, process + " writes a block that nobody changed: " + number);
    }
    return changed;
  }

  /** A node has at most one write of a block under way (BS-5), but has begun a second one. */
  void secondWrite(SimProcess process, int block) {
    simulation.violate(
        Invariant.CONTRACT, process + " has two writes of " + blocks.name(block) + " under way");
  }

  /** Whether what is written is the content of that version; it is a violation if it is not. */
  boolean isImage(DiskWrite write) {
    boolean image = history.isImage(write.block, write.version, write.checksum);
    if (!image) {
      simulation.violate(
          Invariant.DISK_DURABLE,
          write.process
              + " writes version "
              + write.version
              + " with other content, of "
              + history.describe(write.block));
    }
    return image;
  }

  /** The redo of what is written is durable (R3). */
  void durable(DiskWrite write) {
    if (!history.isDurable(write.block, write.version)) {
      simulation.violate(
          Invariant.DISK_DURABLE,
          write.process
              + " writes version "
              + write.version
              + " whose redo is not durable, of "
              + history.describe(write.block));
    }
  }

  /** The writer has left the memory alone. */
  void unchanged(DiskWrite write) {
    if (simulation.checksum(write.content()) != write.checksum) {
      simulation.violate(
          Invariant.IMAGE_UNCHANGED,
          write.process + " changed " + blocks.name(write.block) + " while it was being written");
    }
  }

  /** A torn block has no version: an older past image over it is a step of its recovery. */
  void monotonic(DiskWrite write, DiskMedium.Image before) {
    boolean mends = before.torn() && recovering.getAsBoolean();
    if (write.version < before.version() && !mends) {
      simulation.violate(
          Invariant.DISK_MONOTONIC,
          write.process
              + " writes version "
              + write.version
              + " over "
              + before.version()
              + " of "
              + history.describe(write.block));
    }
  }
}
