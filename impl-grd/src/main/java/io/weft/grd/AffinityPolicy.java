// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.grd;

import io.weft.api.MoveReason;
import io.weft.spi.directory.RemasterPolicy;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Moves a bucket to the node that waits longest for its master, and load away from masters that
 * serve others much more than the mean. Immutable.
 *
 * <p><b>Affinity.</b> A request of the master's own node needs no message; one of node n needs a
 * round trip r(n). So the nodes spend sum of c(n) r(n) waiting, with c the decayed counts. If the
 * bucket moves to n, n saves c(n) r(n), and the present master pays c(self) r(n) instead; other
 * nodes pay about what they paid before. The bucket goes to the node with the highest
 * <em>score</em> (c(n) - c(self)) r(n), if
 *
 * <ul>
 *   <li>the requests of other nodes have passed {@code threshold},
 *   <li>n sends more than half of all requests, and {@code win-factor} times as many as the master,
 *   <li>the bucket has rested since its last move: {@code rest}, doubled with each further move of
 *       it in this view, up to {@value #MOST_DOUBLINGS} times.
 * </ul>
 *
 * <p>The score grows with the round trip. To divide the count by the latency instead would prefer
 * near nodes, which gain the least. It would also divide by the latency of a disk read, which
 * depends on the block and not on the master. The first condition after the score makes a tie
 * impossible: of two equal users, none sends more than half. The rest ends what the others leave
 * open, a workload that moves to and fro.
 *
 * <p><b>Balance.</b> The load of a member is what it does for others, by its weight. A master whose
 * load is three quarters of {@code imbalance} above the mean, so before the limit is reached, gives
 * buckets to the least loaded member, the most used first, each of them smaller than half of what
 * separates the two. So every move makes the higher one of the two loads smaller, and none is
 * undone.
 *
 * <p><b>Which one wins.</b> Affinity. A bucket of which one node sends more than half does not move
 * for balance: it would cost that node a round trip for each request, and both nodes the messages.
 * Requests of a node to itself are no load. So affinity lowers the load that balance sees, and the
 * two never undo each other.
 *
 * <p>Without any load, members that have drawn in more buckets than their share in the view's map
 * return idle ones. How evenly the hash strategy has dealt them is not judged: mathematics explains
 * it.
 */
public final class AffinityPolicy implements RemasterPolicy {
  /** Most doublings of the rest. */
  static final int MOST_DOUBLINGS = 10;

  /** Imbalance that an operator's order still corrects, in percent. */
  private static final int ORDERED_IMBALANCE = 2;

  private final AffinitySettings settings;

  /** Creates a policy. */
  @Inject
  public AffinityPolicy(AffinitySettings settings) {
    this.settings = settings;
  }

  @Override
  public List<Move> decide(Situation now) {
    List<Move> moves = new ArrayList<>();
    now.used().stream()
        .map(use -> affinity(use, now))
        .flatMap(Optional::stream)
        .sorted(
            Comparator.comparingDouble(Wish::score)
                .reversed()
                .thenComparingInt(wish -> wish.move().bucket()))
        .limit(now.most())
        .forEach(wish -> moves.add(wish.move()));
    balance(now, moves);
    return moves;
  }

  // ---- affinity ------------------------------------------------------------------------------

  private record Wish(Move move, double score) {}

  private Optional<Wish> affinity(BucketUse use, Situation now) {
    long own = use.requestsOf(now.self());
    if (!use.movable() || use.requests() - own < settings.threshold() || !hasRested(use)) {
      return Optional.empty();
    }
    return now.members().stream()
        .filter(member -> member.node() != now.self() && clearlyWins(use, member.node(), own))
        .map(
            member ->
                new Wish(
                    new Move(use.bucket(), member.node(), MoveReason.AFFINITY),
                    (double) (use.requestsOf(member.node()) - own)
                        * Math.max(1, member.roundTripNs())))
        .max(
            Comparator.comparingDouble(Wish::score)
                .thenComparing(wish -> -wish.move().to())); // the lower id of two equal ones
  }

  private boolean clearlyWins(BucketUse use, int node, long own) {
    long requests = use.requestsOf(node);
    return sendsMost(use, requests) && requests >= settings.winFactor() * own;
  }

  private static boolean sendsMost(BucketUse use, long requests) {
    return 2 * requests > use.requests();
  }

  private boolean hasRested(BucketUse use) {
    int doublings = Math.clamp(use.moves() - 1L, 0, MOST_DOUBLINGS);
    return use.moves() == 0 || use.restedNs() >= settings.rest().toNanos() << doublings;
  }

  // ---- balance -------------------------------------------------------------------------------

  private void balance(Situation now, List<Move> moves) {
    long all = now.members().stream().mapToLong(MemberLoad::load).sum();
    if (all == 0 && now.used().isEmpty()) {
      returnIdle(now, moves);
    } else if (all >= settings.balanceFrom()) {
      balanceLoad(now, all, moves);
    }
  }

  private void balanceLoad(Situation now, long all, List<Move> moves) {
    long weights = now.members().stream().mapToLong(MemberLoad::weight).sum();
    double mean = (double) all / weights;
    double limit = 1 + (now.ordered() ? ORDERED_IMBALANCE : 0.75 * settings.imbalance()) / 100;
    MemberLoad self = member(now, now.self());
    long above = now.members().stream().filter(member -> load(member) > mean * limit).count();
    if (load(self) <= mean * limit) {
      return;
    }
    MemberLoad target =
        now.members().stream()
            .min(
                Comparator.comparingDouble(AffinityPolicy::load).thenComparingInt(MemberLoad::node))
            .orElseThrow();
    double gap = // what has to move for both to have the same load by weight
        ((double) self.load() * target.weight() - (double) target.load() * self.weight())
            / (self.weight() + target.weight());
    double left = gap / above; // others give to the same member at the same time
    for (BucketUse use : mostUsedFirst(now.used())) {
      long given = use.requests() - use.requestsOf(now.self());
      long load = Math.max(given, use.requests() - use.requestsOf(target.node()));
      if (moves.size() < now.most()
          && isShared(use)
          && given > 0
          && load < left
          && hasRested(use)
          && moves.stream().noneMatch(move -> move.bucket() == use.bucket())) {
        moves.add(new Move(use.bucket(), target.node(), MoveReason.LOAD_BALANCE));
        left -= load;
      }
    }
  }

  private static boolean isShared(BucketUse use) {
    return use.movable() && use.users().stream().noneMatch(user -> sendsMost(use, user.requests()));
  }

  private static List<BucketUse> mostUsedFirst(List<BucketUse> used) {
    return used.stream()
        .sorted(
            Comparator.comparingLong(BucketUse::requests)
                .reversed()
                .thenComparingInt(BucketUse::bucket))
        .toList();
  }

  private void returnIdle(Situation now, List<Move> moves) {
    MemberLoad self = member(now, now.self());
    double limit = 1 + (now.ordered() ? 0 : 0.75 * settings.imbalance()) / 100;
    if (self.buckets() <= self.share() * limit) {
      return;
    }
    int surplus = self.buckets() - self.share();
    int next = 0;
    for (MemberLoad member : mostMissingFirst(now)) {
      int missing = member.share() - member.buckets();
      while (missing-- > 0
          && surplus-- > 0
          && next < now.idle().size()
          && moves.size() < now.most()) {
        moves.add(new Move(now.idle().get(next++), member.node(), MoveReason.LOAD_BALANCE));
      }
    }
  }

  private static List<MemberLoad> mostMissingFirst(Situation now) {
    return now.members().stream()
        .filter(member -> member.node() != now.self())
        .sorted(
            Comparator.comparingInt((MemberLoad member) -> member.buckets() - member.share())
                .thenComparingInt(MemberLoad::node))
        .toList();
  }

  private static double load(MemberLoad member) {
    return (double) member.load() / member.weight();
  }

  private static MemberLoad member(Situation now, int node) {
    return now.members().stream().filter(each -> each.node() == node).findFirst().orElseThrow();
  }
}
