// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.NodeSet;
import io.weft.cachefusion.lock.WaitGraph.AtNode;
import io.weft.cachefusion.lock.WaitGraph.Wait;
import io.weft.cachefusion.lock.WaitGraph.Waiter;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.SerialExecutor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Finds deadlocks over all nodes. The member with the lowest id is the detector.
 *
 * <pre>
 *   a wait is old at some node --Suspicion--> detector --Collect--> every member
 *                                             detector <--Waits---- every member
 *   a cycle in the graph?      no: the end    yes: Collect again
 *   the same waits still block each other     --EndWait--> node of the victim
 * </pre>
 *
 * <p>The nodes answer at different times, so a cycle of the first graph may consist of waits that
 * were never there together. A wait that both collections have seen was there between them. So when
 * all waits of a cycle are in both, they were there at one moment, and were a deadlock, because a
 * cycle of waits does not end by itself.
 *
 * <p>The victim is the wait that began last: the one with the largest stamp. Events run on a serial
 * executor of this object.
 */
final class DeadlockDetector {
  /** Age of a wait at which its node reports a suspicion, in nanoseconds. */
  static final long OLD_NS = 300_000_000;

  /** Pause between two looks at the age of waits, in nanoseconds. */
  static final long LOOK_NS = 200_000_000;

  /**
   * Age at which a collection is given up, in nanoseconds: a member that had not installed the view
   * did not answer.
   */
  private static final long COLLECT_NS = 2_000_000_000;

  /** Most characters of the text that names a cycle. */
  private static final int MAX_TEXT = 600;

  private final NodeServices node;
  private final LockSending sending;
  private final LockShards shards;
  private final LeaseWaits leaseWaits;
  private final LockCounters counters;
  private final SerialExecutor executor;

  private long epoch;
  private NodeSet members = NodeSet.NONE;

  /** Numbers the collections of this node. */
  private long rounds;

  /** The collection in progress, at the detector. */
  private Optional<Collection> collection = Optional.empty();

  /** One collection. */
  private static final class Collection {
    final long round;
    final long since;

    /** The graph of the first collection, if this is the second one. */
    final Optional<WaitGraph> first;

    final Map<Integer, Integer> partsLeft = new HashMap<>();
    final List<AtNode> all = new ArrayList<>();
    final List<WaitGraph.Lease> leases = new ArrayList<>();
    int answersLeft;

    Collection(long round, long since, Optional<WaitGraph> first, int members) {
      this.round = round;
      this.since = since;
      this.first = first;
      this.answersLeft = members;
    }
  }

  DeadlockDetector(
      NodeServices node,
      LockSending sending,
      LockShards shards,
      LeaseWaits leaseWaits,
      LockCounters counters) {
    this.node = node;
    this.sending = sending;
    this.shards = shards;
    this.leaseWaits = leaseWaits;
    this.counters = counters;
    this.executor =
        new SerialExecutor(node.runtime(), node.bursts(), () -> {}, node.run()::onFailure);
  }

  // ---- events, from any thread ---------------------------------------------------------------

  /** A view is being installed. A collection in progress has no meaning any more. */
  void install(long epoch, NodeSet members) {
    executor.execute(
        () -> {
          this.epoch = epoch;
          this.members = members;
          collection = Optional.empty();
        });
  }

  /** A wait of this node is old. */
  void suspect() {
    executor.execute(
        () -> {
          if (!members.isEmpty()) {
            send(members.next(0), SUSPICION);
          }
        });
  }

  private static final LockMessage.Suspicion SUSPICION = new LockMessage.Suspicion();

  /** A message about deadlocks has arrived, from another node or from this one. */
  void receive(int from, long sent, LockMessage.OfDetector message) {
    executor.execute(
        () -> {
          if (sent == epoch && !node.run().isStopped()) {
            handle(from, message);
          }
        });
  }

  /** Resumes work that was interrupted by lack of memory or stack. */
  void look() {
    executor.look();
  }

  // ---- handling, on the executor -------------------------------------------------------------

  private void send(int to, LockMessage.OfDetector message) {
    if (to == node.self()) {
      receive(to, epoch, message);
    } else {
      sending.send(to, epoch, message);
    }
  }

