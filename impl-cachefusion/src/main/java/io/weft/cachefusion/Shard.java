// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheEntry.Right;
import io.weft.cachefusion.RecoveryMessage.Held;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.recovery.DeadRedo;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Payload;
import io.weft.spi.view.Views;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * One shard of a node's directory and cache: the blocks of its buckets. Everything in it runs on
 * its serial executor; this class brings events to the state machines and carries out what they ask
 * for.
 */
final class Shard implements Effects {
  static final System.Logger LOG = System.getLogger("io.weft.cache");

  /** Callers that may wait at a shard: each brings one event, and a second if it gives up. */
  static final int MOST_WAITERS = SerialExecutor.MAX_EVENTS / 4;

  /** Prefetches that may be queued; more are left out, since they are hints. */
  private static final int MOST_PREFETCHES = 64;

  private final Admission prefetches = new Admission(MOST_PREFETCHES);
  private final CacheFusion cache;
  private final FramePool frames;
  private final Directory directory;
  private final ShardCache blocks;
  private final CacheState state;
  private final ShardTasks tasks;
  private final SequentialDetector sequential;
  private final SerialExecutor executor;
  private final BlockRecovery recovery;

  /**
   * Messages of the view that is in force but not yet installed here. Few: until a shard has it, no
   * member sends more than it has open requests, releases and writes of the shard's blocks, each of
   * which is bounded at its sender; messages of later views wait in the transport, which bounds
   * them.
   */
  private final List<Parked> parked = new ArrayList<>();

  private final List<Runnable> awaitingOldWrites = new ArrayList<>();
  private WeftException stopped;
  private boolean ticking;

  /** The view that this shard has installed, and its map. */
  private long epoch = Views.NO_EPOCH;

  private Optional<BucketMap> masters = Optional.empty();

  /** The map of the view before, if that was installed here, too. */
  private Optional<BucketMap> mastersBefore = Optional.empty();

  /**
   * Disk writes under way of blocks that this node does not hold (past images, recovered blocks):
   * begun in the epoch in force, and in older ones.
   */
  private int writesOfEpoch;

  private int oldWrites;

  Shard(
      CacheFusion cache,
      int firstFrame,
      int frameCount,
      ShardCache.Limits limits,
      Rules rules,
      CacheCounters counters) {
    this.cache = cache;
    this.frames = cache.frames();
    this.executor =
        new SerialExecutor(
            cache.runtime(), cache.bursts(), this::afterEvent, cache::onShardFailure);
    this.directory = new Directory(cache.self(), rules, this);
    this.blocks =
        new ShardCache(cache.self(), frames, firstFrame, frameCount, limits, rules, this, counters);
    this.state = blocks.state();
    this.tasks = new ShardTasks(blocks, rules);
    this.sequential =
        new SequentialDetector(
            cache.settings().prefetchWindow(),
            counters.prefetchRequests::sum,
            counters.prefetchHits::sum);
    this.recovery = new BlockRecovery(this, cache, directory, rules);
    blocks.writeBack().allocate(cache.arena());
  }

  // ---- events, from any thread ---------------------------------------------------------------

  /** As {@link #execute}, from a thread that must not work for others. */
  void executeElsewhere(Runnable event) {
    executor.executeElsewhere(
        () -> {
          if (stopped == null) {
            event.run();
          }
        });
  }

  /** A message of {@code sent}'s epoch has come, from another node or from this one. */
  void receive(int from, long sent, CacheFusionMessage message) {
    executor.execute(() -> onMessage(from, sent, message));
  }

  /** Something else has happened; nothing is done after the node has stopped. */
  void execute(Runnable event) {
    executor.execute(
        () -> {
          if (stopped == null) {
            event.run();
          }
        });
  }

  /** A caller could not pin a block by itself. */
  void acquire(LeaseRequest request) {
    if (blocks.admission().enter()) {
      executor.execute(() -> onAcquire(request));
    } else {
      request.fail(
          new WeftException(
              CoreErrors.BACK_PRESSURED,
              "block "
                  + request.block()
                  + ": "
                  + blocks.admission().most()
                  + " callers wait at its shard already; retry later or raise"
                  + " weft.cache-fusion.max-waiters"));
    }
  }

  /** A caller has given up waiting. */
  void abandoned(LeaseRequest request) {
    try {
      executor.execute(() -> onAbandoned(request));
    } catch (OutOfMemoryError | StackOverflowError e) {
      executor.fail(e); // the request would be granted to nobody
      throw e;
    }
  }

