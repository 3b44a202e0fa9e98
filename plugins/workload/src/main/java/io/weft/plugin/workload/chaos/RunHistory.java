// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.linearizability.HistoryChecker;
import io.weft.plugin.linearizability.Operation;
import io.weft.plugin.linearizability.Operation.Kind;
import io.weft.plugin.linearizability.Verdict;
import io.weft.plugin.workload.chaos.OperationLine.Access;
import io.weft.plugin.workload.chaos.OperationLine.Announcement;
import io.weft.plugin.workload.chaos.OperationLine.Ending;
import io.weft.plugin.workload.shared.LongestTime;
import io.weft.plugin.workload.shared.Violations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/**
 * The history of all operations on the blocks of a chaos run, as known to the parent. An operation
 * is complete once its report has arrived, and open if its node ended before. Thread-safe while it
 * is filled; checked by one thread afterwards.
 */
public final class RunHistory {
  /** A thread of one incarnation of a node. */
  private record Source(int node, int life, int thread) {
    int process() {
      return (node * 1000 + life) * 256 + thread;
    }
  }

  /** A write of several blocks whose outcome is not known. */
  private record Half(Source source, Announcement write) {}

  private final List<List<Operation>> blocks = new ArrayList<>();
  private final Map<Source, Announcement> announced = new HashMap<>();
  private final List<Half> openPairs = new ArrayList<>();
  private final Set<Source> unsteady = new HashSet<>();
  private long operations;
  private long failed;
  private final LongestTime longest = new LongestTime();

  /** Creates an empty history of {@code count} blocks. */
  public RunHistory(int count) {
    for (int i = 0; i < count; i++) {
      blocks.add(new ArrayList<>());
    }
  }

  /**
   * Records an event if it is about operations; returns the number of completed operations, or -1
   * if it is not.
   */
  public synchronized int enter(int node, int life, ObjectNode event) {
    Optional<OperationLine> parsed = OperationLine.from(event);
    if (parsed.isEmpty()) {
      return -1;
    }
    OperationLine line = parsed.get();
    Source source = new Source(node, life, line.thread());
    Optional<Announcement> before = Optional.ofNullable(announced.remove(source));
    for (Access access : line.accesses()) {
      blocks.get(access.block()).add(operation(source, access));
    }
    if (line.ending() == Ending.OPEN) {
      before.ifPresent(write -> leaveOpen(source, write));
    }
    line.next().ifPresent(write -> announced.put(source, write));
    if (line.ending() != Ending.DONE) {
      failed += line.ending() == Ending.IDLE ? 0 : 1;
      return 0;
    }
    operations++;
    Access first = line.accesses().getFirst();
    if (!unsteady.contains(new Source(node, life, 0))) {
      longest.addNs(first.completeNs() - first.invokeNs());
    }
    return 1;
  }

  private static Operation operation(Source source, Access access) {
    return access.writes()
        ? Operation.update(
            source.process(),
            access.observed(),
            access.written(),
            access.version(),
            access.invokeNs(),
            access.completeNs())
        : Operation.read(
            source.process(),
            access.observed(),
            access.version(),
            access.invokeNs(),
            access.completeNs());
  }

  private void leaveOpen(Source source, Announcement write) {
    for (int block : write.blocks()) {
      blocks
          .get(block)
          .add(
              new Operation(
                  source.process(),
                  Kind.UPDATE,
                  Operation.UNKNOWN,
                  write.written(),
                  Operation.UNKNOWN,
                  write.sinceNs(),
                  Operation.OPEN));
    }
    if (write.blocks().size() > 1) {
      openPairs.add(new Half(source, write));
    }
  }

  /**
   * From now on this incarnation of a node is paused and resumed, so its delays are not counted.
   */
  synchronized void unsteady(int node, int life) {
    unsteady.add(new Source(node, life, 0));
  }

  /** An incarnation of a node has ended: its announced operations stay open. */
  public synchronized void ended(int node, int life) {
    List<Source> sources =
        announced.keySet().stream()
            .filter(source -> source.node() == node && source.life() == life)
            .toList();
    sources.forEach(source -> leaveOpen(source, announced.remove(source)));
  }

