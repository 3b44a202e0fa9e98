// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.frame.FrameRange;
import io.weft.cachefusion.node.Admission;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.RunState;
import io.weft.cachefusion.node.SerialExecutor;
import io.weft.cachefusion.protocol.CacheEntry;
import io.weft.cachefusion.protocol.CacheFusionMessage;
import io.weft.cachefusion.protocol.CacheState;
import io.weft.cachefusion.protocol.Directory;
import io.weft.cachefusion.protocol.LeaseRequest;
import io.weft.cachefusion.protocol.RecoveryMessage;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.protocol.ShardCache;
import io.weft.cachefusion.protocol.ShardTasks;
import io.weft.cachefusion.spec.BlockState;
import io.weft.cachefusion.spec.DirectoryState;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.recovery.RecoveryRedo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One shard of a node's directory and cache: the blocks of its buckets. Passes events to its state
 * machines, one at a time, on its executor. The machines send messages and start I/O through {@link
 * ShardEffects}.
 *
 * <p>Long because all events of a shard are read together.
 */
public final class Shard {
  /**
   * Most waiting callers of a shard. Each submits one event, and a second one if it gives up, so
   * half of the queue is left for other events.
   */
  public static final int MOST_WAITERS = SerialExecutor.MAX_EVENTS / 4;

  /** Most queued prefetches; further ones are dropped, because they are hints. */
  private static final int MOST_PREFETCHES = 64;

  /** Interval of write requests to other nodes during a drain or checkpoint: 20 ms. */
  private static final long URGENT_TICK_NS = TimeUnit.MILLISECONDS.toNanos(20);

  private final NodeServices node;
  private final ShardSettings settings;
  private final Prefetcher neighbours;
  private final Admission prefetches = new Admission(MOST_PREFETCHES);
  private final SequentialDetector sequential;
  private final ShardExecutor executor;
  private final ShardView view = new ShardView();
  private final OutsideWrites outsideWrites;
  private final Directory directory;
  private final ShardCache blocks;
  private final CacheState state;
  private final ShardTasks tasks;
  private final Holdings holdings;
  private final ShardMoves moves;
  private final RoomTicks roomTicks;
  private final Recoverer recovery;

  /**
   * Messages of the current view, which is not installed in this shard yet. Their number is
   * bounded: a member has a bounded number of open requests, releases and writes of the shard's
   * blocks. Messages of later views wait in the transport, which bounds them.
   */
  private final List<Runnable> parked = new ArrayList<>();

  private boolean ticking;

  /**
   * Creates a shard without blocks, in no view.
   *
   * @param index number of the shard in its node
   * @param range frames that belong to it
   * @param neighbours prefetches blocks of any shard
   * @param recoverer creates the recovery of its blocks
   */
  Shard(
      int index,
      FrameRange range,
      NodeServices node,
      FramePool frames,
      Devices devices,
      ShardSettings settings,
      Prefetcher neighbours,
      Function<ShardParts, Recoverer> recoverer) {
    this.node = node;
    this.settings = settings;
    this.neighbours = neighbours;
    this.executor = new ShardExecutor(node, this::afterEvent);
    this.outsideWrites = new OutsideWrites(node, devices.storage(), executor, view);
    RequestCount requests = new RequestCount(node.self(), settings.counting());
    ShardEffects effects =
        new ShardEffects(node, frames, devices, executor, view, outsideWrites, requests);
    this.directory =
        new Directory(
            node.self(), settings.shards(), settings.directoryEntries(), node.rules(), effects);
    this.blocks =
        new ShardCache(
            node.self(), frames, range, settings.limits(), node.rules(), effects, node.counters());
    this.state = blocks.state();
    this.tasks = new ShardTasks(blocks, node.rules());
    this.holdings = new Holdings(index, blocks, view);
    this.moves = new ShardMoves(node, executor, view, directory.moves(), blocks, requests);
    this.roomTicks = new RoomTicks(node, executor, directory.room());
    this.sequential =
        new SequentialDetector(
            settings.prefetchWindow(),
            node.counters().prefetchRequests::sum,
            node.counters().prefetchHits::sum);
    this.recovery =
        recoverer.apply(new ShardParts(executor, view, directory, outsideWrites, effects));
    effects.answerTo(blocks, recovery, this::receive);
    blocks.writeBack().allocate(devices.storage().arena());
  }

