// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockStatistics;
import io.weft.api.Locks;
import io.weft.api.Member;
import io.weft.api.NodeSet;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.spec.LockRules;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The global locks of a node. Assembles their parts, and is the entry point for applications
 * (owners) and for other nodes (messages). Thread-safe.
 */
public final class GlobalLocks implements Locks, LockSending {
  /** Number of the service on the interconnect. */
  public static final int SERVICE = 3;

  private static final int MAX_LABEL = 64;

  private final NodeServices node;
  private final Transport transport;
  private final LockClock clock = new LockClock();
  private final LockCounters counters;
  private final LockShards shards;
  private final LockRebuild rebuild;
  private final LeaseWaits leaseWaits;
  private final DeadlockDetector detector;
  private final Duration timeout;
  private final AtomicLong owners = new AtomicLong();

  /** Why owners hold nothing any more although the node runs: it leaves. Null before. */
  private volatile WeftException ended;

  /** The view installed last; null before the first one. Used by the membership's thread only. */
  private View installed;

  /**
   * What an application may use at most, and how long it waits.
   *
   * @param shards serial executors, a power of two
   * @param cached most locks kept without an owner, for each shard
   * @param held most locks with an owner, for each shard
   * @param waiting most requests that wait, for each shard
   * @param timeout of requests, unless the call says otherwise
   */
  public record Settings(int shards, int cached, int held, int waiting, Duration timeout) {}

  /** Registers with the transport. */
  public GlobalLocks(
      NodeServices node, Transport transport, Metrics metrics, LockRules rules, Settings settings) {
    this.node = node;
    this.transport = transport;
    this.counters = new LockCounters(metrics);
    this.timeout = settings.timeout();
    LockShard.Limits limits =
        new LockShard.Limits(settings.cached(), settings.held(), settings.waiting());
    this.shards =
        new LockShards(
            settings.shards(),
            index ->
                new LockShard(
                    index, settings.shards(), node, rules, clock, counters, this, limits));
    this.rebuild = new LockRebuild(node, rules, this, shards);
    this.leaseWaits = new LeaseWaits(node, clock, this::suspect);
    this.detector = new DeadlockDetector(node, this, shards, leaseWaits, counters);
    transport.register(SERVICE, this::onMessage);
  }

  // ---- for applications ----------------------------------------------------------------------

  @Override
  public LockOwner newOwner(String label) {
    if (label.length() > MAX_LABEL) {
      throw new IllegalArgumentException(
          "the label of an owner has " + label.length() + " characters; at most " + MAX_LABEL);
    }
    node.run().checkOpen();
    return new Owner(this, owners.incrementAndGet(), label);
  }

  @Override
  public LockStatistics statistics() {
    long held = 0;
    long cached = 0;
    long mastered = 0;
    for (LockShard shard : shards) {
      LockShard.Counts counts = shard.counts();
      held += counts.held();
      cached += counts.cached();
      mastered += counts.mastered();
    }
    return new LockStatistics(
        counters.localGrants.sum(),
        counters.remoteGrants.sum(),
        counters.conversions.sum(),
        counters.refusals.sum(),
        counters.timeouts.sum(),
        counters.revocations.sum(),
        counters.lost.sum(),
        counters.deadlocks.sum(),
        held,
        cached,
        mastered);
  }

  // ---- for the cache -------------------------------------------------------------------------

  /** Installs a view. Calls come one after the other. */
  public CompletionStage<Void> install(View view, BucketMap masters) {
    NodeSet members = view.memberIds();
    NodeSet.Builder insiders = new NodeSet.Builder();
    for (Member member : view.members()) {
      if (installed != null
          && installed.contains(member.id())
          && installed.incarnation(member.id()) == view.incarnation(member.id())) {
        insiders.add(member.id().value());
      }
    }
    installed = view;
    detector.install(view.epoch().value(), members);
    return rebuild.install(view.epoch().value(), members, insiders.build(), masters);
  }

  /**
   * The blocks of a bucket have another master: the locks of the bucket follow. Comes before any
   * other node can learn of the move from this one.
   *
   * @param epoch of the view in which the bucket has moved
   * @param number of the move
   */
  public void move(long epoch, int bucket, int master, int number) {
    shards.ofBucket(bucket).move(epoch, bucket, master, number);
  }

  /** All nodes outside the view of {@code epoch} have certainly stopped. */
  public void leasesOver(long epoch) {
    rebuild.leasesOver(epoch);
  }

  /** Ends what owners hold, and gives all locks back. */
  public CompletionStage<Void> drain(WeftException reason) {
    ended = reason;
    CompletableFuture<?>[] all = new CompletableFuture<?>[shards.count()];
    for (int i = 0; i < all.length; i++) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      all[i] = done;
      shards.at(i).end(reason, done);
    }
    return CompletableFuture.allOf(all);
  }

  /** The node stops. May be repeated. */
  public void fail(WeftException reason) {
    for (LockShard shard : shards) {
      shard.fail(reason);
    }
    rebuild.fail(reason);
  }

  /** Resumes work that was interrupted by lack of memory or stack. */
  public void look() {
    for (LockShard shard : shards) {
      shard.look();
    }
    rebuild.look();
    detector.look();
  }

  // ---- for other nodes -----------------------------------------------------------------------

  private void onMessage(int from, ByteBuffer header, MemorySegment payload) {
    LockCodec.Sent sent = LockCodec.decode(header);
    clock.observe(sent.clock());
    if (sent.message() instanceof LockMessage.About about) {
      shardOf(about.name()).receive(from, sent.epoch(), about);
    } else if (sent.message() instanceof LockMessage.OfDetector ofDetector) {
      detector.receive(from, sent.epoch(), ofDetector);
    } else if (sent.message() instanceof LockMessage.Transfer transfer) {
      shards.ofBucket(transfer.bucket()).receive(sent.epoch(), transfer);
    } else {
      rebuild.receive(from, sent.epoch(), sent.message());
    }
  }

  @Override
  public void send(int to, long epoch, LockMessage message) {
    transport.send(
        to,
        SERVICE,
        message.lane(),
        epoch,
        LockCodec.encode(epoch, clock.now(), message),
        Payload.NONE);
  }

  @Override
  public void suspect() {
    detector.suspect();
  }

  @Override
  public void wantRebuild(long epoch) {
    rebuild.want(epoch);
  }

  // ---- for owners ----------------------------------------------------------------------------

  /** Throws if owners hold nothing any more, because the node leaves. */
  void checkNotEnded() {
    WeftException reason = ended;
    if (reason != null) {
      throw new WeftException(reason.code(), reason.getMessage(), reason);
    }
  }

  NodeServices node() {
    return node;
  }

  Duration timeout() {
    return timeout;
  }

  LeaseWaits leaseWaits() {
    return leaseWaits;
  }

  LockCounters counters() {
    return counters;
  }

  LockShard shardOf(LockName name) {
    return shards.of(name);
  }

  /** A message of this service as text. */
  public static String describe(byte[] header) {
    return LockCodec.decode(ByteBuffer.wrap(header)).message().toString();
  }
}
