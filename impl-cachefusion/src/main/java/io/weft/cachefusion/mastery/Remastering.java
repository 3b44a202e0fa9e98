// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

import io.weft.api.Heat;
import io.weft.api.MoveReason;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.SerialExecutor;
import io.weft.cachefusion.protocol.AccessTable;
import io.weft.cachefusion.shard.ShardMastery;
import io.weft.cachefusion.shard.Shards;
import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.directory.RemasterPolicy.BucketUse;
import io.weft.spi.directory.RemasterPolicy.MemberLoad;
import io.weft.spi.directory.RemasterPolicy.Move;
import io.weft.spi.directory.RemasterPolicy.NodeUse;
import io.weft.spi.directory.RemasterPolicy.Situation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Asks the policy at the end of each window which buckets of this node to move, and moves them: a
 * few at a time, no more than allowed in a second. A bucket whose move was refused is left alone
 * for a number of windows that doubles with each refusal. Owned by the executor of {@link
 * MasteryService}.
 */
final class Remastering {
  /** Most members that hear of the load of this node in one window. */
  static final int FAN_OUT = 32;

  /** Most windows for which a bucket is left alone after refusals, as a power of two. */
  private static final int MOST_DOUBLINGS = 6;

  private static final long SECOND_NS = 1_000_000_000;
  private static final int HOT_REQUESTS = 1_000;
  private static final int WARM_REQUESTS = 100;
  private static final long HOT_NS = 60 * SECOND_NS;
  private static final long WARM_NS = 300 * SECOND_NS;

  /** Carries out a move. */
  interface Mover {
    CompletionStage<Void> move(int bucket, int to);
  }

  private final NodeServices node;
  private final SerialExecutor executor;
  private final Shards shards;
  private final RemasterPolicy policy;
  private final Mover mover;
  private final MasteryService.Settings settings;
  private final MasteryState state;
  private final MasteryFigures figures;
  private final MasterySending sending;

  /** Number of the window. */
  private int window;

  /** The load that other members have been told. */
  private long told;

  /** The next member to be told, if there are too many for one window. */
  private int nextToTell;

  private boolean looking;
  private int running;
  private final Queue<Move> planned = new ArrayDeque<>();
  private final Set<Integer> underWay = new HashSet<>();

  /** By bucket whose last move was refused; those that are long over are removed. */
  private final Map<Integer, Refusal> refusals = new HashMap<>();

  private record Refusal(int times, int untilWindow) {}

  Remastering(
      NodeServices node,
      SerialExecutor executor,
      Shards shards,
      RemasterPolicy policy,
      Mover mover,
      MasteryState state,
      MasterySending sending,
      MasteryService.Settings settings) {
    this.node = node;
    this.executor = executor;
    this.shards = shards;
    this.policy = policy;
    this.mover = mover;
    this.settings = settings;
    this.state = state;
    this.figures = new MasteryFigures();
    this.sending = sending;
  }

  MasteryFigures figures() {
    return figures;
  }

  /** A view has been installed: the plans were for another one. */
  void onInstall() {
    planned.clear();
    refusals.clear();
    told = 0;
  }

  // ---- windows -------------------------------------------------------------------------------

  /** A window has ended. */
  void onWindow() {
    if (looking) {
      return; // a shard is busy, and counts on
    }
    looking = true;
    window++;
    refusals.values().removeIf(each -> each.untilWindow() + (1 << MOST_DOUBLINGS) < window);
    ask(
        (shard, done) -> shard.endWindow(settings.decay(), window, done),
        all -> {
          looking = false;
          decide(all, false);
        });
  }

  /**
   * Balances now.
   *
   * @param done gets the number of moves
   */
  void balance(Consumer<Integer> done) {
    look(all -> done.accept(decide(all, true)));
  }

  /** What all shards know now. */
  void look(Consumer<List<ShardMastery.Window>> done) {
    ask(ShardMastery::look, done);
  }

  private interface Question {
    void ask(ShardMastery shard, Consumer<ShardMastery.Window> done);
  }

