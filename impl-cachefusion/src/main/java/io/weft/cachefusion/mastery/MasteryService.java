// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

import io.weft.api.BlockId;
import io.weft.api.BlockMastery;
import io.weft.api.BucketFlag;
import io.weft.api.CoreErrors;
import io.weft.api.Epoch;
import io.weft.api.Heat;
import io.weft.api.Mastery;
import io.weft.api.MasteryErrors;
import io.weft.api.MasteryStatistics;
import io.weft.api.MasteryTopology;
import io.weft.api.Member;
import io.weft.api.MoveReason;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.SerialExecutor;
import io.weft.cachefusion.protocol.AccessTable;
import io.weft.cachefusion.shard.ShardMastery;
import io.weft.cachefusion.shard.Shards;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.directory.RemasterPolicy.Move;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Masters and their buckets, for applications and for other nodes. Everything happens on a serial
 * executor of its own; the shards are asked by events. Thread-safe.
 */
public final class MasteryService implements Mastery, MasterySending {
  /** Number of the service on the interconnect. */
  public static final int SERVICE = 4;

  /** Most orders and questions of this node that are not answered yet. */
  private static final int MOST_ORDERS = 1_024;

  private final NodeServices node;
  private final Transport transport;
  private final Shards shards;
  private final Settings settings;
  private final SerialExecutor executor;
  private final MasteryState state;
  private final Remastering remastering;
  private final Orders orders;
  private volatile MasteryStatistics statistics;
  private boolean ticking;

  /**
   * How buckets move by themselves.
   *
   * @param auto whether they do
   * @param windowNs length of a window
   * @param decay of the counts at the end of a window
   * @param movesPerSecond of this node
   * @param concurrentMoves of this node
   * @param counts whether requests are counted; otherwise there are no windows
   */
  public record Settings(
      boolean auto,
      long windowNs,
      double decay,
      int movesPerSecond,
      int concurrentMoves,
      boolean counts) {}

  /**
   * Registers with the transport.
   *
   * @param mover hands a bucket of this node over: {@code CacheFusion.moveBucket}
   */
  public MasteryService(
      NodeServices node,
      Transport transport,
      Shards shards,
      RemasterPolicy policy,
      Function<Move, CompletionStage<Void>> mover,
      Settings settings) {
    this.node = node;
    this.transport = transport;
    this.shards = shards;
    this.settings = settings;
    this.executor =
        new SerialExecutor(node.runtime(), node.bursts(), () -> {}, node.run()::onFailure);
    this.state = new MasteryState(node.self());
    this.remastering =
        new Remastering(
            node,
            executor,
            shards,
            policy,
            (bucket, to) -> mover.apply(new Move(bucket, to, MoveReason.MANUAL)),
            state,
            this,
            settings);
    this.orders = new Orders(node, executor, shards, state, this, this::serve, MOST_ORDERS);
    this.statistics = remastering.figures().snapshot();
    transport.register(SERVICE, this::onMessage);
  }

  // ---- for applications ----------------------------------------------------------------------

  @Override
  public MasteryStatistics statistics() {
    return statistics;
  }

  @Override
  public CompletionStage<MasteryTopology> topology() {
    return onExecutor(done -> remastering.look(all -> done.complete(topologyOf(all))));
  }

  private MasteryTopology topologyOf(List<ShardMastery.Window> all) {
    Map<Integer, Integer> moved = new TreeMap<>();
    all.forEach(one -> moved.putAll(one.moved()));
    Map<NodeId, Integer> shares = byNode(state.shares());
    Map<NodeId, Integer> buckets = byNode(state.buckets(moved));
    long away = moved.entrySet().stream().filter(each -> !isAtHome(each)).count();
    return new MasteryTopology(
        new Epoch(state.epoch), buckets, shares, (int) away, state.pinned.cardinality());
  }

  private boolean isAtHome(Map.Entry<Integer, Integer> moved) {
    return state.masterOfView(moved.getKey()) == moved.getValue();
  }

  private static Map<NodeId, Integer> byNode(Map<Integer, Integer> counts) {
    Map<NodeId, Integer> all = new TreeMap<>();
    counts.forEach((id, count) -> all.put(new NodeId(id), count));
    return all;
  }

  @Override
  public CompletionStage<BlockMastery> describe(BlockId block) {
    int bucket = Buckets.of(block.file(), block.number());
    return onExecutor(
            (CompletableFuture<Orders.Reply> done) ->
                orders.toMaster(id -> new MasteryMessage.Describe(id, bucket), bucket, done))
        .thenApply(reply -> toApi(block, (MasteryMessage.Described) reply.answer(), reply.from()));
  }

