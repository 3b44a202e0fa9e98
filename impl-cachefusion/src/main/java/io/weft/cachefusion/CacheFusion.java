// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.BlockId;
import io.weft.api.BlockMode;
import io.weft.api.CacheStatistics;
import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.recovery.DeadRedo;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.runtime.BlockingLane;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Setback;
import io.weft.spi.session.LamportClock;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The coherent cache of a node: the entrance for applications (scopes) and for the other nodes
 * (messages). Thread-safe.
 *
 * <p>A local hit is one compare-and-set on the frame's state word and does not come here;
 * everything else is an event of the block's {@link Shard}, run by the thread that brings it.
 */
public final class CacheFusion implements CoherentCache {
  /** Number of the service on the interconnect. */
  public static final int SERVICE = 1;

  /** Calls of {@link #writeBack} under way at once; each looks at all blocks. */
  private static final int MOST_WRITE_BACKS = 64;

  static final long DRAIN_TICK_NS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Blocks to which redo is applied at a time; the registry must find threads left. */
  private static final int RECOVERY_THREADS = 4;

  private final CacheFusionSettings settings;
  private final int self;
  private final NodeRuntime runtime;
  private final Transport transport;
  private final BlockStore store;
  private final int contentBytes;
  private final BlockWriter writer;
  private final Views views;
  private final RedoLog redo;
  private final LamportClock clock;
  private final NodeFailure failure;
  private final CacheCounters counters;
  private final SerialExecutor.Bursts bursts;
  private final Arena arena = Arena.ofShared();
  private final FramePool frames;
  private final Shard[] shards;

  /** In the order of their arrival, so that a simulated stop repeats. */
  private final Set<Consumer<WeftException>> stopListeners =
      Collections.synchronizedSet(new LinkedHashSet<>());

  /**
   * Buffers that are free again. No more are made than are in use at once: one for each past image
   * that is being written, of which every shard has a bound, and for each block that the redo
   * strategy has under recovery.
   */
  private final ConcurrentLinkedQueue<MemorySegment> buffers = new ConcurrentLinkedQueue<>();

  /** Applies redo to blocks, and leaves threads to what else blocks. */
  private final BlockingLane recoveryLane;

  private final Rules rules;
  private final DirectoryRebuild rebuild;
  private final Admission writeBacks = new Admission(MOST_WRITE_BACKS);
  private final Forces forces;
  private final Setback pastsKept;

  /** What happens while an application thread is interrupted; nothing but for checkers. */
  private Runnable interruption = () -> {};

  /** Whether one thread acts for all users, which is then none of them. */
  private boolean oneThread;

  private int blocksPerReport = MessageCodec.BLOCKS_PER_REPORT;

  private Supplier<Arena> segments = Arena::ofShared;

  /** The scopes that a thread has made last: where its own leases may be. */
  private final ThreadLocal<RecentScopes> scopesOfThread =
      ThreadLocal.withInitial(RecentScopes::new);

  /** The other members of the view in force. */
  private volatile int[] peers = {};

  private volatile WeftException stopped;
  private volatile boolean draining;

  /** Allocates the cache and registers it with the transport. */
  @Inject
  public CacheFusion(
      CacheFusionSettings settings,
      NodeSettings node,
      NodeRuntime runtime,
      Transport transport,
      BlockStore store,
      Views views,
      RedoLog redo,
      RedoStrategy strategy,
      Metrics metrics,
      LamportClock clock,
      NodeFailure failure,
      Rules rules) {
    this.settings = settings;
    this.self = node.nodeId().value();
    this.runtime = runtime;
    this.transport = transport;
    this.store = store;
    this.contentBytes = store.layout().contentBytes();
    this.writer = new BlockWriter(store, runtime::nanoTime, rules);
    this.views = views;
    this.redo = redo;
    this.clock = clock;
    this.failure = failure;
    this.counters = new CacheCounters(metrics);
    this.bursts =
        new SerialExecutor.Bursts() {
          @Override
          public void begin() {
            transport.beginBurst();
          }

          @Override
          public void end() {
            transport.endBurst();
          }
        };
    this.rules = rules;
    this.forces = new Forces(runtime, store, this::isStopped, this::onShardFailure);
    this.pastsKept = new Setback(Shard.LOG, runtime::nanoTime);
    this.recoveryLane = new BlockingLane(runtime.blocking(), RECOVERY_THREADS);
    this.rebuild = new DirectoryRebuild(this, rules, strategy, node);
    this.frames = new FramePool(settings.frames(), settings.shards(), store.layout());
    this.shards = new Shard[settings.shards()];
    int each = settings.frames() / settings.shards();
    ShardCache.Limits limits =
        new ShardCache.Limits(
            Math.clamp(settings.maxWaiters() / settings.shards(), 1, Shard.MOST_WAITERS),
            Math.max(1, settings.writes() / settings.shards()),
            Math.max(1, each * settings.pastImages() / 100),
            Math.max(1, each * settings.freeFrames() / 100));
    int extra = settings.frames() % settings.shards(); // the first shards get one more each
    for (int i = 0, first = 0; i < shards.length; i++) {
      int count = each + (i < extra ? 1 : 0);
      shards[i] = new Shard(this, first, count, limits, rules, counters);
      first += count;
    }
    transport.register(SERVICE, this::onMessage);
  }