  /** Records a read by the parent. */
  synchronized void read(int block, long value, long version, long invokeNs, long completeNs) {
    blocks.get(block).add(Operation.read(-1, value, version, invokeNs, completeNs));
  }

  /** Completed operations. */
  public synchronized long operations() {
    return operations;
  }

  /** Operations that ended with a reported error. */
  synchronized long failed() {
    return failed;
  }

  /** Operations whose outcome stayed unknown, by block. */
  public synchronized long open() {
    return blocks.stream()
        .flatMap(List::stream)
        .filter(operation -> operation.completeNs() == Operation.OPEN)
        .count();
  }

  /**
   * Longest duration of an operation, on nodes that were not paused, in milliseconds; empty if
   * there was none.
   */
  synchronized OptionalDouble longestMillis() {
    return longest.millis();
  }

  /**
   * Checks the history of every block, and that changes of two blocks took effect completely or not
   * at all.
   *
   * @param violations receives the contradictions
   */
  public void judge(Violations violations) {
    Map<Integer, List<Operation>> histories = new TreeMap<>();
    for (int block = 0; block < blocks.size(); block++) {
      histories.put(block, blocks.get(block));
    }
    HistoryChecker.check(histories)
        .forEach(
            (block, verdict) ->
                violations.add(
                    switch (verdict) {
                      case Verdict.Violation(String reason) -> "block " + block + ": " + reason;
                      case Verdict.Unknown(String reason) ->
                          "block " + block + " is not decided: " + reason;
                      case Verdict.Linearizable() -> throw new IllegalStateException("is good");
                    }));
    judgePairs(violations);
  }

  /**
   * Checks changes of two blocks with unknown outcome: one that was observed in one block must have
   * taken effect in the other, where it was observed or fits into a gap of the versions.
   */
  private void judgePairs(Violations violations) {
    long[] room = new long[blocks.size()];
    List<Set<Long>> seen = new ArrayList<>();
    for (int block = 0; block < blocks.size(); block++) {
      Set<Long> values = new HashSet<>();
      Set<Long> versions = new HashSet<>(Set.of(0L));
      long last = 0;
      for (Operation operation : blocks.get(block)) {
        if (operation.completeNs() != Operation.OPEN) {
          values.add(operation.observed());
          versions.add(operation.version());
          if (operation.kind() != Kind.READ) {
            versions.add(operation.version() - 1);
          }
          last = Math.max(last, operation.version());
        }
      }
      room[block] = last + 1 - versions.size();
      seen.add(values);
    }
    for (Half half : openPairs) {
      List<Integer> pair = half.write().blocks();
      long value = half.write().written();
      for (int block : pair) {
        boolean elsewhere = pair.stream().anyMatch(other -> seen.get(other).contains(value));
        if (elsewhere && !seen.get(block).contains(value) && --room[block] < 0) {
          violations.add(
              String.format(
                  Locale.ROOT,
                  "half of a change: value %d was written to blocks %s, and is missing in block %d",
                  value,
                  pair,
                  block));
        }
      }
    }
  }

  /**
   * Number of acknowledged changes that are missing at the end: versions above the last one, and
   * those that share a version with another.
   */
  long lostChanges(long[] lastVersions) {
    long lost = 0;
    for (int block = 0; block < blocks.size(); block++) {
      long[] acknowledged =
          blocks.get(block).stream()
              .filter(
                  operation ->
                      operation.kind() != Kind.READ && operation.completeNs() != Operation.OPEN)
              .mapToLong(Operation::version)
              .sorted()
              .toArray();
      long last = lastVersions[block];
      lost += Arrays.stream(acknowledged).filter(version -> version > last).count();
      for (int i = 1; i < acknowledged.length; i++) {
        lost += acknowledged[i] == acknowledged[i - 1] && acknowledged[i] <= last ? 1 : 0;
      }
    }
    return lost;
  }
}