  private static BlockMastery toApi(BlockId block, MasteryMessage.Described m, int master) {
    Map<NodeId, Long> byNode = new HashMap<>();
    AccessTable.Usage usage = m.usage();
    for (int i = 0; i < usage.nodes().length; i++) {
      byNode.put(new NodeId(usage.nodes()[i]), (long) usage.counts()[i]);
    }
    Set<BucketFlag> flags = EnumSet.noneOf(BucketFlag.class);
    for (BucketFlag flag : BucketFlag.values()) {
      if ((m.flags() & 1 << flag.ordinal()) != 0) {
        flags.add(flag);
      }
    }
    return new BlockMastery(
        block,
        usage.bucket(),
        new NodeId(master),
        usage.reads(),
        usage.writes(),
        Math.max(0, usage.requests() - usage.requestsOf(master)),
        byNode,
        Heat.values()[m.heat()],
        flags,
        m.moves(),
        m.reason().map(why -> new BlockMastery.LastMove(why, Instant.ofEpochMilli(m.atMillis()))));
  }

  @Override
  public CompletionStage<Void> remaster(BlockId block, NodeId to) {
    int bucket = Buckets.of(block.file(), block.number());
    return onExecutor(
            (CompletableFuture<Orders.Reply> done) -> {
              if (state.isMember(to.value())) {
                orders.toMaster(
                    id -> new MasteryMessage.Remaster(id, bucket, to.value()), bucket, done);
              } else {
                done.completeExceptionally(notAMember(bucket, to.value()));
              }
            })
        .thenApply(_ -> null);
  }

  private WeftException notAMember(int bucket, int to) {
    return new WeftException(
        MasteryErrors.UNKNOWN_MEMBER,
        "bucket "
            + bucket
            + " cannot move to n"
            + to
            + ", which is not a member; members are "
            + state.members.stream().map(Member::id).toList());
  }

  @Override
  public CompletionStage<Void> pin(BlockId block) {
    return pin(block, true);
  }

  @Override
  public CompletionStage<Void> unpin(BlockId block) {
    return pin(block, false);
  }

  private CompletionStage<Void> pin(BlockId block, boolean on) {
    int bucket = Buckets.of(block.file(), block.number());
    return onExecutor(
            (CompletableFuture<Integer> done) ->
                orders.toAll(id -> new MasteryMessage.Pin(id, bucket, on), done))
        .thenApply(_ -> null);
  }

  @Override
  public CompletionStage<Integer> rebalance() {
    return onExecutor(done -> orders.toAll(MasteryMessage.Rebalance::new, done));
  }

  private <T> CompletionStage<T> onExecutor(Consumer<CompletableFuture<T>> task) {
    CompletableFuture<T> done = new CompletableFuture<>();
    executor.execute(
        () -> {
          Optional<WeftException> stopped = node.run().stopError();
          if (stopped.isPresent()) {
            done.completeExceptionally(stopped.get());
          } else if (orders.isFull()) {
            done.completeExceptionally(
                new WeftException(
                    CoreErrors.BACK_PRESSURED,
                    MOST_ORDERS + " orders about masters are not answered yet; wait for some"));
          } else {
            task.accept(done);
          }
        });
    return done.minimalCompletionStage();
  }

  // ---- for the cache -------------------------------------------------------------------------

  /** Installs a view. Calls come one after the other. */
  public void install(View view, BucketMap masters) {
    executor.execute(() -> onInstall(view, masters));
  }

  private void onInstall(View view, BucketMap masters) {
    Set<Integer> before =
        Set.copyOf(state.members.stream().map(each -> each.id().value()).toList());
    state.install(view, masters, node.runtime().wallMillis());
    remastering.onInstall();
    orders.onInstall();
    if (settings.counts()) {
      remastering.figures().came(MoveReason.FAILOVER, state.gained(MoveReason.FAILOVER));
      publish();
    }
    if (!state.pinned.isEmpty()) {
      state.members.stream()
          .map(each -> each.id().value())
          .filter(each -> each != state.self && !before.contains(each))
          .forEach(each -> send(each, new MasteryMessage.Pins(state.pinned.toLongArray())));
    }
    if (settings.counts() && !ticking) {
      ticking = true;
      nextWindow();
    }
  }

  private void nextWindow() {
    node.runtime().schedule(settings.windowNs(), () -> executor.executeElsewhere(this::onWindow));
  }

  private void onWindow() {
    if (!node.run().isStopped()) {
      remastering.onWindow();
      nextWindow();
    }
  }

  /** The node stops. May be repeated. */
  public void fail(WeftException reason) {
    executor.execute(() -> orders.fail(reason));
  }

  /** Resumes work that was interrupted by lack of memory or stack. */
  public void look() {
    executor.look();
  }

  // ---- messages ------------------------------------------------------------------------------

  @Override
  public void send(int to, MasteryMessage message) {
    transport.send(
        to,
        SERVICE,
        Lane.REQUEST,
        state.epoch,
        MasteryCodec.encode(state.epoch, message),
        Payload.NONE);
  }