  private void ask(Question question, Consumer<List<ShardMastery.Window>> done) {
    List<ShardMastery.Window> all = new ArrayList<>();
    for (int i = 0; i < shards.count(); i++) {
      question.ask(
          shards.at(i).moves().mastery(),
          one ->
              executor.execute(
                  () -> {
                    all.add(one);
                    if (all.size() == shards.count()) {
                      done.accept(all);
                    }
                  }));
    }
  }

  private int decide(List<ShardMastery.Window> all, boolean ordered) {
    if (all.stream().anyMatch(one -> one.epoch() != state.epoch)) {
      return 0; // a view is being installed
    }
    List<ShardMastery.Bucket> used = all.stream().flatMap(one -> one.used().stream()).toList();
    Map<Integer, Integer> moved = new TreeMap<>();
    all.forEach(one -> moved.putAll(one.moved()));
    long load =
        used.stream()
            .map(ShardMastery.Bucket::usage)
            .mapToLong(usage -> usage.requests() - usage.requestsOf(state.self))
            .filter(each -> each > 0)
            .sum();
    state.moved(moved);
    state.load(state.self, load);
    List<MemberLoad> members = state.memberLoads(state.buckets(moved));
    record(all, used, members);
    tell(load);
    if (!settings.auto() && !ordered) {
      return 0;
    }
    int most = mostMoves();
    Situation now =
        new Situation(
            state.self, members, uses(used), idle(used, moved, members, most), most, ordered);
    List<Move> moves =
        policy.decide(now).stream()
            .filter(move -> !ordered || move.reason() == MoveReason.LOAD_BALANCE)
            .filter(this::isSound)
            .limit(most)
            .toList();
    planned.addAll(moves);
    work();
    return moves.size();
  }

  private int mostMoves() {
    long inWindow = settings.movesPerSecond() * settings.windowNs() / SECOND_NS;
    return (int) Math.max(0, Math.max(1, inWindow) - planned.size() - running);
  }

  private List<BucketUse> uses(List<ShardMastery.Bucket> used) {
    MasteryState.Arrival now =
        new MasteryState.Arrival(
            MoveReason.AFFINITY, node.runtime().wallMillis(), node.runtime().nanoTime());
    return used.stream()
        .map(
            each ->
                new BucketUse(
                    each.usage().bucket(),
                    each.usage().requests(),
                    users(each.usage()),
                    each.moves(),
                    state.restedNs(each.usage().bucket(), each.moves(), now),
                    isMovable(each)))
        .toList();
  }

  private static List<NodeUse> users(AccessTable.Usage usage) {
    return IntStream.range(0, usage.nodes().length)
        .mapToObj(i -> new NodeUse(usage.nodes()[i], usage.counts()[i]))
        .sorted(Comparator.comparingLong(NodeUse::requests).reversed().thenComparing(NodeUse::node))
        .toList();
  }

  private boolean isMovable(ShardMastery.Bucket each) {
    int bucket = each.usage().bucket();
    return !each.moving()
        && !each.system()
        && !state.pinned.get(bucket)
        && !underWay.contains(bucket)
        && planned.stream().noneMatch(move -> move.bucket() == bucket)
        && !isLeftAlone(bucket);
  }

  private boolean isLeftAlone(int bucket) {
    Refusal refusal = refusals.get(bucket);
    return refusal != null && window < refusal.untilWindow();
  }

  /** Buckets that have come here and are not used any more, if nobody is at work. */
  private List<Integer> idle(
      List<ShardMastery.Bucket> used,
      Map<Integer, Integer> moved,
      List<MemberLoad> members,
      int most) {
    if (!used.isEmpty() || members.stream().anyMatch(member -> member.load() > 0)) {
      return List.of();
    }
    return moved.entrySet().stream()
        .filter(entry -> entry.getValue() == state.self)
        .map(Map.Entry::getKey)
        .filter(
            bucket ->
                !state.pinned.get(bucket)
                    && !underWay.contains(bucket)
                    && !isLeftAlone(bucket)
                    && planned.stream().noneMatch(move -> move.bucket() == bucket))
        .limit(most)
        .toList();
  }

  /** What a policy of an integrator must not do is not done. */
  private boolean isSound(Move move) {
    return move.to() != state.self
        && state.isMember(move.to())
        && !state.pinned.get(move.bucket())
        && !underWay.contains(move.bucket());
  }

