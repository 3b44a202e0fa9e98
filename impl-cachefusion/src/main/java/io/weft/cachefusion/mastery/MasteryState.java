// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

import io.weft.api.Member;
import io.weft.api.MoveReason;
import io.weft.api.View;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.RemasterPolicy.MemberLoad;
import io.weft.spi.view.Views;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The view in force, the loads of its members, and how buckets have come to this node. Owned by the
 * executor of {@link MasteryService}.
 */
final class MasteryState {
  /** How a bucket has come here. */
  record Arrival(MoveReason reason, long atMillis, long atNs) {}

  final int self;
  long epoch = Views.NO_EPOCH;
  List<Member> members = List.of();

  /** Buckets that do not move by themselves; all members have the same. */
  final BitSet pinned = new BitSet();

  private Optional<BucketMap> ofView = Optional.empty();
  private Optional<BucketMap> before = Optional.empty();
  private long installedMillis;

  /** Masters of buckets that had moved when the previous view ended, as far as was known. */
  private Map<Integer, Integer> movedBefore = Map.of();

  /** The same of this view. */
  private final Map<Integer, Integer> moved = new HashMap<>();

  /** By bucket that has come here by a move, and stays here also in later views. */
  private final Map<Integer, Arrival> arrivals = new HashMap<>();

  /** By member; empty until they are asked for. */
  private final Map<Integer, Integer> shares = new TreeMap<>();

  private final Map<Integer, Long> loads = new HashMap<>();
  private final Map<Integer, Long> roundTrips = new HashMap<>();

  MasteryState(int self) {
    this.self = self;
  }

  // ---- view ----------------------------------------------------------------------------------

  void install(View view, BucketMap masters, long wallMillis) {
    before = view.epoch().value() == epoch + 1 ? ofView : Optional.empty();
    arrivals.keySet().forEach(bucket -> moved.put(bucket, self));
    movedBefore = Map.copyOf(moved);
    moved.clear();
    epoch = view.epoch().value();
    members = view.members();
    ofView = Optional.of(masters);
    installedMillis = wallMillis;
    shares.clear();
    arrivals.keySet().removeIf(bucket -> masters.masterOfBucket(bucket) != self);
    loads.clear();
    roundTrips.keySet().removeIf(node -> !isMember(node));
  }

  boolean isMember(int node) {
    return members.stream().anyMatch(member -> member.id().value() == node);
  }

  /** Number of buckets that this node has got by the map of the view, because of that. */
  long gained(MoveReason reason) {
    long count = 0;
    for (int bucket = 0; before.isPresent() && bucket < Buckets.COUNT; bucket++) {
      count +=
          ofView.orElseThrow().masterOfBucket(bucket) == self
                  && gainedBecause(bucket).filter(reason::equals).isPresent()
              ? 1
              : 0;
    }
    return count;
  }

  private Optional<MoveReason> gainedBecause(int bucket) {
    return before
        .map(map -> movedBefore.getOrDefault(bucket, map.masterOfBucket(bucket)))
        .filter(master -> master != self)
        .map(master -> isMember(master) ? MoveReason.LOAD_BALANCE : MoveReason.FAILOVER);
  }

  // ---- buckets -------------------------------------------------------------------------------

  void arrived(int bucket, Arrival arrival) {
    arrivals.put(bucket, arrival);
  }

  void left(int bucket, int to) {
    arrivals.remove(bucket);
    moved.put(bucket, to);
  }

  /** The masters of buckets that have moved in this view. */
  void moved(Map<Integer, Integer> known) {
    moved.putAll(known);
  }

  /** Time since a bucket has come here by a move; a large value if it has not. */
  long restedNs(int bucket, int moves, Arrival now) {
    if (moves == 0) {
      return Long.MAX_VALUE;
    }
    // The note about the move may be under way, or was lost with its sender.
    return now.atNs() - arrivals.computeIfAbsent(bucket, _ -> now).atNs();
  }

  /**
   * How a bucket has come to this node; empty if it was there from the first view on. What other
   * nodes have moved just before a view may not be known.
   */
  Optional<Arrival> lastMove(int bucket) {
    return Optional.ofNullable(arrivals.get(bucket))
        .or(() -> gainedBecause(bucket).map(reason -> new Arrival(reason, installedMillis, 0)));
  }

  /**
   * The number of buckets of each member.
   *
   * @param moved master by bucket, of those that have moved in this view
   */
  Map<Integer, Integer> buckets(Map<Integer, Integer> moved) {
    Map<Integer, Integer> counts = new TreeMap<>(shares());
    moved.forEach(
        (bucket, master) -> {
          counts.merge(ofView.orElseThrow().masterOfBucket(bucket), -1, Integer::sum);
          counts.merge(master, 1, Integer::sum);
        });
    return counts;
  }

  /** The master of a bucket by the map of the view. */
  int masterOfView(int bucket) {
    return ofView.orElseThrow().masterOfBucket(bucket);
  }

  /** The number of buckets of each member by the map of the view. */
  Map<Integer, Integer> shares() {
    if (shares.isEmpty()) {
      for (Member member : members) {
        int id = member.id().value();
        shares.put(id, ofView.map(map -> map.bucketsOf(id)).orElse(0));
      }
    }
    return shares;
  }

  // ---- loads ---------------------------------------------------------------------------------

  void load(int node, long load) {
    loads.put(node, load);
  }

  /** A bucket has gone to a node: until that says more, it has this much more load. */
  void moreLoad(int node, long load) {
    loads.merge(node, load, Long::sum);
  }

  /** Smoothed as the round-trip times of TCP are (Jacobson 1988, gain 1/8). */
  void roundTrip(int node, long ns) {
    roundTrips.merge(node, ns, (known, now) -> known + (now - known) / 8);
  }

  /** The members with what they do and have. */
  List<MemberLoad> memberLoads(Map<Integer, Integer> buckets) {
    Map<Integer, Integer> shares = shares();
    return members.stream()
        .map(
            member -> {
              int id = member.id().value();
              return new MemberLoad(
                  id,
                  member.weight(),
                  loads.getOrDefault(id, 0L),
                  buckets.getOrDefault(id, 0),
                  shares.getOrDefault(id, 0),
                  roundTrips.getOrDefault(id, 0L));
            })
        .toList();
  }
}