  @Override
  public void publish() {
    statistics = remastering.figures().snapshot();
  }

  private void onMessage(int from, ByteBuffer header, MemorySegment payload) {
    MasteryCodec.Sent sent = MasteryCodec.decode(header);
    executor.execute(
        () -> {
          // Nothing is lost with one of another view: orders are repeated, and loads told again.
          if (sent.epoch() == state.epoch && !node.run().isStopped()) {
            receive(from, sent.message());
          }
        });
  }

  private void receive(int from, MasteryMessage message) {
    switch (message) {
      case MasteryMessage.Load m -> {
        state.load(from, m.load());
        send(from, new MasteryMessage.LoadSeen(m.sentNs()));
      }
      case MasteryMessage.LoadSeen m ->
          state.roundTrip(from, Math.max(1, node.runtime().nanoTime() - m.sentNs()));
      case MasteryMessage.Note m -> onNote(m);
      case MasteryMessage.Pins m -> state.pinned.or(BitSet.valueOf(m.words()));
      case MasteryMessage.Asked m -> {
        long epoch = state.epoch;
        serve(
            m,
            answer -> {
              if (epoch == state.epoch) {
                send(from, answer);
              }
            });
      }
      case MasteryMessage.Answer m -> orders.onAnswer(from, m);
    }
  }

  private void onNote(MasteryMessage.Note note) {
    int bucket = note.usage().bucket();
    state.arrived(
        bucket,
        new MasteryState.Arrival(
            note.reason(), node.runtime().wallMillis(), node.runtime().nanoTime()));
    shards.ofBucket(bucket).moves().mastery().takeOver(note.usage());
    remastering.figures().came(note.reason(), 1);
    publish();
  }

  // ---- orders --------------------------------------------------------------------------------

  /** Obeys an order of this node or another one; answers on the executor. */
  private void serve(MasteryMessage.Asked order, Consumer<MasteryMessage.Answer> answer) {
    switch (order) {
      case MasteryMessage.Remaster m -> remaster(m, answer);
      case MasteryMessage.Describe m ->
          describe(m.bucket(), bucket -> answer.accept(described(m.id(), bucket)));
      case MasteryMessage.Pin m -> {
        state.pinned.set(m.bucket(), m.on());
        answer.accept(new MasteryMessage.Done(m.id(), 0));
      }
      case MasteryMessage.Rebalance m ->
          remastering.balance(moves -> answer.accept(new MasteryMessage.Done(m.id(), moves)));
    }
  }

  private void describe(int bucket, Consumer<ShardMastery.Bucket> done) {
    shards
        .ofBucket(bucket)
        .moves()
        .mastery()
        .describe(bucket, known -> executor.execute(() -> done.accept(known)));
  }

  private void remaster(MasteryMessage.Remaster m, Consumer<MasteryMessage.Answer> answer) {
    describe(
        m.bucket(),
        bucket -> {
          if (bucket.master() == m.to()) {
            answer.accept(new MasteryMessage.Done(m.id(), 0));
          } else if (bucket.system()) {
            answer.accept(
                new MasteryMessage.Refused(
                    m.id(),
                    MasteryErrors.SYSTEM_BUCKET.number(),
                    "bucket "
                        + m.bucket()
                        + " has blocks of a system file (weft.resource-classes), and is not"
                        + " moved"));
          } else {
            remastering.move(
                new Move(m.bucket(), m.to(), MoveReason.MANUAL),
                error ->
                    answer.accept(
                        error == null
                            ? new MasteryMessage.Done(m.id(), 1)
                            : new MasteryMessage.Refused(m.id(), 0, error.toString())));
          }
        });
  }

  private MasteryMessage.Answer described(long id, ShardMastery.Bucket bucket) {
    if (bucket.master() != state.self) {
      return new MasteryMessage.Refused(
          id, 0, "n" + state.self + " is not the master of bucket " + bucket.usage().bucket());
    }
    int flags =
        flag(BucketFlag.PINNED, state.pinned.get(bucket.usage().bucket()))
            | flag(BucketFlag.SYSTEM, bucket.system())
            | flag(BucketFlag.MOVING, bucket.moving());
    Optional<MasteryState.Arrival> last = state.lastMove(bucket.usage().bucket());
    return new MasteryMessage.Described(
        id,
        bucket.usage(),
        bucket.moves(),
        flags,
        remastering.heatOf(bucket.usage()).ordinal(),
        last.map(MasteryState.Arrival::reason),
        last.map(MasteryState.Arrival::atMillis).orElse(0L));
  }

  private static int flag(BucketFlag flag, boolean set) {
    return set ? 1 << flag.ordinal() : 0;
  }

  /** A message of this service as text. */
  public static String describe(byte[] header) {
    return MasteryCodec.decode(ByteBuffer.wrap(header)).message().toString();
  }
}