  /** The last pin of a slow frame is gone. */
  void unpinned(int frame) {
    try {
      executor.execute(() -> onUnpinned(frame));
    } catch (OutOfMemoryError | StackOverflowError e) {
      executor.fail(e); // who waits for the block would never hear of it
      throw e;
    }
  }

  /** Blocks of one extent will be wanted. */
  void prefetch(int file, long first, int count) {
    if (prefetches.enter()) {
      executor.execute(
          () -> {
            prefetches.leave();
            onPrefetch(file, first, count);
          });
    }
  }

  /** Writes everything dirty. */
  void flush(CompletableFuture<Void> done) {
    executor.execute(
        () -> {
          if (!hasStopped(done)) {
            tasks.flush(done);
          }
        });
  }

  /** Has everything that is changed by now brought to disk, by this node or others. */
  void checkpoint(CompletableFuture<Void> done) {
    executor.execute(
        () -> {
          if (!hasStopped(done)) {
            tasks.checkpoint(done);
            tick();
          }
        });
  }

  /** Gives everything up. */
  void drain(CompletableFuture<Void> done) {
    executor.execute(
        () -> {
          if (!hasStopped(done)) {
            tasks.drain(done);
            tick();
          }
        });
  }

  private boolean hasStopped(CompletableFuture<Void> done) {
    return stopped != null && done.completeExceptionally(stopped);
  }

  /** The node stops: nothing that waits may still be done, and who waits has to hear of it. */
  void fail(WeftException reason) {
    executor.executeFirst(() -> onFail(reason));
  }

  /** Sees to it that what could not go on, for want of memory or stack, goes on. */
  void look() {
    executor.look();
  }

  // ---- handling, on the executor -------------------------------------------------------------

