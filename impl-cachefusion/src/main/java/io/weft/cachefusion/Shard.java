// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheEntry.Right;
import io.weft.spi.directory.Buckets;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Payload;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One shard of a node's directory and cache: the blocks of its buckets. Everything in it runs on
 * its serial executor; this class brings events to the state machines and carries out what they ask
 * for.
 */
final class Shard implements Effects {
  private final CacheFusion cache;
  private final FramePool frames;
  private final Directory directory;
  private final ShardState state;
  private final ShardTasks tasks;
  private final SequentialDetector sequential;
  private final SerialExecutor executor;
  private WeftException stopped;
  private boolean ticking;

  /** Waits for the directory to come to rest. */
  private Optional<CompletableFuture<Void>> left = Optional.empty();

  Shard(
      CacheFusion cache,
      int firstFrame,
      int frameCount,
      ShardState.ShardLimits limits,
      Rules rules,
      CacheCounters counters) {
    this.cache = cache;
    this.frames = cache.frames();
    this.executor = new SerialExecutor(cache.bursts(), this::afterEvent, cache::onShardFailure);
    this.directory = new Directory(cache.self(), rules, this);
    this.state =
        new ShardState(cache.self(), frames, firstFrame, frameCount, limits, rules, this, counters);
    this.tasks = new ShardTasks(state);
    this.sequential =
        new SequentialDetector(
            cache.settings().prefetchWindow(),
            counters.prefetchRequests::sum,
            counters.prefetchHits::sum);
    state.writeBack().allocate(cache.arena());
  }

  // ---- events, from any thread ---------------------------------------------------------------

  /** A message has come, from another node or from this one. */
  void receive(int from, CacheFusionMessage message) {
    executor.execute(() -> onMessage(from, message));
  }

  /** A caller could not pin a block by itself. */
  void acquire(LeaseRequest request) {
    executor.execute(() -> onAcquire(request));
  }

  /** A caller has given up waiting. */
  void abandoned(LeaseRequest request) {
    executor.execute(() -> onAbandoned(request));
  }

  /** The last pin of a slow frame is gone. */
  void unpinned(int frame) {
    executor.execute(() -> onUnpinned(frame));
  }

  /** Blocks of one extent will be wanted. */
  void prefetch(int file, long first, int count) {
    executor.execute(() -> onPrefetch(file, first, count));
  }

  /** Writes everything dirty. */
  void flush(CompletableFuture<Void> done) {
    executor.execute(() -> tasks.flush(done));
  }

  /** Gives everything up. */
  void drain(CompletableFuture<Void> done) {
    executor.execute(
        () -> {
          tasks.drain(done);
          tick();
        });
  }

  /** Serves no other node any more; {@code done} when nothing is on its way for this master. */
  void leave(CompletableFuture<Void> done) {
    executor.execute(
        () -> {
          directory.leave();
          left = Optional.of(done);
        });
  }

  /** A member has left as planned. */
  void peerLeft(int node) {
    executor.execute(() -> onPeerLeft(node));
  }

  /** The node stops. */
  void fail(WeftException reason) {
    executor.execute(() -> onFail(reason));
  }

  // ---- handling, on the executor -------------------------------------------------------------

  private void onMessage(int from, CacheFusionMessage message) {
    if (stopped != null) {
      return;
    }
    switch (message) {
      case CacheFusionMessage.Request m -> directory.recvRequest(from, m);
      case CacheFusionMessage.Done m -> directory.recvDone(from, m);
      case CacheFusionMessage.Release m -> directory.recvRelease(from, m);
      case CacheFusionMessage.Forward m -> state.holder().recvForward(m);
      case CacheFusionMessage.Invalidate m -> state.holder().recvInvalidate(m);
      case CacheFusionMessage.ReleaseAccepted m -> state.holder().recvReleaseAccepted(m);
      case CacheFusionMessage.ReleaseRefused m -> state.holder().recvReleaseRefused(m);
      case CacheFusionMessage.Grant m -> state.requester().recvGrant(m);
      case CacheFusionMessage.Data m -> state.requester().recvData(from, m);
      case CacheFusionMessage.Ack m -> state.requester().recvAck(from, m);
      case CacheFusionMessage.Refused m -> state.requester().recvRefused(m);
      case CacheFusionMessage.MasterLeaving m ->
          state.requester().recvMasterLeaving(m, cache.masterLeft(m.block(), masterOf(m.block())));
      case CacheFusionMessage.Written m -> state.recvWritten(m);
      case CacheFusionMessage.WriteRequest m -> {
        if (m.forwarded()) {
          state.recvWriteRequest(m);
        } else {
          directory.recvWriteRequest(from, m);
        }
      }
    }
  }

