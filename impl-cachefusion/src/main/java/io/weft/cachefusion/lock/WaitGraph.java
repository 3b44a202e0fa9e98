// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which owner waits for which, over all nodes, made of what the nodes said in one collection. Finds
 * cycles as strongly connected components (Tarjan, "Depth-First Search and Linear Graph
 * Algorithms", SIAM J. Comput. 1972), without recursion. Not thread-safe.
 *
 * <p>An owner that waits for a lock waits for each owner that holds it in an excluding mode, at any
 * node; for each request before it at its own node; and for the owners for which other nodes wait
 * before its node at the master. An owner that waits for a block waits for each owner that waits,
 * too, and has an excluding lease on the block meanwhile. Owners that do not wait are in no cycle.
 */
final class WaitGraph {
  /** An owner, over all nodes. */
  record Waiter(int node, long owner) implements Comparable<Waiter> {
    @Override
    public int compareTo(Waiter other) {
      int byNode = Integer.compare(node, other.node);
      return byNode != 0 ? byNode : Long.compare(owner, other.owner);
    }
  }

  /**
   * A wait.
   *
   * @param lock the lock that it is for; empty if it is for a block
   * @param what it is for, as text
   * @param stamp names the wait: the same owner's next wait has another one; a later wait that knew
   *     of this one has a larger one
   */
  record Wait(Waiter waiter, Optional<LockName> lock, String what, long stamp) {}

  /** A wait of a node that concerns leases. */
  record Lease(int node, LockMessage.LeaseWait told) {}

  /** What one node says of one lock, in the order in which its owners are served. */
  record AtNode(int node, LockMessage.LockWaits waits) {}

  /** For each owner that waits: the owners that it waits for, and the waits in which it does. */
  private final Map<Waiter, Map<Waiter, Set<Wait>>> blockers = new HashMap<>();

  private WaitGraph() {}

  /**
   * The graph of all waits.
   *
   * @param all what the nodes said of locks
   * @param leases what they said of block leases
   */
  WaitGraph(Collection<AtNode> all, Collection<Lease> leases) {
    Map<LockName, List<AtNode>> byLock = new HashMap<>();
    for (AtNode each : all) {
      byLock.computeIfAbsent(each.waits.name(), _ -> new ArrayList<>()).add(each);
    }
    byLock.values().forEach(this::addLock);
    leases.forEach(each -> each.told.wanted().ifPresent(block -> addBlock(each, block, leases)));
  }

  private void addBlock(Lease waiting, HeldLease wanted, Collection<Lease> all) {
    Waiter waiter = new Waiter(waiting.node, waiting.told.owner());
    Wait wait = new Wait(waiter, Optional.empty(), wanted.toString(), waiting.told.stamp());
    for (Lease any : all) {
      Waiter holder = new Waiter(any.node, any.told.owner());
      if (!holder.equals(waiter) && any.told.held().stream().anyMatch(wanted::excludes)) {
        add(waiter, holder, wait);
      }
    }
  }

  private void addLock(List<AtNode> nodes) {
    List<Integer> queue = nodes.stream().flatMap(each -> each.waits.queue().stream()).toList();
    for (AtNode here : nodes) {
      List<LockMessage.Waiting> waiting = here.waits.waiting();
      for (int i = 0; i < waiting.size(); i++) {
        LockMessage.Waiting each = waiting.get(i);
        Waiter waiter = new Waiter(here.node, each.owner());
        Wait wait = waitFor(waiter, here.waits.name(), each);
        Set<Waiter> blocked = new HashSet<>();
        for (AtNode any : nodes) {
          addHolders(blocked, waiter, each.mode(), any);
        }
        if (i > 0) { // the one before it waits for those before that one
          blocked.add(new Waiter(here.node, waiting.get(i - 1).owner()));
        } else {
          addNodesBefore(blocked, here.node, queue, nodes);
        }
        blocked.remove(waiter);
        blocked.forEach(blocker -> add(waiter, blocker, wait));
      }
    }
  }

  private static Wait waitFor(Waiter waiter, LockName lock, LockMessage.Waiting waiting) {
    String what = lock + " in " + waiting.mode();
    return new Wait(waiter, Optional.of(lock), what, waiting.stamp());
  }

  private void add(Waiter waiter, Waiter blocker, Wait wait) {
    blockers
        .computeIfAbsent(waiter, _ -> new HashMap<>())
        .computeIfAbsent(blocker, _ -> new HashSet<>(2))
        .add(wait);
  }

  private static void addHolders(Set<Waiter> blocked, Waiter waiter, LockMode mode, AtNode at) {
    for (LockMessage.Holding holding : at.waits.holding()) {
      if (!holding.mode().isCompatibleWith(mode)
          && !(at.node == waiter.node && holding.owner() == waiter.owner)) {
        blocked.add(new Waiter(at.node, holding.owner()));
      }
    }
  }

  private static void addNodesBefore(
      Set<Waiter> blocked, int node, List<Integer> queue, List<AtNode> nodes) {
    int place = queue.indexOf(node);
    if (place <= 0) {
      return;
    }
    int before = queue.get(place - 1);
    for (AtNode any : nodes) {
      if (any.node == before && !any.waits.waiting().isEmpty()) {
        blocked.add(new Waiter(before, any.waits.waiting().getFirst().owner()));
      }
    }
  }

  /** What this graph and another one have both: the same waits for the same owners. */
  WaitGraph common(WaitGraph other) {
    WaitGraph both = new WaitGraph();
    blockers.forEach(
        (waiter, blocked) ->
            blocked.forEach(
                (blocker, waits) ->
                    waits.stream()
                        .filter(other.waits(waiter, blocker)::contains)
                        .forEach(wait -> both.add(waiter, blocker, wait))));
    return both;
  }

  /** The waits in which an owner waits for another one directly. */
  Set<Wait> waits(Waiter waiter, Waiter blocker) {
    return blockers.getOrDefault(waiter, Map.of()).getOrDefault(blocker, Set.of());
  }

  private Set<Waiter> blockers(Waiter waiter) {
    return blockers.getOrDefault(waiter, Map.of()).keySet();
  }

  /** A cycle in each group of owners that wait for each other; in a deterministic order. */
  List<List<Waiter>> cycles() {
    List<List<Waiter>> cycles = new ArrayList<>();
    for (Set<Waiter> component : components()) {
      cycleIn(component).ifPresent(cycles::add);
    }
    cycles.sort(Comparator.comparing(List::getFirst));
    return cycles;
  }

  /** The shortest way from the smallest owner of a component back to it. */
  private Optional<List<Waiter>> cycleIn(Set<Waiter> component) {
    if (component.size() < 2) {
      return Optional.empty();
    }
    Waiter start = component.stream().min(Comparator.naturalOrder()).orElseThrow();
    Map<Waiter, Waiter> cameFrom = new HashMap<>();
    ArrayDeque<Waiter> queue = new ArrayDeque<>(List.of(start));
    while (!queue.isEmpty()) {
      Waiter at = queue.poll();
      List<Waiter> next = new ArrayList<>(blockers(at));
      next.sort(Comparator.naturalOrder());
      for (Waiter to : next) {
        if (to.equals(start)) {
          return Optional.of(wayBack(start, at, cameFrom));
        }
        if (component.contains(to) && cameFrom.putIfAbsent(to, at) == null) {
          queue.add(to);
        }
      }
    }
    return Optional.empty();
  }

  private static List<Waiter> wayBack(Waiter start, Waiter end, Map<Waiter, Waiter> cameFrom) {
    List<Waiter> way = new ArrayList<>();
    for (Waiter at = end; !at.equals(start); at = cameFrom.get(at)) {
      way.addFirst(at);
    }
    way.addFirst(start);
    return way;
  }

  // ---- Tarjan --------------------------------------------------------------------------------

  private static final class Vertex {
    final Waiter waiter;
    final List<Waiter> next;
    final int index;
    int low;
    int at;
    boolean onStack = true;

    Vertex(Waiter waiter, List<Waiter> next, int index) {
      this.waiter = waiter;
      this.next = next;
      this.index = index;
      this.low = index;
    }
  }

  private List<Set<Waiter>> components() {
    List<Set<Waiter>> components = new ArrayList<>();
    Map<Waiter, Vertex> seen = new HashMap<>();
    ArrayDeque<Vertex> stack = new ArrayDeque<>();
    ArrayDeque<Vertex> path = new ArrayDeque<>();
    for (Waiter root : blockers.keySet()) {
      if (!seen.containsKey(root)) {
        visit(root, seen, stack, path);
      }
      while (!path.isEmpty()) {
        Vertex at = path.peek();
        if (at.at < at.next.size()) {
          Waiter to = at.next.get(at.at++);
          Vertex known = seen.get(to);
          if (known == null) {
            visit(to, seen, stack, path);
          } else if (known.onStack) {
            at.low = Math.min(at.low, known.index);
          }
          continue;
        }
        path.pop();
        if (!path.isEmpty()) {
          path.peek().low = Math.min(path.peek().low, at.low);
        }
        if (at.low == at.index) {
          components.add(popTo(at, stack));
        }
      }
    }
    return components;
  }

  private void visit(
      Waiter waiter, Map<Waiter, Vertex> seen, ArrayDeque<Vertex> stack, ArrayDeque<Vertex> path) {
    Vertex vertex = new Vertex(waiter, List.copyOf(blockers(waiter)), seen.size());
    seen.put(waiter, vertex);
    stack.push(vertex);
    path.push(vertex);
  }

  private static Set<Waiter> popTo(Vertex root, ArrayDeque<Vertex> stack) {
    Set<Waiter> component = new HashSet<>();
    Vertex popped;
    do {
      popped = stack.pop();
      popped.onStack = false;
      component.add(popped.waiter);
    } while (popped != root);
    return component;
  }
}
