// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Decides histories whose completed operations all have the register's version, in O(n log n): the
 * versions give the order, and only its agreement with real time has to be checked.
 *
 * <p>The operations of a version are its write and those that observed it; an update observes the
 * version before its own. They form an order if and only if
 *
 * <ol>
 *   <li>each version has one value and at most one write, and no operation that observed it
 *       precedes that write;
 *   <li>no operation of a version precedes one of a smaller version;
 *   <li>each version below the largest whose write did not complete can be given an open write: the
 *       one that wrote the observed value, or, if it was not observed, any that was called early
 *       enough. (As an open write may take effect at any time after its call, those called earlier
 *       fit wherever later ones fit: so counting them from the smallest version on is sufficient.)
 * </ol>
 *
 * <p>Open operations that are not needed have no effect. "Precedes" is: completed before the other
 * was called.
 */
final class VersionOrder {
  private static final Operation NO_OPERATION =
      Operation.read(-1, 0, 0, Long.MIN_VALUE, Operation.OPEN);

  /** The operations of one version, as far as they matter for the order. */
  private static final class Group {
    private final long value;
    private Optional<Operation> write = Optional.empty();

    /** The operation that completed first, and the one called last. */
    private Operation first;

    private Operation last;

    Group(long value, Operation operation) {
      this.value = value;
      first = operation;
      last = operation;
    }

    void add(Operation operation) {
      if (operation.completeNs() < first.completeNs()) {
        first = operation;
      }
      if (operation.invokeNs() > last.invokeNs()) {
        last = operation;
      }
    }
  }

  private final TreeMap<Long, Group> groups = new TreeMap<>();
  private final Map<Long, Operation> openWrites = new HashMap<>();

  private VersionOrder() {}

  /** Whether the history can be decided here. */
  static boolean decides(List<Operation> history) {
    Set<Long> openValues = new HashSet<>();
    for (Operation operation : history) {
      if (operation.isOpen()) {
        if (operation.writes() && !openValues.add(operation.written())) {
          return false;
        }
      } else if (operation.version() == Operation.UNKNOWN
          || (!operation.writes() && operation.observed() == Operation.UNKNOWN)) {
        return false;
      }
    }
    return true;
  }

  /** Decides. */
  static Verdict check(List<Operation> history) {
    VersionOrder order = new VersionOrder();
    return order
        .group(history)
        .or(order::findWriters)
        .or(order::compareWithTime)
        .orElse(Verdict.LINEARIZABLE);
  }

  private Optional<Verdict> group(List<Operation> history) {
    for (Operation operation : history) {
      Optional<Verdict> problem = Optional.empty();
      if (operation.isOpen()) {
        if (operation.writes()) {
          openWrites.put(operation.written(), operation);
        }
      } else if (operation.writes()) {
        problem = wrote(operation);
        if (problem.isEmpty() && operation.observed() != Operation.UNKNOWN) {
          problem = saw(operation, operation.version() - 1);
        }
      } else {
        problem = saw(operation, operation.version());
      }
      if (problem.isPresent()) {
        return problem;
      }
    }
    return Optional.empty();
  }

  private Optional<Verdict> wrote(Operation operation) {
    if (operation.version() < 1) {
      return violation("a write made version %d: %s", operation.version(), operation);
    }
    return touch(operation, operation.version(), operation.written())
        .or(
            () -> {
              Group group = groups.get(operation.version());
              if (group.write.isPresent()) {
                return violation(
                    "two writes made version %d: %s; %s",
                    operation.version(), group.write.get(), operation);
              }
              group.write = Optional.of(operation);
              return Optional.empty();
            });
  }

  private Optional<Verdict> saw(Operation operation, long version) {
    if (version < 0 || (version == 0 && operation.observed() != 0)) {
      return violation("no such version was ever there: %s", operation);
    }
    return touch(operation, version, operation.observed());
  }

  private Optional<Verdict> touch(Operation operation, long version, long value) {
    Group group = groups.get(version);
    if (group == null) {
      groups.put(version, new Group(value, operation));
      return Optional.empty();
    }
    if (group.value != value) {
      return violation(
          "version %d was seen with two values: %s; %s", version, group.first, operation);
    }
    group.add(operation);
    return Optional.empty();
  }

  /** Assigns an open write to each version that was observed and whose write did not complete. */
  private Optional<Verdict> findWriters() {
    for (Map.Entry<Long, Group> entry : groups.entrySet()) {
      Group group = entry.getValue();
      if (entry.getKey() > 0 && group.write.isEmpty()) {
        Operation writer = openWrites.remove(group.value);
        if (writer == null) {
          return violation(
              "no operation wrote value %d in version %d: %s",
              group.value, entry.getKey(), group.first);
        }
        group.write = Optional.of(writer);
      }
    }
    return Optional.empty();
  }

  private Optional<Verdict> compareWithTime() {
    // From the largest version down: the first completion above a version is a bound for calls
    // below.
    List<Long> gapBounds = new ArrayList<>();
    Operation firstAbove = NO_OPERATION;
    long above = groups.isEmpty() ? 1 : groups.lastKey() + 1;
    for (Map.Entry<Long, Group> entry : groups.descendingMap().entrySet()) {
      if (!addGaps(above - entry.getKey() - 1, firstAbove, gapBounds)) {
        return tooFew(above, firstAbove);
      }
      Group group = entry.getValue();
      if (firstAbove.completeNs() < group.last.invokeNs()) {
        return outOfOrder(entry.getKey(), group.last, firstAbove);
      }
      if (group.first.completeNs() < firstAbove.completeNs()) {
        firstAbove = group.first;
      }
      if (group.write.isPresent() && firstAbove.completeNs() < group.write.get().invokeNs()) {
        return outOfOrder(entry.getKey(), group.write.get(), firstAbove);
      }
      above = entry.getKey();
    }
    return addGaps(above - 1, firstAbove, gapBounds)
        ? fillGaps(gapBounds)
        : tooFew(above, firstAbove);
  }

  private boolean addGaps(long missing, Operation firstAbove, List<Long> gapBounds) {
    if (missing > openWrites.size()) {
      return false;
    }
    for (long i = 0; i < missing; i++) {
      gapBounds.add(firstAbove.completeNs());
    }
    return true;
  }

  /** Bounds come from the largest version down, and so from the latest down. */
  private Optional<Verdict> fillGaps(List<Long> gapBounds) {
    List<Operation> open = new ArrayList<>(openWrites.values());
    open.sort((a, b) -> Long.compare(a.invokeNs(), b.invokeNs()));
    int next = 0;
    for (long bound : gapBounds.reversed()) {
      if (next == open.size() || open.get(next).invokeNs() > bound) {
        return violation(
            "%d versions are missing that no write made: only %d writes of unknown outcome were"
                + " called by %d ns",
            gapBounds.size(), next, bound);
      }
      next++;
    }
    return Optional.empty();
  }

  private Optional<Verdict> tooFew(long above, Operation operation) {
    return violation("versions below %d are missing that no write made: %s", above, operation);
  }

  private static Optional<Verdict> outOfOrder(long version, Operation late, Operation early) {
    return violation(
        "version %d was used after a later moment was seen: %s; and before it was called: %s",
        version, late, early);
  }

  private static Optional<Verdict> violation(String format, Object... values) {
    return Optional.of(new Verdict.Violation(String.format(Locale.ROOT, format, values)));
  }
}