  private void onAcquire(LeaseRequest request) {
    if (stopped != null) {
      request.fail(stopped);
      return;
    }
    BlockId block = request.block();
    if (cache.isGone(masterOf(block)) && !isHeld(block, request.access())) {
      request.fail(cache.masterLeft(block, masterOf(block)));
      return;
    }
    state.leases().acquire(request);
    if (request.isMissed() && request.access() == Access.SHARED) {
      int ahead = sequential.onMiss(block.file(), block.number());
      if (ahead > 0) {
        // Through the cache: the next block may lie in the next extent, which another shard owns.
        cache.prefetch(block.file(), block.number() + 1, ahead);
      }
    }
  }

  private boolean isHeld(BlockId block, Access access) {
    CacheEntry entry = state.find(block);
    return entry != null && entry.right.permits(access);
  }

  private void onAbandoned(LeaseRequest request) {
    CacheEntry entry = state.find(request.block());
    if (entry != null && stopped == null) {
      state.leases().forget(entry, request);
    }
  }

  private void onUnpinned(int frame) {
    CacheEntry owner = state.ownerOf(frame);
    if (owner != null && owner.frame == frame && stopped == null) {
      state.leases().pump(owner);
    }
  }

  private void onPrefetch(int file, long first, int count) {
    long end = Math.min(first + count, (first | (Buckets.EXTENT_BLOCKS - 1)) + 1);
    for (long number = first; number < end; number++) {
      if (stopped != null || tasks.isDraining() || !state.reclaimer().hasRoomToSpare()) {
        return;
      }
      BlockId block = new BlockId(file, number);
      if (state.find(block) == null && !cache.isGone(masterOf(block))) {
        CacheEntry entry = state.findOrMake(block);
        state.requester().want(entry, Access.SHARED, true);
        state.forgetIfIdle(entry);
      }
    }
  }

  private void onPeerLeft(int node) {
    List<CacheEntry> affected = new ArrayList<>();
    for (CacheEntry entry : state.entries()) {
      if (master(entry) == node) {
        affected.add(entry);
      }
    }
    for (CacheEntry entry : affected) {
      if (entry.pending.isOpen() && !entry.pending.reading) { // leave(): this one never began
        answerForGone(new CacheFusionMessage.Request(entry.block, Access.SHARED, false, 0));
      }
      if (entry.releasing) {
        answerForGone(new CacheFusionMessage.Release(entry.block));
      }
      if (entry.pastImage != FramePool.NONE) {
        state.dropPastImage(entry); // nobody can be given the block any more
      }
      state.leases().pump(entry);
    }
  }

  /**
   * Stands in for a master that has left: it serves nobody any more, and takes back what a holder
   * gives up, since nobody else can get it.
   */
  private void answerForGone(CacheFusionMessage message) {
    switch (message) {
      case CacheFusionMessage.Request m ->
          receive(cache.self(), new CacheFusionMessage.MasterLeaving(m.block()));
      case CacheFusionMessage.Release m ->
          receive(cache.self(), new CacheFusionMessage.ReleaseAccepted(m.block()));
      case CacheFusionMessage.WriteRequest m ->
          receive(cache.self(), new CacheFusionMessage.Written(m.block(), m.version()));
      default -> {} // it has no use for it
    }
  }

  private void onFail(WeftException reason) {
    if (stopped != null) {
      return;
    }
    stopped = reason;
    for (CacheEntry entry : state.entries()) {
      state.leases().failAll(entry, reason);
    }
    tasks.fail(reason);
    left.ifPresent(done -> done.completeExceptionally(reason));
  }

  private void afterEvent() {
    if (stopped == null) {
      state.reclaimer().work();
      tasks.work();
      tick();
      if (left.isPresent() && directory.isQuiet()) {
        left.get().complete(null);
        left = Optional.empty();
      }
    }
  }

  /** Comes back later while past images grow old or a drain waits for others. */
  private void tick() {
    if (!ticking && (state.hasPastImages() || tasks.isDraining())) {
      ticking = true;
      long delay = tasks.isDraining() ? CacheFusion.DRAIN_TICK_NS : cache.pastImageAgeNs() / 2;
      cache.runtime().schedule(delay, () -> executor.execute(this::onTick));
    }
  }