  // ---- for applications ----------------------------------------------------------------------

  @Override
  public int contentBytes() {
    return contentBytes;
  }

  @Override
  public Reading newReading(ReadConsistency consistency) {
    Objects.requireNonNull(consistency, "the consistency of a reading is null");
    return known(new ReadingScope(this, consistency));
  }

  @Override
  public Change newChange() {
    return known(new ChangeScope(this));
  }

  private <S extends LeaseScope> S known(S scope) {
    if (!oneThread) {
      scopesOfThread.get().add(scope);
    }
    return scope;
  }

  @Override
  public void prefetch(int file, long first, int count) {
    if (count < 1 || first < 0) {
      throw new IllegalArgumentException("prefetch of " + count + " blocks from " + first);
    }
    // More than there are frames would drive itself out again.
    long end =
        first
            + Math.min(
                Math.min(count, frames.frames()), Long.MAX_VALUE - Buckets.EXTENT_BLOCKS - first);
    for (long from = first; from < end; ) {
      long next = Math.min(end, (from | (Buckets.EXTENT_BLOCKS - 1)) + 1);
      shard(file, from).prefetch(file, from, (int) (next - from));
      from = next;
    }
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
              writeBacks.most() + " calls to write everything back are under way; wait for them"));
    }
    CompletionStage<Void> done = onAllShards(Shard::flush);
    done.whenComplete((_, _) -> writeBacks.leave());
    return done;
  }

  @Override
  public CacheStatistics statistics() {
    long free = 0;
    for (Shard shard : shards) {
      free += shard.freeFrames();
    }
    return counters.snapshot(frames.frames(), free);
  }

  // ---- for the node --------------------------------------------------------------------------

  @Override
  public CompletionStage<Void> drain() {
    draining = true;
    return onAllShards(Shard::drain);
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
    peers = others;
    return rebuild.install(view, masters);
  }

  @Override
  public CompletionStage<Void> redo(long epoch, DeadRedo redo) {
    return rebuild.startRecovery(epoch, redo);
  }

  @Override
  public RecoveryCounts recoveryCounts() {
    return rebuild.counts();
  }

  private interface ShardTask {
    void start(Shard shard, CompletableFuture<Void> done);
  }

  private CompletionStage<Void> onAllShards(ShardTask task) {
    CompletableFuture<?>[] all = new CompletableFuture<?>[shards.length];
    for (int i = 0; i < shards.length; i++) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      all[i] = done;
      WeftException reason = stopped;
      if (reason != null) {
        done.completeExceptionally(stoppedBecause(reason));
      } else {
        task.start(shards[i], done);
      }
    }
    return CompletableFuture.allOf(all);
  }

  /**
   * {@inheritDoc}
   *
   * <p>May be repeated: for want of memory a call may have told only some of those who wait.
   */
  @Override
  public void fail(WeftException reason) {
    WeftException first = stopped;
    if (first == null) {
      stopped = reason;
      first = reason;
    }
    WeftException error = stoppedBecause(first);
    for (Shard shard : shards) {
      shard.fail(error);
    }
    rebuild.fail(error);
    List<Consumer<WeftException>> listeners;
    synchronized (stopListeners) {
      listeners = List.copyOf(stopListeners);
    }
    for (Consumer<WeftException> listener : listeners) {
      listener.accept(error);
      stopListeners.remove(listener);
    }
  }

  @Override
  public void look() {
    for (Shard shard : shards) {
      shard.look();
    }
    rebuild.look();
  }

  @Override
  public void close() {
    fail(new WeftException(CoreErrors.NODE_CLOSED, "the node has been closed"));
    arena.close();
    frames.close();
  }

  // ---- for other nodes -----------------------------------------------------------------------

  private void onMessage(int from, ByteBuffer header, MemorySegment payload) {
    long epoch = MessageCodec.epoch(header);
    if (MessageCodec.isRecovery(header)) {
      rebuild.receive(from, epoch, MessageCodec.decodeRecovery(header));
      return;
    }
    CacheFusionMessage message = MessageCodec.decode(header);
    if (message instanceof CacheFusionMessage.Data data) {
      takeImage(data, payload);
    }
    BlockId block = message.block();
    shard(block.file(), block.number()).receive(from, epoch, message);
  }

  /** Puts an image into the frame that its ticket names, on the transport's thread. */
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
          data + " with " + payload.byteSize() + " bytes names no frame kept ready for it");
    }
    MemorySegment.copy(payload, 0, frames.content(frame), 0, payload.byteSize());
  }

  void send(int to, long epoch, CacheFusionMessage message, Payload payload) {
    transport.send(
        to, SERVICE, message.lane(), epoch, MessageCodec.encode(epoch, message), payload);
  }

  void send(int to, long epoch, RecoveryMessage message) {
    transport.send(
        to, SERVICE, Lane.RESPONSE, epoch, MessageCodec.encode(epoch, message), Payload.NONE);
  }

  void broadcast(long epoch, CacheFusionMessage message) {
    for (int peer : peers) {
      send(peer, epoch, message, Payload.NONE);
    }
  }

  // ---- for scopes and shards -----------------------------------------------------------------

  Shard shard(int file, long number) {
    return shards[frames.shard(file, number)];
  }

  /** The scopes that this thread has made last. */
  RecentScopes ownScopes() {
    return scopesOfThread.get();
  }

  void onShardFailure(Throwable cause) {
    WeftException reason =
        cause instanceof WeftException known
            ? known
            : new WeftException(
                CoreErrors.INVARIANT_BROKEN, "cache fusion: unexpected " + cause, cause);
    failure.stop(reason);
  }

  /** Throws if leases must not be taken or trusted any more. */
  void checkRunning() {
    WeftException reason = stopped;
    if (reason != null) {
      throw stoppedBecause(reason);
    }
  }

  /** Throws if no new lease may be taken. */
  void checkOpen() {
    checkRunning();
    if (draining) {
      throw closing();
    }
  }

  /** Why no new lease may be taken. */
  static WeftException closing() {
    return new WeftException(CoreErrors.NODE_CLOSED, "the node is being closed");
  }

  /** Throws if the membership lease has expired, so that what was read does not count (S7). */
  void checkMembershipLease() {
    checkRunning();
    if (!views.leaseHolds()) {
      throw membershipLeaseExpired();
    }
  }

  /** The membership lease may be renewed a moment later, unless it has been revoked. */
  private WeftException membershipLeaseExpired() {
    return views.isLeaseRevoked()
        ? new WeftException(
            CoreErrors.NODE_STOPPED, "the membership lease of n" + self + " has been revoked")
        : new WeftException(
            CoreErrors.NODE_LEASE_OVER,
            "the membership lease of n"
                + self
                + " has expired, what was read does not count; repeat it, the node renews its lease"
                + " soon or stops");
  }

  private WeftException stoppedBecause(WeftException reason) {
    if (reason.code() == CoreErrors.NODE_CLOSED || reason.code() == CoreErrors.NODE_STOPPED) {
      return new WeftException(reason.code(), reason.getMessage(), reason);
    }
    return new WeftException(
        CoreErrors.NODE_STOPPED, "n" + self + " has stopped: " + reason, reason);
  }

  /** Has a listener told if the node stops; at once if it has. */
  void onStop(Consumer<WeftException> listener) {
    stopListeners.add(listener);
    WeftException reason = stopped;
    if (reason != null && stopListeners.remove(listener)) {
      listener.accept(stoppedBecause(reason));
    }
  }

  void forgetListener(Consumer<WeftException> listener) {
    stopListeners.remove(listener);
  }

  boolean isStopped() {
    return stopped != null;
  }

  /** Writes blocks, also if the storage is full for a while. */
  BlockWriter writer() {
    return writer;
  }

  /**
   * Whether this node may write to the storage (R12). If not, it never may again, and the
   * membership stops it as soon as it knows why (VW-4): what was to be written is left as it is.
   */
  boolean mayWrite() {
    boolean may = views.leaseHolds();
    if (!may) {
      views.revokeLease();
    }
    return may;
  }

  /** Native memory for one physical block, for reads and writes beside the frames. */
  MemorySegment takeBuffer() {
    MemorySegment buffer = buffers.poll();
    int bytes = store.layout().physicalBytes();
    return buffer != null ? buffer : arena.allocate(bytes, bytes);
  }

  void giveBuffer(MemorySegment buffer) {
    buffers.add(buffer);
  }

  /** Of past images that cannot be kept beside the blocks. */
  Setback pastsKept() {
    return pastsKept;
  }

  /** The redo of failed nodes for a view, once it has been given. */
  Optional<DeadRedo> deadRedo(long epoch) {
    return rebuild.deadRedo(epoch);
  }

  void touched(BlockId block, int waiting) {
    rebuild.touched(block, waiting);
  }

  int self() {
    return self;
  }

  CacheFusionSettings settings() {
    return settings;
  }

  BlockingLane recoveryLane() {
    return recoveryLane;
  }

  NodeRuntime runtime() {
    return runtime;
  }

  BlockStore store() {
    return store;
  }

  Forces forces() {
    return forces;
  }

  RedoLog redoLog() {
    return redo;
  }

  LamportClock clock() {
    return clock;
  }

  Rules rules() {
    return rules;
  }

  Shard[] shards() {
    return shards;
  }

  FramePool frames() {
    return frames;
  }

  CacheCounters counters() {
    return counters;
  }

  SerialExecutor.Bursts bursts() {
    return bursts;
  }

  Arena arena() {
    return arena;
  }

  long pastImageAgeNs() {
    return settings.pastImageAge().toNanos();
  }

  // ---- for checkers --------------------------------------------------------------------------

  /**
   * Lets one thread do everything that happens at this node, with something happening at every step
   * of an application's call, as if its thread were interrupted there; with assertions only, and
   * before the cache is used.
   */
  public void runOnOneThread(Runnable between) {
    interruption = between;
    oneThread = true;
    segments = Arena::ofConfined;
  }

  /**
   * Lets a part of a report name at most so many blocks, so that small caches report in parts, too;
   * before the first view.
   */
  public void reportInPartsOf(int most) {
    if (most < 1 || most > MessageCodec.BLOCKS_PER_REPORT) {
      throw new IllegalArgumentException(
          "a part of a report has 1 to " + MessageCodec.BLOCKS_PER_REPORT + " blocks, not " + most);
    }
    blocksPerReport = most;
  }

  int blocksPerReport() {
    return blocksPerReport;
  }

  /** What the segments of one lease live in. */
  Arena newSegments() {
    return segments.get();
  }

  /** Ends a step of an application thread, for use in an assertion: true. */
  boolean step() {
    interruption.run();
    return true;
  }

  /**
   * What this node holds of a block; meaningful while no event runs.
   *
   * @param mode as users see it
   * @param readable application threads may read it now
   * @param changeable application threads may change it now
   * @param version of the image held, 0 without one
   * @param underChange a change has it pinned
   * @param releasing a release is unanswered
   * @param requesting a request is open
   * @param writing a disk write is under way
   * @param waiters local callers in the queue
   * @param pastVersion version of the past image, 0 without one
   * @param content the image held, read-only; size 0 without one
   */
  public record BlockState(
      BlockMode mode,
      boolean readable,
      boolean changeable,
      long version,
      boolean underChange,
      boolean releasing,
      boolean requesting,
      boolean writing,
      int waiters,
      long pastVersion,
      MemorySegment content) {
    static final BlockState ABSENT =
        new BlockState(
            BlockMode.NULL, false, false, 0, false, false, false, false, 0, 0, MemorySegment.NULL);
  }

  /**
   * What this node's directory knows of a block that it masters; -1 is nobody.
   *
   * @param owner holder of the exclusive right
   * @param sharers bitmap of the holders of shared rights
   * @param requester of the transaction under way
   * @param source the node that ships in it
   * @param exclusive whether it is for exclusive access
   * @param stamp of the transaction under way, or of the last one
   * @param queued requests that wait
   * @param serving whether requests are served, not held back by a view change
   * @param quarantined whether they are answered with an error, since it could not be recovered
   */
  public record DirectoryState(
      int owner,
      long sharers,
      int requester,
      int source,
      boolean exclusive,
      int stamp,
      int queued,
      boolean serving,
      boolean quarantined) {}

  /** A message of this service as text. */
  public static String describe(byte[] header) {
    ByteBuffer in = ByteBuffer.wrap(header);
    return MessageCodec.isRecovery(in)
        ? MessageCodec.decodeRecovery(in).toString()
        : MessageCodec.decode(in).toString();
  }

  /** Callers that wait, or have given up and are not forgotten yet. */
  public int waitingCallers() {
    int waiting = 0;
    for (Shard shard : shards) {
      waiting += shard.waitingCallers();
    }
    return waiting;
  }

  /** What this node holds of a block. */
  public BlockState inspect(BlockId block) {
    return shard(block.file(), block.number()).inspect(block);
  }

  /** What this node, as its master, knows of a block. */
  public DirectoryState inspectDirectory(BlockId block) {
    return shard(block.file(), block.number()).inspectDirectory(block);
  }

  /** The map by which a block's shard works: it installs one when its turn comes. For checkers. */
  public Optional<BucketMap> inspectMap(BlockId block) {
    return shard(block.file(), block.number()).inspectMap();
  }
}
