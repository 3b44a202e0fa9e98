// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import io.weft.plugin.workload.run.DiskBlocks;
import io.weft.plugin.workload.shared.ValueBlock;
import io.weft.plugin.workload.shared.Violations;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Proves that no acknowledged change of the demo was lost: the sum of the accounts is unchanged,
 * every counter equals the increments acknowledged to the parent, and the versions of all blocks
 * sum to the acknowledged changes. The last check finds transfers that were lost completely.
 *
 * <p>If a node was killed, its operations in progress may have taken effect. Then counters and
 * versions may be larger by that, but must be the same for all readers.
 */
final class DemoProof {
  private final long expectedSum;
  private final long changes;
  private final long expectedVersions;
  private final long[] acknowledged;
  private final long inFlight;
  private final Violations violations;
  private Optional<Finding> first = Optional.empty();
  private long lostUpdates;

  /**
   * Creates a proof.
   *
   * @param accounts number of accounts
   * @param changes acknowledged changes of blocks, by all nodes together, without openings of
   *     accounts
   * @param acknowledged increments of each counter, by all nodes together
   * @param inFlight operations in progress on nodes when they were killed
   * @param violations receives the contradictions
   */
  DemoProof(int accounts, long changes, long[] acknowledged, long inFlight, Violations violations) {
    this.changes = changes;
    expectedVersions = accounts + changes;
    expectedSum = accounts * DemoSettings.INITIAL_BALANCE;
    this.acknowledged = acknowledged.clone();
    this.inFlight = inFlight;
    this.violations = violations;
  }

  /**
   * The result of one reader.
   *
   * @param reader name of the reader
   * @param sum of all accounts
   * @param versions sum over all blocks
   * @param counters the values of the counters
   */
  record Finding(String reader, long sum, long versions, List<Long> counters) {
    /** Copies the list. */
    Finding {
      counters = List.copyOf(counters);
    }
  }

  /** Reads all accounts and counters from disk. */
  static Finding onDisk(DiskBlocks disk, int accounts, int counters, Violations violations) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment content = arena.allocate(disk.contentBytes());
      long sum = 0;
      long versions = 0;
      for (int i = 0; i < accounts; i++) {
        versions += read(disk, DemoSettings.ACCOUNTS, i, content, violations);
        sum += ValueBlock.value(content);
      }
      Long[] counts = new Long[counters];
      for (int i = 0; i < counters; i++) {
        versions += read(disk, DemoSettings.COUNTERS, i, content, violations);
        counts[i] = ValueBlock.value(content);
      }
      return new Finding("the disk", sum, versions, Arrays.asList(counts));
    }
  }

  /** Compares a result with the expected one. */
  void compare(Finding finding) {
    if (finding.sum() != expectedSum) {
      violations.add(
          String.format(
              Locale.ROOT,
              "%s: the accounts sum to %d, not to %d",
              finding.reader(),
              finding.sum(),
              expectedSum));
    }
    // An operation changes at most two blocks.
    if (finding.versions() < expectedVersions
        || finding.versions() > expectedVersions + 2 * inFlight) {
      violations.add(
          String.format(
              Locale.ROOT,
              "%s: the versions of all blocks sum to %d after %d acknowledged changes%s",
              finding.reader(),
              finding.versions(),
              expectedVersions,
              underWay()));
    }
    long surplus = 0;
    for (int i = 0; i < acknowledged.length; i++) {
      long more = finding.counters().get(i) - acknowledged[i];
      surplus += Math.max(0, more);
      if (more < 0 || (more > 0 && surplus > inFlight)) {
        violations.add(
            String.format(
                Locale.ROOT,
                "%s: counter %d is %d after %d acknowledged increments%s",
                finding.reader(),
                i,
                finding.counters().get(i),
                acknowledged[i],
                underWay()));
      }
    }
    first.ifPresentOrElse(
        other -> {
          if (finding.versions() != other.versions()
              || !finding.counters().equals(other.counters())) {
            violations.add(
                String.format(
                    Locale.ROOT,
                    "%s and %s read different values",
                    other.reader(),
                    finding.reader()));
          }
        },
        () -> first = Optional.of(finding));
    lostUpdates = Math.max(lostUpdates, missing(finding));
  }

  /** Acknowledged changes that are missing for some reader; the largest number of any reader. */
  long lostUpdates() {
    return lostUpdates;
  }

  /** The sum that the accounts must have. */
  long expectedSum() {
    return expectedSum;
  }

  /** Acknowledged changes of blocks, without openings. */
  long changes() {
    return changes;
  }

  /** Acknowledged increments of all counters. */
  long increments() {
    return Arrays.stream(acknowledged).sum();
  }

  private String underWay() {
    return inFlight == 0
        ? ""
        : " and " + inFlight + " operations in progress when nodes were killed";
  }

  private long missing(Finding finding) {
    long missing = 0;
    for (int i = 0; i < acknowledged.length; i++) {
      missing += Math.max(0, acknowledged[i] - finding.counters().get(i));
    }
    return Math.max(missing, expectedVersions - finding.versions());
  }

  private static long read(
      DiskBlocks disk, int file, long number, MemorySegment content, Violations violations) {
    long version = disk.read(file, number, content);
    if (!ValueBlock.isWhole(file, number, content)) {
      violations.add(
          String.format(
              Locale.ROOT, "on disk, block %d:%d: the checksum does not match", file, number));
    }
    return version;
  }
}
