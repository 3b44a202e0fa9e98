// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.BlockId;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which owner waits for which, over all nodes, made of what the nodes said in one collection. Finds
 * cycles as strongly connected components (Tarjan, "Depth-First Search and Linear Graph
 * Algorithms", SIAM J. Comput. 1972), without recursion. Not thread-safe.
 *
 * <p>An owner that waits for a lock waits for each owner that holds it in an excluding mode, at any
 * node; for each request before it at its own node; and for the owners for which other nodes wait
 * before its node at the master. An owner that waits for a block waits for each owner that waits,
 * too, and has an excluding lease on the block meanwhile. Owners that do not wait are in no cycle.
 *
 * <p>Those who wait for the same lock in the same mode wait for the same holders. So the graph has
 * a vertex for what they want ({@link Wanted}), with an edge from each of them and one to each
 * holder: the number of edges grows with waits and holders, not with their product. An owner may be
 * among the holders of what it wants, when it converts; it does not wait for itself.
 */
final class WaitGraph {
  /** An owner, or what owners want. */
  private sealed interface Vertex {}

  /**
   * What owners wait for.
   *
   * @param what a lock and a mode, or a block and an access, as a {@link HeldLease}
   */
  private record Wanted(Object what) implements Vertex {}

  /** A lock in a mode. */
  private record InMode(LockName lock, LockMode mode) {}

  /** An owner, over all nodes. */
  record Waiter(int node, long owner) implements Vertex, Comparable<Waiter> {
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

  /** For each owner that waits behind others in a queue: those before it, and its waits. */
  private final Map<Waiter, Map<Waiter, Set<Wait>>> behind = new HashMap<>();

  /** For each owner that waits: what it wants, and in which waits. */
  private final Map<Waiter, Map<Wanted, Set<Wait>>> wants = new HashMap<>();

  /** Who has what others want, in excluding modes. */
  private final Map<Wanted, Set<Waiter>> holders = new HashMap<>();

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
    addBlocks(leases);
  }

  private void addBlocks(Collection<Lease> leases) {
    Map<BlockId, Set<HeldLease>> wanted = new HashMap<>();
    for (Lease each : leases) {
      each.told
          .wanted()
          .ifPresent(
              lease -> {
                wanted.computeIfAbsent(lease.block(), _ -> new HashSet<>()).add(lease);
                Waiter waiter = new Waiter(each.node, each.told.owner());
                want(
                    waiter,
                    new Wanted(lease),
                    new Wait(waiter, Optional.empty(), lease.toString(), each.told.stamp()));
              });
    }
    for (Lease each : leases) {
      Waiter holder = new Waiter(each.node, each.told.owner());
      for (HeldLease held : each.told.held()) {
        wanted.getOrDefault(held.block(), Set.of()).stream()
            .filter(lease -> lease.excludes(held))
            .forEach(lease -> hold(new Wanted(lease), holder));
      }
    }
  }

  private void addLock(List<AtNode> nodes) {
    List<Integer> queue = nodes.stream().flatMap(each -> each.waits.queue().stream()).toList();
    Set<LockMode> modes = EnumSet.noneOf(LockMode.class);
    for (AtNode here : nodes) {
      List<LockMessage.Waiting> waiting = here.waits.waiting();
      for (int i = 0; i < waiting.size(); i++) {
        LockMessage.Waiting each = waiting.get(i);
        Waiter waiter = new Waiter(here.node, each.owner());
        Wait wait = waitFor(waiter, here.waits.name(), each);
        modes.add(each.mode());
        want(waiter, new Wanted(new InMode(here.waits.name(), each.mode())), wait);
        if (i > 0) { // the one before it waits for those before that one
          queue(waiter, new Waiter(here.node, waiting.get(i - 1).owner()), wait);
        } else {
          nodeBefore(here.node, queue, nodes).ifPresent(first -> queue(waiter, first, wait));
        }
      }
    }
    for (LockMode mode : modes) {
      nodes.forEach(each -> addHolders(each, mode));
    }
  }

  private void addHolders(AtNode at, LockMode mode) {
    Wanted wanted = new Wanted(new InMode(at.waits.name(), mode));
    for (LockMessage.Holding holding : at.waits.holding()) {
      if (!holding.mode().isCompatibleWith(mode)) {
        hold(wanted, new Waiter(at.node, holding.owner()));
      }
    }
  }

  private static Wait waitFor(Waiter waiter, LockName lock, LockMessage.Waiting waiting) {
    String what = lock + " in " + waiting.mode();
    return new Wait(waiter, Optional.of(lock), what, waiting.stamp());
  }

  private void queue(Waiter waiter, Waiter before, Wait wait) {
    if (!before.equals(waiter)) {
      add(behind, waiter, before, wait);
    }
  }

  private void want(Waiter waiter, Wanted wanted, Wait wait) {
    add(wants, waiter, wanted, wait);
  }

  private void hold(Wanted wanted, Waiter holder) {
    holders.computeIfAbsent(wanted, _ -> new HashSet<>()).add(holder);
  }

  private static <V> void add(
      Map<Waiter, Map<V, Set<Wait>>> edges, Waiter waiter, V to, Wait wait) {
    edges
        .computeIfAbsent(waiter, _ -> new HashMap<>(2))
        .computeIfAbsent(to, _ -> new HashSet<>(2))
        .add(wait);
  }

  /** The first owner that waits at the node whose request is before that of {@code node}. */
  private static Optional<Waiter> nodeBefore(int node, List<Integer> queue, List<AtNode> nodes) {
    int place = queue.indexOf(node);
    if (place <= 0) {
      return Optional.empty();
    }
    int before = queue.get(place - 1);
    return nodes.stream()
        .filter(any -> any.node == before && !any.waits.waiting().isEmpty())
        .findFirst()
        .map(any -> new Waiter(before, any.waits.waiting().getFirst().owner()));
  }

  /** What this graph and another one have both: the same waits for the same owners. */
  WaitGraph common(WaitGraph other) {
    WaitGraph both = new WaitGraph();
    addCommon(behind, other.behind, both.behind);
    addCommon(wants, other.wants, both.wants);
    holders.forEach(
        (wanted, all) -> {
          Set<Waiter> others = other.holders.getOrDefault(wanted, Set.of());
          all.stream().filter(others::contains).forEach(holder -> both.hold(wanted, holder));
        });
    return both;
  }

  private static <V> void addCommon(
      Map<Waiter, Map<V, Set<Wait>>> one,
      Map<Waiter, Map<V, Set<Wait>>> other,
      Map<Waiter, Map<V, Set<Wait>>> both) {
    one.forEach(
        (waiter, edges) ->
            edges.forEach(
                (to, waits) -> {
                  Set<Wait> others =
                      other.getOrDefault(waiter, Map.of()).getOrDefault(to, Set.of());
                  waits.stream()
                      .filter(others::contains)
                      .forEach(wait -> add(both, waiter, to, wait));
                }));
  }

  /** The waits in which an owner waits for another one directly. */
  Set<Wait> waits(Waiter waiter, Waiter blocker) {
    Set<Wait> all = new HashSet<>();
    if (waiter.equals(blocker)) {
      return all;
    }
    all.addAll(behind.getOrDefault(waiter, Map.of()).getOrDefault(blocker, Set.of()));
    wants
        .getOrDefault(waiter, Map.of())
        .forEach(
            (wanted, waits) -> {
              if (holders.getOrDefault(wanted, Set.of()).contains(blocker)) {
                all.addAll(waits);
              }
            });
    return all;
  }

  /** Number of edges: what finding cycles costs. */
  int edges() {
    return behind.values().stream().mapToInt(Map::size).sum()
        + wants.values().stream().mapToInt(Map::size).sum()
        + holders.values().stream().mapToInt(Set::size).sum();
  }

  private List<Vertex> next(Vertex vertex) {
    return switch (vertex) {
      case Waiter waiter -> {
        List<Vertex> next = new ArrayList<>(behind.getOrDefault(waiter, Map.of()).keySet());
        next.addAll(wants.getOrDefault(waiter, Map.of()).keySet());
        yield next;
      }
      case Wanted wanted -> List.copyOf(holders.getOrDefault(wanted, Set.of()));
    };
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
    Set<Wanted> seen = new HashSet<>();
    ArrayDeque<Waiter> queue = new ArrayDeque<>(List.of(start));
    while (!queue.isEmpty()) {
      Waiter at = queue.poll();
      for (Waiter to : blockers(at, start, seen)) {
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

  /**
   * The owners that an owner waits for, in order. Of what others on the way want, too, only {@code
   * start}: the other holders are on the way already. Only {@code start} itself may be left out
   * there, as it does not wait for itself.
   */
  private Collection<Waiter> blockers(Waiter at, Waiter start, Set<Wanted> seen) {
    Set<Waiter> all = new TreeSet<>(behind.getOrDefault(at, Map.of()).keySet());
    for (Wanted wanted : wants.getOrDefault(at, Map.of()).keySet()) {
      Set<Waiter> having = holders.getOrDefault(wanted, Set.of());
      if (seen.add(wanted)) {
        all.addAll(having);
      } else if (having.contains(start)) {
        all.add(start);
      }
    }
    all.remove(at);
    return all;
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

  private static final class Visit {
    final Vertex vertex;
    final List<Vertex> next;
    final int index;
    int low;
    int at;
    boolean onStack = true;

    Visit(Vertex vertex, List<Vertex> next, int index) {
      this.vertex = vertex;
      this.next = next;
      this.index = index;
      this.low = index;
    }
  }

  /** The owners of each strongly connected component. */
  private List<Set<Waiter>> components() {
    List<Set<Waiter>> components = new ArrayList<>();
    Map<Vertex, Visit> seen = new HashMap<>();
    ArrayDeque<Visit> stack = new ArrayDeque<>();
    ArrayDeque<Visit> path = new ArrayDeque<>();
    for (Waiter root : wants.keySet()) { // whoever waits wants something
      if (!seen.containsKey(root)) {
        visit(root, seen, stack, path);
      }
      while (!path.isEmpty()) {
        Visit at = path.peek();
        if (at.at < at.next.size()) {
          Vertex to = at.next.get(at.at++);
          Visit known = seen.get(to);
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
      Vertex vertex, Map<Vertex, Visit> seen, ArrayDeque<Visit> stack, ArrayDeque<Visit> path) {
    Visit visit = new Visit(vertex, next(vertex), seen.size());
    seen.put(vertex, visit);
    stack.push(visit);
    path.push(visit);
  }

  private static Set<Waiter> popTo(Visit root, ArrayDeque<Visit> stack) {
    Set<Waiter> component = new HashSet<>();
    Visit popped;
    do {
      popped = stack.pop();
      popped.onStack = false;
      if (popped.vertex instanceof Waiter waiter) {
        component.add(waiter);
      }
    } while (popped != root);
    return component;
  }
}