  private void record(
      List<ShardMastery.Window> all, List<ShardMastery.Bucket> used, List<MemberLoad> members) {
    long hot = used.stream().filter(each -> heatOf(each.usage()) == Heat.HOT).count();
    long warm = used.stream().filter(each -> heatOf(each.usage()) == Heat.WARM).count();
    double weights = members.stream().mapToLong(MemberLoad::weight).sum();
    double mean = members.stream().mapToLong(MemberLoad::load).sum() / weights;
    double highest =
        members.stream()
            .mapToDouble(member -> (double) member.load() / member.weight())
            .max()
            .orElse(0);
    figures.saw(
        new MasteryFigures.Seen(
            members.stream()
                .filter(member -> member.node() == state.self)
                .mapToLong(MemberLoad::buckets)
                .sum(),
            all.stream().mapToLong(ShardMastery.Window::requests).sum(),
            all.stream().mapToLong(ShardMastery.Window::remoteRequests).sum(),
            hot,
            warm,
            mean == 0 ? 1 : highest / mean));
    sending.publish();
  }

  /** How often a bucket is used. */
  Heat heatOf(AccessTable.Usage usage) {
    long ageNs = (long) (window - usage.last()) * settings.windowNs();
    if (usage.requests() > HOT_REQUESTS && ageNs < HOT_NS) {
      return Heat.HOT;
    }
    return usage.requests() > WARM_REQUESTS && ageNs < WARM_NS ? Heat.WARM : Heat.COLD;
  }

  /** Informs other members of the load, unless it is and was 0. */
  private void tell(long load) {
    if (load == 0 && told == 0) {
      return;
    }
    told = load;
    int others = state.members.size() - 1;
    for (int i = 0; i < Math.min(others, FAN_OUT); ) {
      int peer = state.members.get(nextToTell++ % state.members.size()).id().value();
      if (peer != state.self) {
        sending.send(peer, new MasteryMessage.Load(load, node.runtime().nanoTime()));
        i++;
      }
    }
  }

  // ---- moves ---------------------------------------------------------------------------------

  private void work() {
    while (running < settings.concurrentMoves() && !planned.isEmpty()) {
      Move move = planned.remove();
      if (isSound(move)) {
        move(move, _ -> {});
      }
    }
  }

  /**
   * Moves a bucket of this node.
   *
   * @param done gets null, or the error
   */
  void move(Move move, Consumer<Throwable> done) {
    running++;
    underWay.add(move.bucket());
    long epoch = state.epoch;
    long began = node.runtime().nanoTime();
    CompletableFuture<Void> ended = mover.move(move.bucket(), move.to()).toCompletableFuture();
    ended.whenComplete(
        (_, error) ->
            executor.execute(
                () -> {
                  running--;
                  underWay.remove(move.bucket());
                  if (error == null) {
                    onMoved(move, epoch, node.runtime().nanoTime() - began);
                  } else {
                    onRefused(move, unwrapped(error));
                  }
                  done.accept(error == null ? null : unwrapped(error));
                  work();
                }));
  }

  private static Throwable unwrapped(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null
        ? error.getCause()
        : error;
  }

  private void onMoved(Move move, long epoch, long ns) {
    figures.went(ns);
    refusals.remove(move.bucket());
    sending.publish();
    if (epoch != state.epoch) {
      return; // another view has come meanwhile, and with it perhaps another master
    }
    state.left(move.bucket(), move.to());
    shards
        .ofBucket(move.bucket())
        .moves()
        .mastery()
        .handOver(
            move.bucket(),
            usage ->
                executor.execute(
                    () -> {
                      if (epoch == state.epoch) {
                        state.moreLoad(
                            move.to(), usage.requests() - (long) usage.requestsOf(move.to()));
                        sending.send(move.to(), new MasteryMessage.Note(move.reason(), usage));
                      }
                    }));
  }

  private void onRefused(Move move, Throwable error) {
    if (!(error instanceof WeftException)) {
      node.run().onFailure(error);
      return;
    }
    figures.refused();
    Refusal before = refusals.get(move.bucket());
    int times = before == null ? 0 : Math.min(MOST_DOUBLINGS, before.times() + 1);
    refusals.put(move.bucket(), new Refusal(times, window + 1 + (1 << times)));
  }
}
