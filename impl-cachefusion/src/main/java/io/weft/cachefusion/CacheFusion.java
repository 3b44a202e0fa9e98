// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.BlockId;
import io.weft.api.CacheStatistics;
import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.Locks;
import io.weft.api.Mastery;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.lock.GlobalLocks;
import io.weft.cachefusion.mastery.MasteryService;
import io.weft.cachefusion.node.Admission;
import io.weft.cachefusion.node.CacheCounters;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.RunState;
import io.weft.cachefusion.node.SerialExecutor;
import io.weft.cachefusion.protocol.CacheFusionMessage;
import io.weft.cachefusion.protocol.MessageCodec;
import io.weft.cachefusion.protocol.MoveCodec;
import io.weft.cachefusion.protocol.MoveMessage;
import io.weft.cachefusion.protocol.ShardCache;
import io.weft.cachefusion.recovery.BlockRecovery;
import io.weft.cachefusion.recovery.DirectoryRebuild;
import io.weft.cachefusion.recovery.RecoveryUnderWay;
import io.weft.cachefusion.scope.ChangeScope;
import io.weft.cachefusion.scope.LeaseScope;
import io.weft.cachefusion.scope.ReadingScope;
import io.weft.cachefusion.scope.ScopeContext;
import io.weft.cachefusion.shard.Devices;
import io.weft.cachefusion.shard.Interconnect;
import io.weft.cachefusion.shard.Shard;
import io.weft.cachefusion.shard.ShardSettings;
import io.weft.cachefusion.shard.Shards;
import io.weft.cachefusion.spec.BlockState;
import io.weft.cachefusion.spec.DirectoryState;
import io.weft.cachefusion.spec.LockRules;
import io.weft.cachefusion.spec.Rules;
import io.weft.cachefusion.storage.BlockStorage;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.transport.Transport;
import jakarta.inject.Inject;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The coherent cache of a node. Assembles its parts, and is the entry point for applications
 * (scopes) and for other nodes (messages). Thread-safe.
 *
 * <p>A local hit is one compare-and-set on the frame's state word and does not enter this class.
 * Everything else is an event of the block's {@link Shard}, run by the calling thread unless
 * another thread drains that shard.
 *
 * <p>Long because it is where the calls of applications, of other nodes, of the membership and of
 * checkers enter.
 */
public final class CacheFusion implements CoherentCache {
  /** Number of the service on the interconnect. */
  public static final int SERVICE = Interconnect.SERVICE;

  /** Maximum number of concurrent {@link #writeBack} calls. Few, because each visits all blocks. */
  private static final int MOST_WRITE_BACKS = 64;

  private final int self;
  private final Transport transport;
  private final RunState run;
  private final CacheCounters counters;
  private final FramePool frames;
  private final BlockStorage storage;
  private final Interconnect interconnect;
  private final Shards shards;
  private final DirectoryRebuild rebuild;
  private final ScopeContext scopes;
  private final GlobalLocks locks;
  private final MasteryService mastery;
  private final Admission writeBacks = new Admission(MOST_WRITE_BACKS);

  /** Allocates the cache and registers it with the transport. */
  @Inject
  public CacheFusion(
      CacheFusionSettings settings,
      HostNode host,
      Persistence persistence,
      Rules rules,
      LockRules lockRules) {
    this.self = host.settings().nodeId().value();
    this.transport = host.transport();
    this.run = new RunState(self, host.views(), host.failure());
    this.counters = new CacheCounters(host.metrics());
    NodeServices node =
        new NodeServices(self, host.runtime(), burstsOf(transport), run, rules, counters);
    this.frames = new FramePool(settings.frames(), settings.shards(), persistence.store().layout());
    this.storage = new BlockStorage(node, persistence.store());
    this.interconnect = new Interconnect(transport);
    RecoveryUnderWay underWay = new RecoveryUnderWay();
    this.shards =
        new Shards(
            node,
            frames,
            new Devices(interconnect, storage, persistence.redo(), this::onBucketMoved),
            shardSettings(settings, host.settings()),
            shard -> new BlockRecovery(node, storage, underWay, shard));
    this.rebuild =
        new DirectoryRebuild(
            node, host.settings(), interconnect, storage, shards, underWay, persistence.strategy());
    this.scopes =
        new ScopeContext(
            node,
            frames,
            shards,
            persistence.redo(),
            persistence.clock(),
            settings.leaseTimeout().toNanos());
    this.locks =
        new GlobalLocks(node, transport, host.metrics(), lockRules, lockSettings(settings));
    this.mastery =
        new MasteryService(
            node,
            transport,
            shards,
            host.policy(),
            move -> moveBucket(move.bucket(), move.to()),
            settings.mastery().ofService());
    transport.register(SERVICE, this::onMessage);
  }