  // ---- events, from any thread ---------------------------------------------------------------

  /** A message sent in epoch {@code sent} has arrived, from another node or from this one. */
  public void receive(int from, long sent, CacheFusionMessage message) {
    executor.execute(() -> onMessage(from, sent, message));
  }

  /** A caller could not pin a block on the fast path. */
  public void acquire(LeaseRequest request) {
    if (blocks.admission().enter()) {
      executor.executeAlways(() -> onAcquire(request));
    } else {
      request.fail(
          new WeftException(
              CoreErrors.BACK_PRESSURED,
              "block "
                  + request.block()
                  + ": "
                  + blocks.admission().most()
                  + " callers already wait at its shard; retry later or raise"
                  + " weft.cache-fusion.max-waiters"));
    }
  }

  /** The moves of the shard's buckets to other masters. */
  public ShardMoves moves() {
    return moves;
  }

  /** A caller has given up waiting. */
  public void abandoned(LeaseRequest request) {
    try {
      executor.executeAlways(() -> onAbandoned(request));
    } catch (OutOfMemoryError | StackOverflowError e) {
      executor.fail(e); // the request would stay queued without a caller
      throw e;
    }
  }

  /** The last pin of a frame with the slow bit has been released. */
  public void unpinned(int frame) {
    try {
      executor.executeAlways(() -> onUnpinned(frame));
    } catch (OutOfMemoryError | StackOverflowError e) {
      executor.fail(e); // callers that wait for the block would not be served
      throw e;
    }
  }

  /** Hint that blocks of one extent will be used. */
  void prefetch(int file, long first, int count) {
    if (prefetches.enter()) {
      executor.executeAlways(
          () -> {
            prefetches.leave();
            onPrefetch(file, first, count);
          });
    }
  }

  /** Writes all dirty blocks. */
  public void flush(CompletableFuture<Void> done) {
    executor.executeAlways(
        () -> {
          if (!hasStopped(done)) {
            tasks.flush(done);
          }
        });
  }

  /**
   * Completes {@code done} when all changes made so far are on disk, written by this node or
   * others.
   */
  public void checkpoint(CompletableFuture<Void> done) {
    executor.executeAlways(
        () -> {
          if (!hasStopped(done)) {
            tasks.checkpoint(done);
            tick();
          }
        });
  }

  /** Releases all blocks. */
  public void drain(CompletableFuture<Void> done) {
    executor.executeAlways(
        () -> {
          if (!hasStopped(done)) {
            tasks.drain(done);
            tick();
          }
        });
  }

  private boolean hasStopped(CompletableFuture<Void> done) {
    return executor.stopped() != null && done.completeExceptionally(executor.stopped());
  }

  /** The node stops: waiting work is dropped, and waiting callers get the error. */
  public void fail(WeftException reason) {
    executor.executeFirst(() -> onFail(reason));
  }

  /** Resumes work that was interrupted by lack of memory or stack. */
  public void look() {
    executor.look();
  }

  // ---- handling, on the executor -------------------------------------------------------------

  private void onMessage(int from, long sent, CacheFusionMessage message) {
    if (sent > view.epoch()) {
      parked.add(() -> onMessage(from, sent, message)); // the view is being installed
    } else if (node.rules().isOfEpoch(sent, view.epoch())) {
      handle(from, message);
    }
  }

