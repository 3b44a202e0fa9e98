// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides histories of reads and writes whose values are all different, without versions, in O(n
 * log n), as Gibbons and Korach, "Testing Shared Memories", SIAM J. Comput. 26 (1997), section 3.
 *
 * <p>A write and the reads of its value are adjacent in any order. Such a group has a zone: from
 * its first completion to its last call. If the completion comes first, the zone is
 * <em>forward</em>: the group covers all of it; otherwise it is <em>backward</em>, and the whole
 * group fits at any point of it. The groups can be put in order if and only if no read precedes its
 * write, no two forward zones overlap, and no backward zone lies within a forward one. All three
 * conditions use strict inequality: operations that only touch are concurrent.
 */
final class Zones {
  /** A write and its reads. */
  private static final class Group {
    private final long writeInvokeNs;
    private Operation first;
    private Operation last;

    Group(Operation write) {
      writeInvokeNs = write.invokeNs();
      first = write;
      last = write;
    }

    void add(Operation read) {
      if (read.completeNs() < first.completeNs()) {
        first = read;
      }
      if (read.invokeNs() > last.invokeNs()) {
        last = read;
      }
    }

    boolean isForward() {
      return first.completeNs() < last.invokeNs();
    }
  }

  private static final Operation INITIAL_WRITE =
      Operation.write(-1, 0, 0, Long.MIN_VALUE, Long.MIN_VALUE);

  private Zones() {}

  /** Whether the history can be decided here. */
  static boolean decides(List<Operation> history) {
    Set<Long> values = new HashSet<>(Set.of(0L));
    for (Operation operation : history) {
      boolean fits =
          switch (operation.kind()) {
            case READ -> operation.isOpen() || operation.observed() != Operation.UNKNOWN;
            case WRITE -> values.add(operation.written());
            case UPDATE -> false;
          };
      if (!fits || (!operation.isOpen() && operation.version() != Operation.UNKNOWN)) {
        return false;
      }
    }
    return true;
  }

  /** Decides. */
  static Verdict check(List<Operation> history) {
    Map<Long, Group> groups = new HashMap<>();
    groups.put(0L, new Group(INITIAL_WRITE));
    for (Operation operation : history) {
      if (operation.writes()) {
        groups.put(operation.written(), new Group(operation));
      }
    }
    for (Operation operation : history) {
      if (!operation.writes() && !operation.isOpen()) {
        Group group = groups.get(operation.observed());
        if (group == null) {
          return new Verdict.Violation("no operation wrote the value: " + operation);
        }
        if (operation.completeNs() < group.writeInvokeNs) {
          return new Verdict.Violation("read before it was written: " + operation);
        }
        group.add(operation);
      }
    }
    return compare(groups).orElse(Verdict.LINEARIZABLE);
  }

  private static Optional<Verdict> compare(Map<Long, Group> groups) {
    List<Group> forward = new ArrayList<>();
    List<Group> backward = new ArrayList<>();
    // An open write that was not observed has a backward zone without end: it always fits.
    groups.values().forEach(group -> (group.isForward() ? forward : backward).add(group));
    forward.sort(Comparator.comparingLong(group -> group.first.completeNs()));
    for (int i = 1; i < forward.size(); i++) {
      if (forward.get(i).first.completeNs() < forward.get(i - 1).last.invokeNs()) {
        return Optional.of(conflict(forward.get(i - 1), forward.get(i)));
      }
    }
    for (Group group : backward) {
      int around = lastStartingBefore(forward, group.last.invokeNs());
      if (around >= 0 && group.first.completeNs() < forward.get(around).last.invokeNs()) {
        return Optional.of(conflict(forward.get(around), group));
      }
    }
    return Optional.empty();
  }

  /**
   * The last forward zone that begins before a given time; -1 if there is none. They are disjoint.
   */
  private static int lastStartingBefore(List<Group> forward, long momentNs) {
    int low = 0;
    int high = forward.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (forward.get(middle).first.completeNs() < momentNs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  private static Verdict conflict(Group one, Group other) {
    return new Verdict.Violation(
        String.format(
            Locale.ROOT,
            "two values were each there before and after the other: %s; %s; and %s; %s",
            one.first,
            one.last,
            other.first,
            other.last));
  }
}