  private void onBucketMoved(long epoch, int bucket, int master, int number) {
    locks.move(epoch, bucket, master, number);
  }

  private static GlobalLocks.Settings lockSettings(CacheFusionSettings settings) {
    LockSettings locks = settings.locks();
    int shards = settings.shards();
    return new GlobalLocks.Settings(
        shards,
        Math.max(1, locks.cached() / shards),
        Math.max(1, locks.held() / shards),
        Math.max(1, settings.maxWaiters() / shards),
        locks.timeout());
  }

  private static SerialExecutor.Bursts burstsOf(Transport transport) {
    return new SerialExecutor.Bursts() {
      @Override
      public void begin() {
        transport.beginBurst();
      }

      @Override
      public void end() {
        transport.endBurst();
      }
    };
  }

  private static ShardSettings shardSettings(CacheFusionSettings settings, NodeSettings node) {
    int count = settings.shards();
    int frames = settings.frames() / count;
    return new ShardSettings(
        count,
        new ShardCache.Limits(
            Math.clamp(settings.maxWaiters() / count, 1, Shard.MOST_WAITERS),
            Math.max(1, settings.writes() / count),
            Math.max(1, frames * settings.pastImages() / 100),
            Math.max(1, frames * settings.freeFrames() / 100)),
        settings.directoryEntries() / count,
        settings.prefetchWindow(),
        settings.mastery().ofShard(count, node),
        settings.pastImageAge().toNanos());
  }

  // ---- for applications ----------------------------------------------------------------------

  @Override
  public int contentBytes() {
    return frames.layout().contentBytes();
  }

  @Override
  public Reading newReading(ReadConsistency consistency) {
    Objects.requireNonNull(consistency, "the consistency of a reading is null");
    return known(new ReadingScope(scopes, consistency));
  }

  @Override
  public Change newChange() {
    return known(new ChangeScope(scopes));
  }

  private <S extends LeaseScope> S known(S scope) {
    scopes.onNewScope(scope);
    return scope;
  }

  @Override
  public Locks locks() {
    return locks;
  }

  @Override
  public Mastery mastery() {
    return mastery;
  }

  @Override
  public void prefetch(int file, long first, int count) {
    if (count < 1 || first < 0) {
      throw new IllegalArgumentException("prefetch of " + count + " blocks from " + first);
    }
    shards.prefetch(file, first, count);
  }

  @Override
  public Batch newBatch() {
    transport.beginBurst();
    return transport::endBurst;
  }

  @Override
  public CompletionStage<Void> writeBack() {
    if (!writeBacks.enter()) {
      return CompletableFuture.failedFuture(
          new WeftException(
              CoreErrors.BACK_PRESSURED,
              writeBacks.most() + " calls of writeBack() are in progress; wait for one of them"));
    }
    CompletionStage<Void> done = onAllShards(Shard::flush);
    done.whenComplete((_, _) -> writeBacks.leave());
    return done;
  }

  @Override
  public CacheStatistics statistics() {
    long free = 0;
    for (int i = 0; i < shards.count(); i++) {
      free += shards.at(i).freeFrames();
    }
    return counters.snapshot(frames.frames(), free);
  }

  // ---- for the node --------------------------------------------------------------------------

  @Override
  public CompletionStage<Void> drain() {
    run.startDraining();
    return onAllShards(Shard::drain).thenCompose(_ -> locks.drain(RunState.closing()));
  }

  @Override
  public CompletionStage<Void> checkpoint() {
    return onAllShards(Shard::checkpoint);
  }

  @Override
  public CompletionStage<List<BlockId>> quarantined() {
    List<BlockId> all = Collections.synchronizedList(new ArrayList<>());
    return onAllShards(
            (shard, done) ->
                shard.quarantined(
                    blocks -> {
                      all.addAll(blocks);
                      done.complete(null);
                    }))
        .thenApply(_ -> List.copyOf(all));
  }

