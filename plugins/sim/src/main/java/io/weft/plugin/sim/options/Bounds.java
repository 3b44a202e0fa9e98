// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.options;

import java.util.SplittableRandom;

/**
 * Bounds of the engine that are so generous that a short run of a small cluster never meets them.
 * Seeds make some of them narrow.
 *
 * @param blocksPerReport blocks that one part of a report names
 * @param numbersAtOnce system change numbers that a node reserves at a time
 * @param directoryEntries blocks that each shard of a node may know as a master
 */
public record Bounds(int blocksPerReport, long numbersAtOnce, int directoryEntries) {
  /** As the engine has it. */
  private static final int GENEROUS = 0;

  static final Bounds STANDARD = new Bounds(GENEROUS, GENEROUS, GENEROUS);

  private static final int MANY_ENTRIES = 1_000_000;
  private static final int NARROW_REPORT = 4;
  private static final int NARROW_STRIDE_BITS = 6;

  /** Every second of a seed's bounds is narrow, down to 1. */
  static Bounds of(SplittableRandom random) {
    return new Bounds(
        random.nextBoolean() ? GENEROUS : 1 + random.nextInt(NARROW_REPORT),
        random.nextBoolean() ? GENEROUS : 1L << random.nextInt(NARROW_STRIDE_BITS),
        GENEROUS);
  }

  /** The same, with directories of so many entries in each shard. */
  Bounds withDirectoryEntries(int entries) {
    return new Bounds(blocksPerReport, numbersAtOnce, entries);
  }

  /** The setting of a node that has so many shards. */
  public int directoryEntries(int shards) {
    return directoryEntries == GENEROUS ? MANY_ENTRIES : directoryEntries * shards;
  }

  /** Whether a directory of a node knows few blocks. */
  public boolean limitsDirectories() {
    return directoryEntries != GENEROUS;
  }

  /** Whether one part of a report names fewer blocks than the engine would put into it. */
  public boolean limitsReports() {
    return blocksPerReport != GENEROUS;
  }

  /** Whether a node reserves fewer numbers at a time than the engine would. */
  public boolean limitsNumbers() {
    return numbersAtOnce != GENEROUS;
  }
}
