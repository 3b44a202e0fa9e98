// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockName;
import io.weft.cachefusion.node.InvariantCheck;
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
 *
 * <p>Within a view, the locks of a bucket follow its blocks to another master. One node at a time
 * <em>has</em> the locks of a bucket. It hands them over when it learns that another node is the
 * master; that node makes messages wait until it has them. A node that is not the master takes no
 * message, and says so to the sender ({@link LockMessage.Moved}).
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

  /** Buckets whose locks this node has. */
  private final BitSet own = new BitSet(Buckets.COUNT);

  /** Those of them that it has not rebuilt yet. */
  private final BitSet unbuilt = new BitSet(Buckets.COUNT);

  /** Parts of buckets that arrive, until the last one is here. */
  private final Map<Integer, List<LockMessage.Transfer>> arriving = new HashMap<>();

  private final LockMasters masters;
  private long epoch;

  /** The map with which the view before began; null if that was not installed here. */
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
    this.masters = new LockMasters(rules);
  }

  // ---- messages ------------------------------------------------------------------------------

  /** A message of this view for the master of its lock has arrived. */
  void receive(int from, LockMessage.About message) {
    LockName name = message.name();
    int bucket = LockShards.bucketOf(name);
    int master = masters.of(bucket);
    if (master != self) {
      effects.toNode(from, new LockMessage.Moved(master, masters.number(bucket), message));
      return;
    }
    if (!own.get(bucket) || unbuilt.get(bucket)) {
      unserved.add(new Unserved(from, message));
      if (own.get(bucket)) {
        sending.wantRebuild(epoch);
      }
      return;
    }
    LockAtMaster lock = mastered.get(name);
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

  // ---- moves ---------------------------------------------------------------------------------

  /** A bucket has moved, within this view: its locks follow. */
  void learn(int bucket, int master, int number) {
    if (masters.learn(bucket, master, number)) {
      handOver(bucket);
      serveWaiting();
    }
  }

  /**
   * Hands the locks of a bucket over if another node is its master. Locks that are to be rebuilt or
   * repaired are handed over afterwards.
   */
  private void handOver(int bucket) {
    int master = masters.of(bucket);
    if (!own.get(bucket) || master == self) {
      return;
    }
    if (unbuilt.get(bucket)) {
      sending.wantRebuild(epoch);
    }
    List<LockAtMaster> locks =
        mastered.values().stream()
            .filter(lock -> LockShards.bucketOf(lock.name()) == bucket)
            .toList();
    boolean served = !unbuilt.get(bucket) && locks.stream().noneMatch(LockAtMaster::isRepairing);
    if (!rules.mayHandOver(served)) {
      return;
    }
    LockCodec.transferParts(bucket, locks.stream().map(LockAtMaster::handOver).toList())
        .forEach(part -> sending.send(master, epoch, part));
    if (rules.ceasesToServe()) {
      own.clear(bucket);
      unbuilt.clear(bucket);
      locks.forEach(lock -> mastered.remove(lock.name()));
    }
  }

  private void handOverMoved() {
    masters.moved().forEach(this::handOver);
  }

  /** A part of a bucket's locks. With the last one, this node has them. */
  void recvTransfer(LockMessage.Transfer part) {
    int bucket = part.bucket();
    List<LockMessage.Transfer> parts = arriving.computeIfAbsent(bucket, _ -> new ArrayList<>(1));
    parts.add(part);
    if (parts.size() < part.parts()) {
      return;
    }
    arriving.remove(bucket);
    InvariantCheck.holds(
        !own.get(bucket) || !rules.ceasesToServe(), "one node has the locks of a bucket", bucket);
    List<MovedLock> pieces = parts.stream().flatMap(each -> each.locks().stream()).toList();
    for (MovedLock moved : MovedLock.join(pieces)) {
      mastered.put(moved.name(), new LockAtMaster(moved, rules, effects));
    }
    own.set(bucket);
    handOver(bucket); // there may be a later master already
    serveWaiting();
  }

  // ---- view changes --------------------------------------------------------------------------

  /**
   * Installs a view. It ends all moves: who has the locks of a bucket keeps them if the view makes
   * it the master, and tells what it knew otherwise. Locks that were under way are nobody's.
   *
   * @param insiders the members that were members of the view before in the same incarnation
   * @return whether this node keeps all buckets that it masters according to both maps; if not, it
   *     needs reports of them
   */
  boolean install(long newEpoch, BucketMap newMasters, IntPredicate insiders) {
    boolean follows = masters.isKnown() && rules.nothingSkipped(epoch, newEpoch);
    former.clear();
    arriving.clear();
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
    mastersBefore = follows ? masters.ofView() : null;
    boolean keepsAll = true;
    for (int bucket = index; bucket < Buckets.COUNT; bucket += count) {
      boolean stays = follows && own.get(bucket) && !unbuilt.get(bucket);
      boolean isMaster = newMasters.masterOfBucket(bucket) == self;
      own.set(bucket, isMaster);
      unbuilt.set(bucket, isMaster && !stays);
      keepsAll &= stays || !isMaster || !isOfViewBefore(bucket, self);
    }
    masters.install(newMasters);
    epoch = newEpoch;
    return keepsAll;
  }

  /** Whether the view before has begun with that master of the bucket. */
  private boolean isOfViewBefore(int bucket, int master) {
    return mastersBefore != null && mastersBefore.masterOfBucket(bucket) == master;
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
   * @param keeps whether it needs no reports of buckets that it mastered in the view before,
   *     according to the map with which that view began
   */
  boolean isAskedFor(LockName name, int master, boolean keeps) {
    int bucket = LockShards.bucketOf(name);
    return masters.ofView().masterOfBucket(bucket) == master
        && !(keeps && isOfViewBefore(bucket, master));
  }

  /** All nodes outside the view have certainly stopped. */
  void repair() {
    mastered.values().stream().filter(LockAtMaster::isRepairing).forEach(LockAtMaster::repair);
    mastered.values().removeIf(LockAtMaster::isUnused);
    handOverMoved();
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
    handOverMoved();
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

  /** The master of a lock, as far as this node knows. */
  int masterOf(LockName name) {
    return masters.of(LockShards.bucketOf(name));
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