  @Override
  public CompletionStage<Void> install(View view, BucketMap masters) {
    int[] others =
        view.members().stream()
            .mapToInt(member -> member.id().value())
            .filter(id -> id != self)
            .toArray();
    interconnect.peers(others);
    mastery.install(view, masters);
    CompletionStage<Void> locksInstalled = locks.install(view, masters);
    return rebuild.install(view, masters).thenCombine(locksInstalled, (_, _) -> null);
  }

  @Override
  public CompletionStage<Void> startRecovery(long epoch, RecoveryRedo redo) {
    locks.leasesOver(epoch);
    return rebuild.startRecovery(epoch, redo);
  }

  @Override
  public CompletionStage<Map<Integer, Integer>> moves(long epoch) {
    Map<Integer, Integer> all = new ConcurrentHashMap<>();
    return onAllShards(
            (shard, done) -> {
              CompletableFuture<Map<Integer, Integer>> known = new CompletableFuture<>();
              shard.moves().known(epoch, known);
              known.thenAccept(
                  moves -> {
                    all.putAll(moves);
                    done.complete(null);
                  });
            })
        .thenApply(_ -> Map.copyOf(all));
  }

  @Override
  public RecoveryCounts recoveryCounts() {
    return rebuild.counts();
  }

  @Override
  public Optional<String> recoveryWaitsFor() {
    return rebuild.waitsFor();
  }