  private void handle(int from, CacheFusionMessage message) {
    switch (message) {
      case CacheFusionMessage.Request m -> directory.recvRequest(from, m);
      case CacheFusionMessage.Done m -> directory.recvDone(from, m);
      case CacheFusionMessage.Release m -> directory.recvRelease(from, m);
      case CacheFusionMessage.Forward m -> blocks.holder().recvForward(m);
      case CacheFusionMessage.Invalidate m -> blocks.holder().recvInvalidate(m);
      case CacheFusionMessage.ReleaseAccepted m -> blocks.holder().recvReleaseAccepted(m);
      case CacheFusionMessage.ReleaseRefused m -> blocks.holder().recvReleaseRefused(m);
      case CacheFusionMessage.Grant m -> blocks.requester().recvGrant(m);
      case CacheFusionMessage.Quarantined m -> {
        if (m.isToKeeper()) {
          blocks.keeper().recvNobodyWrites(m);
        } else {
          blocks.requester().recvQuarantined(m);
        }
      }
      case CacheFusionMessage.NoRoom m -> blocks.requester().recvNoRoom(m);
      case CacheFusionMessage.Recall m -> blocks.reclaimer().recvRecall(m);
      case CacheFusionMessage.Data m -> blocks.requester().recvData(from, m);
      case CacheFusionMessage.Ack m -> blocks.requester().recvAck(from, m);
      case CacheFusionMessage.Refused m -> blocks.requester().recvRefused(m);
      case CacheFusionMessage.Moved m -> moves.recvMoved(m);
      case CacheFusionMessage.Written m -> blocks.keeper().recvWritten(m);
      case CacheFusionMessage.WriteRequest m -> {
        if (m.forwarded()) {
          blocks.writeBack().recvWriteRequest(m);
        } else {
          directory.recvWriteRequest(from, m);
        }
      }
      case CacheFusionMessage.WritePast m -> blocks.keeper().recvWritePast(from, m);
      case CacheFusionMessage.PastWritten m -> recovery.recvPastWritten(m);
    }
  }

  private void onAcquire(LeaseRequest request) {
    if (executor.stopped() != null) {
      blocks.leases().fail(request, executor.stopped());
      return;
    }
    if (tasks.isEnding()) {
      // The caller checked before the drain began.
      blocks.leases().fail(request, RunState.closing());
      return;
    }
    BlockId block = request.block();
    blocks.leases().acquire(request);
    if (request.isMissed() && request.access() == Access.SHARED) {
      int ahead = sequential.onMiss(block.file(), block.number());
      if (ahead > 0) {
        // Not in this shard directly: the next block may be in an extent of another shard.
        neighbours.prefetch(block.file(), block.number() + 1, ahead);
      }
    }
  }

  private void onAbandoned(LeaseRequest request) {
    blocks.admission().leave();
    CacheEntry entry = state.find(request.block());
    if (entry != null && executor.stopped() == null) {
      blocks.leases().forget(entry, request);
    }
  }

  private void onUnpinned(int frame) {
    if (executor.stopped() == null) {
      blocks.onUnpinned(frame);
    }
  }

  private void onPrefetch(int file, long first, int count) {
    long end = Math.min(first + count, (first | (Buckets.EXTENT_BLOCKS - 1)) + 1);
    for (long number = first; number < end; number++) {
      if (executor.stopped() != null || tasks.isEnding() || !blocks.reclaimer().hasRoomToSpare()) {
        return;
      }
      BlockId block = new BlockId(file, number);
      if (state.find(block) == null) {
        CacheEntry entry = state.findOrMake(block);
        blocks.requester().want(entry, Access.SHARED, true);
        state.forgetIfIdle(entry);
      }
    }
  }

  private void onFail(WeftException reason) {
    if (executor.stopped() != null) {
      return;
    }
    executor.stop(reason);
    for (CacheEntry entry : state.entries()) {
      blocks.leases().failAll(entry, reason);
    }
    tasks.fail(reason);
    parked.clear();
    moves.stop(reason);
    outsideWrites.stop();
  }

  private void afterEvent() {
    if (executor.stopped() == null) {
      blocks.reclaimer().work();
      tasks.work();
      tick();
      roomTicks.work();
      outsideWrites.work();
    }
  }

  /** Schedules the next tick while there are past images, or a drain or checkpoint runs. */
  private void tick() {
    if (!ticking && (blocks.keeper().hasAny() || tasks.isUrgent())) {
      ticking = true;
      long delay = tasks.isUrgent() ? URGENT_TICK_NS : settings.pastImageAgeNs() / 2;
      node.runtime().schedule(delay, () -> executor.executeElsewhere(this::onTick));
    }
  }

  private void onTick() {
    ticking = false;
    if (executor.stopped() == null) {
      blocks.keeper().askForWrites(tasks.isUrgent() ? 0 : settings.pastImageAgeNs());
    }
  }

  // ---- view change ---------------------------------------------------------------------------