  private void onMessage(int from, long sent, CacheFusionMessage message) {
    if (stopped != null) {
      return;
    }
    if (sent > epoch) {
      parked.add(new Parked(from, sent, message)); // the view is being installed at this moment
    } else if (cache.rules().isOfEpoch(sent, epoch)) {
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
      case CacheFusionMessage.Data m -> blocks.requester().recvData(from, m);
      case CacheFusionMessage.Ack m -> blocks.requester().recvAck(from, m);
      case CacheFusionMessage.Refused m -> blocks.requester().recvRefused(m);
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
    if (stopped != null) {
      blocks.leases().fail(request, stopped);
      return;
    }
    if (tasks.isEnding()) {
      // It had looked before the node began to leave.
      blocks.leases().fail(request, CacheFusion.closing());
      return;
    }
    BlockId block = request.block();
    blocks.leases().acquire(request);
    if (request.isMissed() && request.access() == Access.SHARED) {
      int ahead = sequential.onMiss(block.file(), block.number());
      if (ahead > 0) {
        // Through the cache: the next block may lie in the next extent, which another shard owns.
        cache.prefetch(block.file(), block.number() + 1, ahead);
      }
    }
  }

  private void onAbandoned(LeaseRequest request) {
    blocks.admission().leave();
    CacheEntry entry = state.find(request.block());
    if (entry != null && stopped == null) {
      blocks.leases().forget(entry, request);
    }
  }

  private void onUnpinned(int frame) {
    if (stopped == null) {
      blocks.onUnpinned(frame);
    }
  }

  private void onPrefetch(int file, long first, int count) {
    long end = Math.min(first + count, (first | (Buckets.EXTENT_BLOCKS - 1)) + 1);
    for (long number = first; number < end; number++) {
      if (stopped != null || tasks.isEnding() || !blocks.reclaimer().hasRoomToSpare()) {
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
    if (stopped != null) {
      return;
    }
    stopped = reason;
    for (CacheEntry entry : state.entries()) {
      blocks.leases().failAll(entry, reason);
    }
    tasks.fail(reason);
    parked.clear();
    awaitingOldWrites.clear();
  }

  private void afterEvent() {
    if (stopped == null) {
      blocks.reclaimer().work();
      tasks.work();
      tick();
      if (!awaitingOldWrites.isEmpty() && cache.rules().settled(oldWrites)) {
        List<Runnable> ready = List.copyOf(awaitingOldWrites);
        awaitingOldWrites.clear();
        ready.forEach(Runnable::run);
      }
    }
  }

  /** Comes back later while past images grow old or a drain waits for others. */
  private void tick() {
    if (!ticking && (blocks.keeper().hasAny() || tasks.isUrgent())) {
      ticking = true;
      long delay = tasks.isUrgent() ? CacheFusion.DRAIN_TICK_NS : cache.pastImageAgeNs() / 2;
      cache.runtime().schedule(delay, () -> executor.executeElsewhere(this::onTick));
    }
  }

  private void onTick() {
    ticking = false;
    if (stopped == null) {
      blocks.keeper().askForWrites(tasks.isUrgent() ? 0 : cache.pastImageAgeNs());
    }
  }

  // ---- view change ---------------------------------------------------------------------------

  /**
   * Goes over into a view. Requests and releases that are open are sent again; what was under way
   * is void; local hits go on.
   *
   * @param insiders bitmap of the members that have been members before, in the same incarnation
   * @param done gets the blocks whose directory entries are lost although their bucket is not
   */
  void install(long view, BucketMap map, long insiders, Consumer<Lost> done) {
    execute(
        () -> {
          mastersBefore = cache.rules().nothingSkipped(view, epoch) ? masters : Optional.empty();
          epoch = view;
          masters = Optional.of(map);
          oldWrites += writesOfEpoch;
          writesOfEpoch = 0;
          recovery.onInstall();
          List<BlockId> suspects = directory.install(mastersBefore, map, insiders);
          for (CacheEntry entry : state.underWay()) {
            blocks.requester().onInstall(entry);
            blocks.holder().onInstall(entry);
          }
          done.accept(new Lost(suspects, directory.keepsNothing()));
          List<Parked> now = List.copyOf(parked);
          parked.clear();
          now.forEach(message -> onMessage(message.from, message.sent, message.message));
        });
  }

  /** Tells what this shard has of the blocks of an inquiry by {@code asker}. */
  void report(
      int asker, RecoveryMessage.Inquiry inquiry, long inquired, Consumer<List<Held>> done) {
    execute(
        () -> {
          if (inquired != epoch) {
            return;
          }
          // A write of an older epoch that lands later could undo what the asker will write.
          awaitingOldWrites.add(() -> answer(asker, inquiry, inquired, done));
        });
  }

  private void answer(
      int asker, RecoveryMessage.Inquiry inquiry, long inquired, Consumer<List<Held>> done) {
    if (inquired != epoch) {
      return;
    }
    done.accept(
        inquiry.scope() == RecoveryMessage.Scope.NAMED
            ? heldOf(inquiry.blocks())
            : heldFor(asker, inquiry.scope()));
  }

  private List<Held> heldOf(List<BlockId> named) {
    List<Held> held = new ArrayList<>();
    for (BlockId block : named) {
      if (cache.shard(block.file(), block.number()) == this) {
        CacheEntry entry = state.find(block);
        if (entry != null) {
          blocks.holder().report(entry).ifPresent(held::add);
        }
      }
    }
    return held;
  }

  private List<Held> heldFor(int master, RecoveryMessage.Scope scope) {
    List<Held> held = new ArrayList<>();
    for (CacheEntry entry : state.entries()) {
      if (masterOf(entry.block) == master) {
        blocks
            .holder()
            .report(entry)
            .filter(each -> concerns(master, scope, each))
            .ifPresent(held::add);
      }
    }
    return held;
  }

  private boolean concerns(int asker, RecoveryMessage.Scope scope, Held held) {
    return scope == RecoveryMessage.Scope.MASTERED
        || held.right() == CacheEntry.Right.NONE
        || mastersBefore
            .map(map -> map.masterOf(held.block().file(), held.block().number()) != asker)
            .orElse(true);
  }

  /** Everybody has reported: what was merely busy is served. */
  void rebuildBusy(long view, Map<Integer, List<Held>> reports) {
    execute(
        () -> {
          if (view == epoch) {
            directory.rebuildBusy(reports);
          }
        });
  }

  /** Everybody has reported and everybody else has stopped: the directory is rebuilt. */
  void rebuild(
      long view,
      Map<Integer, List<Held>> reports,
      List<BlockId> stale,
      Consumer<List<BlockId>> done) {
    execute(
        () -> {
          if (view == epoch) {
            done.accept(directory.rebuild(reports, stale));
          }
        });
  }

  /**
   * Brings a block under recovery to its newest version on disk, then serves it.
   *
   * @param kept versions of its images that are kept beside the blocks, in any order
   * @param written runs when the next one may begin
   * @param served runs when it is served
   */
  void recover(
      long view, BlockId block, List<Long> kept, DeadRedo redo, Runnable written, Runnable served) {
    execute(
        () -> {
          if (view == epoch) {
            recovery.recover(block, kept, redo, written, served);
          }
        });
  }

  long epoch() {
    return epoch;
  }

  /**
   * Writes a block that this node does not hold, once. While that is under way members that ask
   * wait for it (R31); while there is no space it is not, so that nobody waits for space.
   *
   * @param landed runs when it is written
   * @param noSpace gets the time after which it may be tried again
   */
  void writeOutside(
      BlockId block, long version, MemorySegment physical, Runnable landed, LongConsumer noSpace) {
    long begun = epoch;
    writesOfEpoch++;
    cache
        .writer()
        .write(
            block.file(),
            block.number(),
            version,
            begun,
            physical,
            new BlockWriter.Attempt() {
              @Override
              public void onWritten() {
                end(landed);
              }

              @Override
              public void onNoSpace(long delayNs) {
                end(() -> noSpace.accept(delayNs));
              }

              private void end(Runnable then) {
                execute(
                    () -> {
                      outsideWriteEnds(begun);
                      then.run();
                    });
              }

              @Override
              public void onWriteFailed(WeftException reason) {
                cache.onShardFailure(reason);
              }
            });
  }

  /** It has ended; {@code begun} is the epoch in which it began. */
  private void outsideWriteEnds(long begun) {
    if (begun == epoch) {
      writesOfEpoch--;
    } else {
      oldWrites--;
    }
  }

  /**
   * What is lost of a shard's directory.
   *
   * @param suspects blocks of kept buckets whose entries were busy or name an outsider, but those
   *     that only outsiders held
   * @param everything whether no bucket is kept
   */
  record Lost(List<BlockId> suspects, boolean everything) {}

  /** A message that came before its view was installed here. */
  private record Parked(int from, long sent, CacheFusionMessage message) {}

  // ---- effects -------------------------------------------------------------------------------

  @Override
  public void send(int to, CacheFusionMessage message) {
    if (to == cache.self()) {
      receive(to, epoch, message);
    } else {
      cache.send(to, epoch, message, Payload.NONE);
    }
  }

  @Override
  public void touched(BlockId block, int waiting) {
    cache.touched(block, waiting);
  }

  @Override
  public void recoverAgain(BlockId block) {
    recovery.recoverAgain(block);
  }

  @Override
  public void ship(int to, CacheFusionMessage.Data message, int frame) {
    if (to == cache.self()) {
      throw new WeftException(CoreErrors.INVARIANT_BROKEN, message + " to the node that ships it");
    }
    frames.ship(frame);
    cache.send(to, epoch, message, new ShippedFrame(frame));
  }

  @Override
  public void broadcast(CacheFusionMessage message) {
    cache.broadcast(epoch, message);
  }

  @Override
  public void read(CacheEntry entry) {
    MemorySegment into = frames.physical(entry.pending.frame);
    BlockId block = entry.block;
    cache.store().read(block.file(), block.number(), into, new DiskRead(entry));
  }

  @Override
  public void write(CacheEntry entry, MemorySegment copy, long version) {
    BlockId block = entry.block;
    if (cache.mayWrite()) {
      cache
          .writer()
          .write(
              block.file(),
              block.number(),
              version,
              epoch,
              copy,
              new DiskWrite(entry, copy, version));
    }
  }

  @Override
  public void force(CacheEntry entry, long version) {
    cache.forces().afterNext(() -> execute(() -> blocks.writeBack().onStable(entry, version)));
  }

  @Override
  public boolean writePast(int master, CacheEntry entry, long version) {
    if (!cache.mayWrite()) {
      return false;
    }
    MemorySegment copy = cache.takeBuffer();
    copy.copyFrom(frames.physical(entry.pastImage));
    long begun = epoch;
    writeOutside(
        entry.block,
        version,
        copy,
        () -> onPastLanded(master, entry, version, copy, begun),
        delayNs -> {
          cache.giveBuffer(copy);
          blocks.keeper().onPastWriteEnded(entry);
          cache
              .runtime()
              .schedule(
                  delayNs, () -> executeElsewhere(() -> againPast(master, entry, version, begun)));
        });
    return true;
  }

  /**
   * Tries again to write a past image that found no space: handles its master's request once more,
   * unless a new view has come.
   */
  private void againPast(int master, CacheEntry entry, long version, long begun) {
    if (begun == epoch) {
      blocks.keeper().recvWritePast(master, new CacheFusionMessage.WritePast(entry.block, version));
    }
  }

  private void onPastLanded(
      int master, CacheEntry entry, long version, MemorySegment copy, long begun) {
    cache.giveBuffer(copy);
    blocks.keeper().onPastWriteEnded(entry);
    cache
        .forces()
        .afterNext(
            () ->
                execute(
                    () -> {
                      if (begun == epoch) {
                        blocks.keeper().onPastWritten(master, entry, version);
                      }
                    }));
  }

  @Override
  public void keepPast(CacheEntry entry, long version) {
    MemorySegment copy = cache.takeBuffer();
    copy.copyFrom(frames.physical(entry.pastImage));
    cache.recoveryLane().execute(() -> keepPast(entry, version, copy));
  }

  /** Off the shard. */
  private void keepPast(CacheEntry entry, long version, MemorySegment copy) {
    BlockId block = entry.block;
    try {
      Optional<String> place = cache.store().keepAside(block.file(), block.number(), version, copy);
      if (place.isEmpty()) {
        keepPastLater(entry, version, "the storage has no place for it");
        return;
      }
      cache.pastsKept().overcome();
      LOG.log(
          Level.WARNING,
          "block {0} is quarantined, and this node has its past image, version {1}: it is kept in"
              + " {2}; no redo is held back for it any more; restore the block, or see \"weft block"
              + " forget\"",
          block,
          version,
          place.get());
      execute(() -> blocks.keeper().onPastKept(entry, version));
    } catch (WeftException e) {
      keepPastLater(entry, version, e.toString());
    } finally {
      cache.giveBuffer(copy);
    }
  }

  private void keepPastLater(CacheEntry entry, long version, String why) {
    long delayNs =
        cache
            .pastsKept()
            .met(
                () ->
                    "block "
                        + entry.block
                        + " is quarantined, and its past image, version "
                        + version
                        + ", cannot be kept beside the blocks: checkpoints wait, redo is held"
                        + " back; restore the block, or see \"weft block forget\": "
                        + why);
    cache
        .runtime()
        .schedule(delayNs, () -> executeElsewhere(() -> blocks.keeper().onPastNotKept(entry)));
  }

  @Override
  public void whenDurable(long lsn, CacheEntry entry) {
    cache
        .redoLog()
        .whenDurable(
            lsn,
            () ->
                executor.execute(
                    () -> {
                      if (stopped == null) {
                        blocks.onDurable(entry);
                      }
                    }));
  }

  @Override
  public long durableLsn() {
    return cache.redoLog().durableLsn();
  }

  @Override
  public int master(CacheEntry entry) {
    return masterOf(entry.block);
  }

  private int masterOf(BlockId block) {
    return masters
        .orElseThrow(() -> new IllegalStateException("no view has been installed yet"))
        .masterOf(block.file(), block.number());
  }

  @Override
  public long nowNs() {
    return cache.runtime().nanoTime();
  }

  int waitingCallers() {
    return blocks.admission().inside();
  }

  /** Blocks mastered here that nobody gets. */
  void quarantined(Consumer<List<BlockId>> done) {
    execute(() -> done.accept(directory.quarantined()));
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

  Optional<BucketMap> inspectMap() {
    return masters;
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
      execute(() -> blocks.onShipped(frame));
    }
  }

  private final class DiskRead implements BlockStore.ReadCompletion {
    private final CacheEntry entry;

    DiskRead(CacheEntry entry) {
      this.entry = entry;
    }

    @Override
    public void onRead(long version) {
      executor.execute(
          () -> {
            if (stopped == null) {
              blocks.requester().onRead(entry, version);
            }
          });
    }

    @Override
    public void onReadFailed(WeftException reason) {
      executor.execute(
          () -> {
            if (stopped == null) {
              blocks.requester().onReadFailed(entry, reason);
            }
          });
    }
  }

  private final class DiskWrite implements BlockWriter.Attempt {
    private final CacheEntry entry;
    private final MemorySegment copy;
    private final long version;

    DiskWrite(CacheEntry entry, MemorySegment copy, long version) {
      this.entry = entry;
      this.copy = copy;
      this.version = version;
    }

    @Override
    public void onWritten() {
      executor.execute(
          () -> {
            if (stopped == null) {
              blocks.writeBack().onLanded(entry, copy, version);
            }
          });
    }

    @Override
    public void onNoSpace(long delayNs) {
      execute(
          () -> {
            blocks.writeBack().onNoSpace(entry, copy);
            cache
                .runtime()
                .schedule(
                    delayNs, () -> executeElsewhere(() -> blocks.writeBack().onMaybeSpace(entry)));
          });
    }

    @Override
    public void onWriteFailed(WeftException reason) {
      cache.onShardFailure(reason);
    }
  }
}