  /**
   * Moves a bucket that this node masters to another member of the view. The blocks of the bucket
   * can be used meanwhile; requests for them wait until the new master serves them. The bucket
   * stays there in later views while that node is a member, if the node that proposes the next view
   * has learnt of the move by then.
   *
   * @param bucket 0 to 65,535
   * @param to node id of the next master
   * @return completes on the bucket's shard when the next master serves the bucket; or fails with
   *     {@link CacheFusionErrors#NOT_A_MEMBER}, {@link CacheFusionErrors#NOT_THE_MASTER}, {@link
   *     CacheFusionErrors#BUCKET_RECOVERS}, {@link CacheFusionErrors#BUCKET_MOVES}, {@link
   *     CacheFusionErrors#BUCKET_BUSY}, {@link CacheFusionErrors#MOVE_INTERRUPTED}, or the reason
   *     for which the node has stopped. Then this node is still the master, unless a view change
   *     has ended the move
   */
  public CompletionStage<Void> moveBucket(int bucket, int to) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Optional<WeftException> stopped = run.stopError();
    if (stopped.isPresent()) {
      done.completeExceptionally(stopped.get());
    } else if (!interconnect.isPeer(to)) {
      done.completeExceptionally(
          new WeftException(
              CacheFusionErrors.NOT_A_MEMBER,
              "bucket " + bucket + " cannot be moved: n" + to + " is no other member of the view"));
    } else {
      shards.ofBucket(bucket).moves().move(bucket, to, done);
    }
    return done;
  }

  private interface ShardTask {
    void start(Shard shard, CompletableFuture<Void> done);
  }

  private CompletionStage<Void> onAllShards(ShardTask task) {
    CompletableFuture<?>[] all = new CompletableFuture<?>[shards.count()];
    for (int i = 0; i < all.length; i++) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      all[i] = done;
      Optional<WeftException> stopped = run.stopError();
      if (stopped.isPresent()) {
        done.completeExceptionally(stopped.get());
      } else {
        task.start(shards.at(i), done);
      }
    }
    return CompletableFuture.allOf(all);
  }

  /**
   * {@inheritDoc}
   *
   * <p>May be repeated, because a call that ran out of memory may have notified only some waiters.
   */
  @Override
  public void fail(WeftException reason) {
    WeftException error = run.stop(reason);
    for (int i = 0; i < shards.count(); i++) {
      shards.at(i).fail(error);
    }
    rebuild.fail(error);
    locks.fail(error);
    mastery.fail(error);
    run.notifyListeners(error);
  }

  @Override
  public void look() {
    for (int i = 0; i < shards.count(); i++) {
      shards.at(i).look();
    }
    rebuild.look();
    locks.look();
    mastery.look();
  }

  @Override
  public void close() {
    fail(new WeftException(CoreErrors.NODE_CLOSED, "the node has been closed"));
    storage.close();
    frames.close();
  }

  // ---- for other nodes -----------------------------------------------------------------------

  private void onMessage(int from, ByteBuffer header, MemorySegment payload) {
    long epoch = MessageCodec.epoch(header);
    if (MessageCodec.isRecovery(header)) {
      rebuild.receive(from, epoch, MessageCodec.decodeRecovery(header));
      return;
    }
    if (MoveCodec.isMove(header)) {
      MoveMessage message = MoveCodec.decode(header);
      shards.ofBucket(message.bucket()).moves().receive(from, epoch, message);
      return;
    }
    CacheFusionMessage message = MessageCodec.decode(header);
    if (message instanceof CacheFusionMessage.Data data) {
      takeImage(data, payload);
    }
    shards.of(message.block()).receive(from, epoch, message);
  }

  /** Copies an image into the frame that its ticket names. Runs on the transport's thread. */
  private void takeImage(CacheFusionMessage.Data data, MemorySegment payload) {
    int frame = data.ticket();
    if (frame < 0
        || frame >= frames.frames()
        || payload.byteSize() != contentBytes()
        || frames.file(frame) != data.block().file()
        || frames.number(frame) != data.block().number()
        || frames.isReadable(frame)) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          data + " with " + payload.byteSize() + " bytes names no frame reserved for it");
    }
    MemorySegment.copy(payload, 0, frames.content(frame), 0, payload.byteSize());
  }

  // ---- for checkers --------------------------------------------------------------------------

  /**
   * Makes one thread run everything at this node, and runs {@code between} at every step of an
   * application call, as if its thread were preempted there. Needs assertions. Call it before the
   * cache is used.
   */
  public void runOnOneThread(Runnable between) {
    scopes.runOnOneThread(between);
  }

  /**
   * Limits the number of blocks in one part of a report, so that small caches report in several
   * parts, too. Call it before the first view.
   */
  public void reportInPartsOf(int most) {
    rebuild.reportInPartsOf(most);
  }

  /** A message of this service as text. */
  public static String describe(byte[] header) {
    ByteBuffer in = ByteBuffer.wrap(header);
    if (MoveCodec.isMove(in)) {
      return MoveCodec.decode(in).toString();
    }
    return MessageCodec.isRecovery(in)
        ? MessageCodec.decodeRecovery(in).toString()
        : MessageCodec.decode(in).toString();
  }

  /** Number of the service of global locks on the interconnect. */
  public static final int LOCK_SERVICE = GlobalLocks.SERVICE;

  /** A message of the lock service as text. */
  public static String describeLock(byte[] header) {
    return GlobalLocks.describe(header);
  }

  /** Number of the service of masters on the interconnect. */
  public static final int MASTERY_SERVICE = MasteryService.SERVICE;

  /** A message of the service of masters as text. */
  public static String describeMastery(byte[] header) {
    return MasteryService.describe(header);
  }

  /** Number of waiting callers, including those that have given up and are not removed yet. */
  public int waitingCallers() {
    int waiting = 0;
    for (int i = 0; i < shards.count(); i++) {
      waiting += shards.at(i).waitingCallers();
    }
    return waiting;
  }

  /** What this node holds of a block. */
  public BlockState inspect(BlockId block) {
    return shards.of(block).inspect(block);
  }

  /**
   * Number of blocks that this node knows as a master, without those that wait for room and those
   * of shards whose directory is being rebuilt.
   */
  public int inspectDirectorySize() {
    int size = 0;
    for (int i = 0; i < shards.count(); i++) {
      size += shards.at(i).inspectDirectorySize();
    }
    return size;
  }

  /** The directory entry of a block that this node masters. */
  public DirectoryState inspectDirectory(BlockId block) {
    return shards.of(block).inspectDirectory(block);
  }

  /**
   * The master map that the block's shard has installed; shards install a view at different times.
   * For checkers.
   */
  public Optional<BucketMap> inspectMap(BlockId block) {
    return shards.of(block).inspectMap();
  }

  /** What {@link #moves} would say, at once. For checkers. */
  public Map<Integer, Integer> inspectMoves(long epoch) {
    Map<Integer, Integer> all = new HashMap<>();
    for (int i = 0; i < shards.count(); i++) {
      all.putAll(shards.at(i).moves().inspect(epoch));
    }
    return all;
  }
}
