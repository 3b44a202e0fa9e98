// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Decides any history by searching for an order: Wing and Gong, "Testing and Verifying Concurrent
 * Objects", J. Parallel Distrib. Comput. 17 (1993), with the cache of Lowe, "Testing for
 * Linearizability", Concurrency Comput.: Pract. Exper. 29 (2017): a combination of placed
 * operations and resulting state is not tried twice.
 *
 * <p>Exponential in the number of concurrent operations, so it gives up after a number of steps.
 * Used by one thread, once.
 */
final class OrderSearch {
  /** The register. */
  private record State(long value, long version) {}

  /** The operations placed so far, and the resulting state. */
  private record Seen(Placed placed, State state) {}

  /** A set of operations by their index in the history; not changed after it has been stored. */
  private static final class Placed {
    private final long[] words;

    Placed(int size) {
      words = new long[(size + 63) >>> 6];
    }

    private Placed(long[] words) {
      this.words = words;
    }

    void set(int index) {
      words[index >>> 6] |= 1L << index;
    }

    void clear(int index) {
      words[index >>> 6] &= ~(1L << index);
    }

    Placed with(int index) {
      Placed copy = new Placed(words.clone());
      copy.set(index);
      return copy;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Placed that && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(words);
    }
  }

  /** A call or a return in the list of operations not placed yet, in order of time. */
  private static final class Event {
    private final int index;
    private final Operation operation;
    private Event returned;
    private Event previous;
    private Event next;

    /** Creates an event; a call gets its return later. */
    Event(int index, Operation operation) {
      this.index = index;
      this.operation = operation;
    }

    boolean isCall() {
      return returned != null;
    }

    void unlink() {
      previous.next = next;
      if (next != null) {
        next.previous = previous;
      }
    }

    void relink() {
      previous.next = this;
      if (next != null) {
        next.previous = this;
      }
    }
  }

  /** A call that was placed, and the state before. */
  private record Step(Event call, State before) {}

  private final int size;
  private final long budget;
  private final Event head = new Event(-1, null);
  private int toComplete;

  private OrderSearch(List<Operation> history, long budget) {
    size = history.size();
    this.budget = budget;
    link(history);
  }

  /**
   * Searches.
   *
   * @param budget how many placements are tried at most
   */
  static Verdict check(List<Operation> history, long budget) {
    return new OrderSearch(history, budget).search();
  }

  private void link(List<Operation> history) {
    List<Event> events = new ArrayList<>(2 * size);
    for (int i = 0; i < size; i++) {
      Event call = new Event(i, history.get(i));
      call.returned = new Event(i, history.get(i));
      events.add(call);
      events.add(call.returned);
      toComplete += history.get(i).isOpen() ? 0 : 1;
    }
    // Calls before returns at the same time: operations that only touch are concurrent.
    events.sort(
        (a, b) -> {
          int byTime = Long.compare(time(a), time(b));
          return byTime != 0 ? byTime : Boolean.compare(b.isCall(), a.isCall());
        });
    Event last = head;
    for (Event event : events) {
      last.next = event;
      event.previous = last;
      last = event;
    }
  }

  private static long time(Event event) {
    return event.isCall() ? event.operation.invokeNs() : event.operation.completeNs();
  }

  private Verdict search() {
    Set<Seen> seen = new HashSet<>();
    Deque<Step> steps = new ArrayDeque<>();
    Placed placed = new Placed(size);
    State state = new State(0, 0);
    int completed = 0;
    long tried = 0;
    Event event = head.next;
    while (completed < toComplete) {
      if (event.isCall()) {
        State after = after(state, event.operation);
        if (after != null && seen.add(new Seen(placed.with(event.index), after))) {
          if (++tried > budget) {
            return new Verdict.Unknown(
                String.format(
                    Locale.ROOT,
                    "gave up after %d placements of %d operations, %d of them completed",
                    budget,
                    size,
                    toComplete));
          }
          steps.push(new Step(event, state));
          placed.set(event.index);
          completed += event.operation.isOpen() ? 0 : 1;
          state = after;
          event.returned.unlink();
          event.unlink();
          event = head.next;
        } else {
          event = event.next;
        }
      } else {
        // An operation has returned that could not be placed: the last placement was wrong.
        if (steps.isEmpty()) {
          return new Verdict.Violation("no order explains: " + event.operation);
        }
        Step step = steps.pop();
        Event call = step.call();
        state = step.before();
        placed.clear(call.index);
        completed -= call.operation.isOpen() ? 0 : 1;
        call.relink();
        call.returned.relink();
        event = call.next;
      }
    }
    return Verdict.LINEARIZABLE;
  }

  /** The state after an operation; null if its result is not possible in this state. */
  private static State after(State state, Operation operation) {
    if (differs(operation.observed(), state.value())) {
      return null;
    }
    long version = operation.writes() ? state.version() + 1 : state.version();
    if (differs(operation.version(), version)) {
      return null;
    }
    return operation.writes() ? new State(operation.written(), version) : state;
  }

  private static boolean differs(long reported, long actual) {
    return reported != Operation.UNKNOWN && reported != actual;
  }
}
