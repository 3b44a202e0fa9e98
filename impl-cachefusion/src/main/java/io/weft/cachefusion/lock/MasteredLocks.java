// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockName;
import io.weft.cachefusion.spec.LockRules;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * The locks of a shard that this node masters, and how they get through a view change: the locks
 * whose master stays are kept, and repaired if a node has failed; the others are rebuilt from
 * reports. Messages for locks that cannot be served yet wait here. On the executor of the shard.
 */
final class MasteredLocks {
  private final int index;
  private final int count;
  private final int self;
  private final LockRules rules;
  private final LockEffects effects;
  private final LockSending sending;

  /** Ordered, so that reports and simulated runs are reproducible. */
  private final Map<LockName, LockAtMaster> mastered = new LinkedHashMap<>();

  /** What this node knew as master of locks that another node masters in this view. */
  private final Map<LockName, LockMessage.Known> former = new LinkedHashMap<>();

  /** Messages for locks that are not served yet in this view. Bounded like the senders' locks. */
  private final List<Unserved> unserved = new ArrayList<>();

  /** Buckets that this node masters and has not rebuilt yet. */
  private final BitSet unbuilt = new BitSet(Buckets.COUNT);

  private long epoch;
  private BucketMap masters;
  private BucketMap mastersBefore;

  /** A message that waits. */
  private record Unserved(int from, LockMessage.About message) {}

  /**
   * Creates the part of a shard, without locks and in no view.
   *
   * @param index number of the shard; its buckets are those with this remainder
   * @param count number of shards, a power of two
   */
  MasteredLocks(
      int index, int count, int self, LockRules rules, LockEffects effects, LockSending sending) {
    this.index = index;
    this.count = count;
    this.self = self;
    this.rules = rules;
    this.effects = effects;
    this.sending = sending;
  }

  // ---- messages ------------------------------------------------------------------------------

  /** A message of this view for the master of its lock has arrived. */
  void receive(int from, LockMessage.About message) {
    LockName name = message.name();
    LockAtMaster lock = mastered.get(name);
    if (unbuilt.get(LockShards.bucketOf(name))) {
      unserved.add(new Unserved(from, message));
      sending.wantRebuild(epoch);
      return;
    }
    if (lock != null && lock.isRepairing()) {
      unserved.add(new Unserved(from, message));
      return;
    }
    if (lock == null) {
      lock = new LockAtMaster(name, rules, effects, effects.nextNumber());
      mastered.put(name, lock);
    }
    switch (message) {
      case LockMessage.Request m -> lock.recvRequest(from, m);
      case LockMessage.Down m -> lock.recvDown(from, m);
      case LockMessage.NotHeld m -> lock.recvNotHeld(from, m);
      case LockMessage.InUse m -> lock.recvInUse(from, m);
      default -> throw new IllegalStateException("not for a master: " + message);
    }
    if (lock.isUnused()) {
      mastered.remove(name);
    }
  }

  // ---- view changes --------------------------------------------------------------------------

  /**
   * Installs a view.
   *
   * @param insiders the members that were members of the view before in the same incarnation
   */
  void install(long newEpoch, BucketMap newMasters, IntPredicate insiders) {
    boolean follows = masters != null && rules.nothingSkipped(epoch, newEpoch);
    former.clear();
    unserved.clear(); // of the view before: their senders send them again
    mastered
        .entrySet()
        .removeIf(
            entry -> {
              LockName name = entry.getKey();
              int bucket = LockShards.bucketOf(name);
              if (!follows || unbuilt.get(bucket)) {
                return true;
              }
              entry.getValue().keep(insiders);
              if (newMasters.masterOfBucket(bucket) == self) {
                return entry.getValue().isUnused();
              }
              former.put(name, entry.getValue().known());
              return true;
            });
    for (int bucket = index; bucket < Buckets.COUNT; bucket += count) {
      boolean stays = follows && masters.masterOfBucket(bucket) == self && !unbuilt.get(bucket);
      unbuilt.set(bucket, newMasters.masterOfBucket(bucket) == self && !stays);
    }
    mastersBefore = follows ? masters : null;
    masters = newMasters;
    epoch = newEpoch;
  }

  /** What this node knew of the locks that the rebuilding master {@code to} asks for. */
  List<LockMessage.Known> knownFor(int to, boolean keeps) {
    List<LockMessage.Known> known = new ArrayList<>();
    former.forEach(
        (name, each) -> {
          if (isAskedFor(name, to, keeps)) {
            known.add(each);
          }
        });
    return known;
  }

  /**
   * Whether a rebuilding master asks for a lock.
   *
   * @param keeps whether it needs no reports of buckets that it mastered in the view before
   */
  boolean isAskedFor(LockName name, int master, boolean keeps) {
    int bucket = LockShards.bucketOf(name);
    return masters.masterOfBucket(bucket) == master
        && !(keeps && mastersBefore != null && mastersBefore.masterOfBucket(bucket) == master);
  }

  /** All nodes outside the view have certainly stopped. */
  void repair() {
    mastered.values().stream().filter(LockAtMaster::isRepairing).forEach(LockAtMaster::repair);
    mastered.values().removeIf(LockAtMaster::isUnused);
    serveWaiting();
  }

  /** All members have reported, and all nodes outside the view have certainly stopped. */
  void rebuild(LockReports reports) {
    Map<LockName, List<LockMessage.Known>> known = new HashMap<>();
    for (LockMessage.Known each : reports.known()) {
      known.computeIfAbsent(each.name(), _ -> new ArrayList<>(1)).add(each);
    }
    List<LockAtMaster> rebuilt = new ArrayList<>();
    reports
        .held()
        .forEach(
            report -> {
              LockName name = report.held().name();
              if (!unbuilt.get(LockShards.bucketOf(name))) {
                return; // kept
              }
              LockAtMaster lock = mastered.get(name);
              if (lock == null) {
                lock = new LockAtMaster(name, rules, effects, 0);
                mastered.put(name, lock);
                rebuilt.add(lock);
              }
              lock.rebuild(report.from(), report.held());
            });
    rebuilt.forEach(lock -> lock.rebuilt(known.getOrDefault(lock.name(), List.of())));
    unbuilt.clear();
    serveWaiting();
  }

  /** Handles the messages that waited; those that still cannot be handled wait again. */
  private void serveWaiting() {
    List<Unserved> now = List.copyOf(unserved);
    unserved.clear();
    now.forEach(each -> receive(each.from, each.message));
  }

  /** The node stops: no message waits any more. */
  void clear() {
    unserved.clear();
  }

  // ---- questions -----------------------------------------------------------------------------

  /** The master of a lock in the view. */
  int masterOf(LockName name) {
    return masters.masterOfBucket(LockShards.bucketOf(name));
  }

  /** Number of locks. */
  int size() {
    return mastered.size();
  }

  /** For each lock with requests that wait: their nodes, in order. */
  Map<LockName, List<Integer>> queues() {
    Map<LockName, List<Integer>> queues = new LinkedHashMap<>();
    mastered.forEach(
        (name, lock) -> {
          List<Integer> queue = lock.waitingNodes();
          if (!queue.isEmpty()) {
            queues.put(name, queue);
          }
        });
    return queues;
  }
}