  private void onTick() {
    ticking = false;
    if (stopped == null) {
      state.askForWrites(tasks.isDraining() ? 0 : cache.pastImageAgeNs());
    }
  }

  // ---- effects -------------------------------------------------------------------------------

  @Override
  public void send(int to, CacheFusionMessage message) {
    if (to == cache.self()) {
      receive(to, message);
    } else if (cache.isGone(to)) {
      answerForGone(message);
    } else {
      cache.send(to, message, Payload.NONE);
    }
  }

  @Override
  public void ship(int to, CacheFusionMessage.Data message, int frame) {
    if (to == cache.self()) {
      throw new WeftException(CoreErrors.INVARIANT_BROKEN, message + " to the node that ships it");
    }
    frames.ship(frame);
    cache.send(to, message, new ShippedFrame(frame));
  }

  @Override
  public void broadcast(CacheFusionMessage message) {
    cache.broadcast(message);
  }

  @Override
  public void read(CacheEntry entry) {
    MemorySegment into = frames.physical(entry.pending.frame);
    BlockId block = entry.block;
    cache.store().read(block.file(), block.number(), into, new Reading(entry));
  }

  @Override
  public void write(CacheEntry entry, MemorySegment copy, long version) {
    BlockId block = entry.block;
    cache
        .store()
        .write(
            block.file(),
            block.number(),
            version,
            cache.epoch(),
            copy,
            new Writing(entry, copy, version));
  }

  @Override
  public void whenDurable(long lsn, CacheEntry entry) {
    cache
        .redo()
        .whenDurable(
            lsn,
            () ->
                executor.execute(
                    () -> {
                      if (stopped == null) {
                        state.onDurable(entry);
                      }
                    }));
  }

  @Override
  public long durableLsn() {
    return cache.redo().durableLsn();
  }

  @Override
  public int master(CacheEntry entry) {
    return masterOf(entry.block);
  }

  private int masterOf(BlockId block) {
    return cache.directory().masterOf(block.file(), block.number());
  }

  @Override
  public long nowNs() {
    return cache.runtime().nanoTime();
  }

  int freeFrames() {
    return state.freeCount();
  }

  /** What the shard knows of a block; for checkers that run between events. */
  CacheFusion.BlockState inspect(BlockId block) {
    CacheEntry entry = state.find(block);
    if (entry == null) {
      return CacheFusion.BlockState.ABSENT;
    }
    boolean held = entry.right != Right.NONE;
    return new CacheFusion.BlockState(
        entry.mode(frames),
        held && frames.isReadable(entry.frame),
        held && frames.isChangeable(entry.frame),
        held ? frames.version(entry.frame) : 0,
        held && frames.isWritePinned(entry.frame),
        entry.releasing,
        entry.pending.isOpen(),
        entry.writing,
        entry.waiters.size(),
        entry.pastImage == FramePool.NONE ? 0 : frames.version(entry.pastImage),
        held ? frames.readOnly(entry.frame) : MemorySegment.NULL);
  }

  CacheFusion.DirectoryState inspectDirectory(BlockId block) {
    return directory.inspect(block);
  }

  private final class ShippedFrame implements Payload {
    private final int frame;

    ShippedFrame(int frame) {
      this.frame = frame;
    }

    @Override
    public MemorySegment segment() {
      return frames.content(frame);
    }

    @Override
    public void released() {
      executor.execute(() -> state.shipped(frame));
    }
  }

  private final class Reading implements BlockStore.ReadCompletion {
    private final CacheEntry entry;

    Reading(CacheEntry entry) {
      this.entry = entry;
    }

    @Override
    public void onRead(long version) {
      executor.execute(
          () -> {
            if (stopped == null) {
              state.requester().onRead(entry, version);
            }
          });
    }

    @Override
    public void onReadFailed(WeftException reason) {
      executor.execute(
          () -> {
            if (stopped == null) {
              state.requester().onReadFailed(entry, reason);
            }
          });
    }
  }

  private final class Writing implements BlockStore.WriteCompletion {
    private final CacheEntry entry;
    private final MemorySegment copy;
    private final long version;

    Writing(CacheEntry entry, MemorySegment copy, long version) {
      this.entry = entry;
      this.copy = copy;
      this.version = version;
    }

    @Override
    public void onWritten() {
      executor.execute(
          () -> {
            if (stopped == null) {
              state.writeBack().onWritten(entry, copy, version);
            }
          });
    }

    @Override
    public void onWriteFailed(WeftException reason) {
      cache.onShardFailure(reason);
    }
  }
}