  /**
   * Installs a view. Open requests and releases are sent again, pending revocations are void, and
   * local hits continue.
   *
   * @param insiders the members that were members of the previous view in the same incarnation
   * @param done gets the lost part of the directory
   */
  public void install(long epoch, BucketMap map, NodeSet insiders, Consumer<Lost> done) {
    executor.execute(
        () -> {
          view.install(epoch, map, node.rules());
          outsideWrites.onInstall();
          recovery.onInstall();
          List<BlockId> suspects =
              directory.install(view.mastersBefore(), view.masters().orElseThrow(), insiders);
          for (CacheEntry entry : state.underWay()) {
            blocks.requester().onInstall(entry);
            blocks.holder().onInstall(entry);
          }
          done.accept(new Lost(suspects, directory.needsAll(), directory.movesKept()));
          List<Runnable> now = List.copyOf(parked);
          parked.clear();
          now.forEach(Runnable::run);
          moves.onInstall();
        });
  }

  /** Reports what this shard holds of the blocks of an inquiry by {@code asker}. */
  public void report(
      int asker, RecoveryMessage.Inquiry inquiry, long inquired, Consumer<List<Held>> done) {
    executor.execute(
        () -> {
          if (inquired != view.epoch()) {
            return;
          }
          // A write of an older epoch that lands later could overwrite one of the asker.
          outsideWrites.afterOld(() -> answer(asker, inquiry, inquired, done));
        });
  }

  private void answer(
      int asker, RecoveryMessage.Inquiry inquiry, long inquired, Consumer<List<Held>> done) {
    if (inquired != view.epoch()) {
      return;
    }
    done.accept(holdings.of(asker, inquiry));
  }

  /** All members have reported: serves the blocks that were only busy. */
  public void rebuildBusy(long epoch, Map<Integer, List<Held>> reports) {
    executor.execute(
        () -> {
          if (epoch == view.epoch()) {
            directory.rebuildBusy(reports);
          }
        });
  }

  /** All members have reported and all other nodes have stopped: rebuilds the directory. */
  public void rebuild(
      long epoch,
      Map<Integer, List<Held>> reports,
      List<BlockId> stale,
      Consumer<List<BlockId>> done) {
    executor.execute(
        () -> {
          if (epoch == view.epoch()) {
            done.accept(directory.rebuild(reports, stale));
          }
        });
  }

  /**
   * Brings a block under recovery to its newest version on disk, then serves it.
   *
   * @param kept versions of its saved images, in any order
   * @param written runs when the recovery of the next block may begin
   * @param served runs when the block is served
   */
  public void recover(
      long epoch,
      BlockId block,
      List<Long> kept,
      RecoveryRedo redo,
      Runnable written,
      Runnable served) {
    executor.execute(
        () -> {
          if (epoch == view.epoch()) {
            recovery.recover(block, kept, redo, written, served);
          }
        });
  }

  /**
   * The lost part of a shard's directory.
   *
   * @param suspects blocks of kept buckets whose entries are lost, and which a member may hold
   * @param everything whether members have to report all blocks that are mastered here
   * @param movesKept buckets that had moved to this node in the previous view and are not lost
   */
  public record Lost(List<BlockId> suspects, boolean everything, int movesKept) {}

  // ---- for statistics and checkers -----------------------------------------------------------

  public int waitingCallers() {
    return blocks.admission().inside();
  }

  /** The quarantined blocks that are mastered here. */
  public void quarantined(Consumer<List<BlockId>> done) {
    executor.execute(() -> done.accept(directory.quarantined()));
  }

  public int freeFrames() {
    return state.freeCount();
  }

  /** The shard's state of a block; for checkers that run between events. */
  public BlockState inspect(BlockId block) {
    return blocks.inspect(block);
  }

  /** The master map that the shard has installed. */
  public Optional<BucketMap> inspectMap() {
    return view.masters().map(map -> map);
  }

  /**
   * Number of blocks that the shard's directory knows, without those that wait for room; 0 while it
   * is being rebuilt.
   */
  public int inspectDirectorySize() {
    return directory.isRebuilding() ? 0 : directory.room().taken();
  }

  /** The directory's state of a block. */
  public DirectoryState inspectDirectory(BlockId block) {
    return directory.inspect(block);
  }
}