  private void handle(int from, LockMessage.OfDetector message) {
    switch (message) {
      case LockMessage.Suspicion _ -> {
        long old = node.runtime().nanoTime() - COLLECT_NS;
        if (collection.isEmpty() || collection.get().since - old <= 0) {
          collect(Optional.empty());
        }
      }
      case LockMessage.Collect m -> answer(from, m.round());
      case LockMessage.Waits m -> onWaits(from, m);
      case LockMessage.EndWait m -> shards.of(m.name()).endWait(m);
      case LockMessage.EndBlockWait m -> leaseWaits.end(m);
    }
  }

  private void collect(Optional<WaitGraph> first) {
    Collection next = new Collection(++rounds, node.runtime().nanoTime(), first, members.size());
    collection = Optional.of(next);
    members.forEach(member -> send(member, new LockMessage.Collect(next.round)));
  }

  /** Asks the shards of this node for their waits. */
  private void answer(int to, long round) {
    long of = epoch;
    List<LockMessage.LockWaits> all = new ArrayList<>();
    int[] left = {shards.count()};
    for (LockShard shard : shards) {
      shard.waits(
          part ->
              executor.execute(
                  () -> {
                    all.addAll(part);
                    if (--left[0] == 0 && of == epoch) {
                      LockCodec.waitParts(round, all, leaseWaits.all())
                          .forEach(each -> send(to, each));
                    }
                  }));
    }
  }

  private void onWaits(int from, LockMessage.Waits m) {
    if (collection.isEmpty() || collection.get().round != m.round()) {
      return;
    }
    Collection current = collection.get();
    int left = current.partsLeft.getOrDefault(from, m.parts()) - 1;
    if (left < 0) {
      return; // more parts than it has announced
    }
    m.waits().forEach(each -> current.all.add(new AtNode(from, each)));
    m.leases().forEach(each -> current.leases.add(new WaitGraph.Lease(from, each)));
    current.partsLeft.put(from, left);
    if (left == 0 && --current.answersLeft == 0) {
      onCollected(current);
    }
  }

  private void onCollected(Collection done) {
    collection = Optional.empty();
    WaitGraph graph = new WaitGraph(joined(done.all), done.leases);
    if (done.first.isEmpty()) {
      if (!graph.cycles().isEmpty()) {
        collect(Optional.of(graph));
      }
      return;
    }
    WaitGraph both = graph.common(done.first.get());
    for (List<Waiter> cycle : both.cycles()) {
      end(cycle, waitsOf(cycle, both));
    }
  }

  /** The waits that make the cycle. An owner may have others, which are not part of it. */
  private static List<Wait> waitsOf(List<Waiter> cycle, WaitGraph graph) {
    List<Wait> waits = new ArrayList<>();
    for (int i = 0; i < cycle.size(); i++) {
      graph.waits(cycle.get(i), cycle.get((i + 1) % cycle.size())).stream()
          .sorted(Comparator.comparingLong(Wait::stamp))
          .forEach(waits::add);
    }
    return waits;
  }

  private void end(List<Waiter> cycle, List<Wait> waits) {
    Wait victim =
        waits.stream()
            .max(Comparator.comparingLong(Wait::stamp).thenComparing(Wait::waiter))
            .orElseThrow();
    counters.deadlocks.increment();
    String text =
        cycle.stream()
            .flatMap(
                waiter ->
                    waits.stream()
                        .filter(wait -> wait.waiter().equals(waiter))
                        .map(
                            wait ->
                                "owner "
                                    + waiter.owner()
                                    + " of n"
                                    + waiter.node()
                                    + " waits for "
                                    + wait.what()))
            .collect(Collectors.joining(", behind it "));
    send(
        victim.waiter().node(),
        endOf(victim, text.substring(0, Math.min(MAX_TEXT, text.length()))));
  }

  private static LockMessage.OfDetector endOf(Wait victim, String cycle) {
    long owner = victim.waiter().owner();
    return victim.lock().isPresent()
        ? new LockMessage.EndWait(victim.lock().get(), owner, victim.stamp(), cycle)
        : new LockMessage.EndBlockWait(owner, victim.stamp(), cycle);
  }

  /** Joins the parts in which a node has sent the waits of one lock. */
  private static List<AtNode> joined(List<AtNode> parts) {
    Map<List<Object>, List<LockMessage.LockWaits>> byLock = new HashMap<>();
    for (AtNode part : parts) {
      byLock
          .computeIfAbsent(List.of(part.node(), part.waits().name()), _ -> new ArrayList<>(1))
          .add(part.waits());
    }
    return byLock.entrySet().stream()
        .map(
            each ->
                new AtNode(
                    (int) each.getKey().getFirst(), LockMessage.LockWaits.join(each.getValue())))
        .toList();
  }
}
