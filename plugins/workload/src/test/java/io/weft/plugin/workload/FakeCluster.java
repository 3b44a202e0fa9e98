// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload;

import io.weft.api.BlockCache;
import io.weft.api.BlockId;
import io.weft.api.BlockMode;
import io.weft.api.CacheStatistics;
import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.Durability;
import io.weft.api.ExclusiveLease;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockedBlock;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.Scn;
import io.weft.api.Scope;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.plugin.workload.run.DiskBlocks;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Blocks in memory behind plain locks, seen through caches of several nodes: coherent by
 * construction, except for the one fault that a test plants.
 */
public final class FakeCluster implements DiskBlocks {
  public static final int CONTENT_BYTES = 512;
  private static final int READERS = 1 << 20;

  /** What can go wrong. */
  public enum Fault {
    NONE,
    /** A commit is acknowledged and forgotten. */
    LOSE_WRITE,
    /**
     * Readers get the version before the last one, from then on: what a node has not seen before,
     * it cannot miss.
     */
    STALE_IMAGE,
    /** A reader gets the first half of one version and the second half of another. */
    TORN_IMAGE,
    /** Requests are refused for the moment, every other one. */
    REFUSE,
    /** A commit fails. */
    FAIL_COMMIT
  }

  private final Map<BlockId, Block> blocks = new ConcurrentHashMap<>();
  private final ExecutorService arrivals = Executors.newFixedThreadPool(4, FakeCluster::daemon);
  private final ExecutorService nodes = Executors.newCachedThreadPool(FakeCluster::daemon);
  private final Fault fault;
  private final AtomicLong countdown;
  private final AtomicLong reads = new AtomicLong();

  public FakeCluster() {
    this(Fault.NONE, 0);
  }

  /** The fault happens at the first opportunity after so many others. */
  public FakeCluster(Fault fault, long after) {
    this.fault = fault;
    countdown = new AtomicLong(after);
  }

  public BlockCache cache() {
    return new Cache();
  }

  /** Threads for the nodes of a test. */
  public ExecutorService nodes() {
    return nodes;
  }

  /** Leases granted so far. */
  public long leases() {
    return reads.get();
  }

  @Override
  public int contentBytes() {
    return CONTENT_BYTES;
  }

  @Override
  public long read(int file, long number, MemorySegment content) {
    Block block = block(file, number);
    content.copyFrom(MemorySegment.ofArray(block.content));
    return block.version;
  }

  /** Changes a block behind everybody's back. */
  public void overwrite(int file, long number, int offset, byte value) {
    block(file, number).content[offset] = value;
  }

  @Override
  public void close() {
    arrivals.shutdownNow();
    nodes.shutdownNow();
  }

  private boolean strikes(Fault which) {
    return fault == which && countdown.getAndDecrement() == 0;
  }

  private Block block(int file, long number) {
    return blocks.computeIfAbsent(new BlockId(file, number), _ -> new Block());
  }

  private static Thread daemon(Runnable task) {
    return Thread.ofPlatform().daemon().unstarted(task);
  }

  private static final class Block {
    final Semaphore lock = new Semaphore(READERS, true);
    volatile byte[] content = new byte[CONTENT_BYTES];
    volatile byte[] before = content;
    volatile long version;
  }

  private final class Cache implements BlockCache {
    @Override
    public int contentBytes() {
      return CONTENT_BYTES;
    }

    @Override
    public Reading newReading(ReadConsistency consistency) {
      return new FakeScope();
    }

    @Override
    public Change newChange() {
      return new FakeScope();
    }

    @Override
    public void prefetch(int file, long first, int count) {}

    @Override
    public CompletionStage<Void> writeBack() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CacheStatistics statistics() {
      return new CacheStatistics(
          reads.get(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Map.of());
    }
  }

  /** Both kinds of scope in one. */
  private final class FakeScope implements Reading, Change {
    private final List<Lease> leases = new ArrayList<>();

    @Override
    public ReadConsistency consistency() {
      return ReadConsistency.STRICT;
    }

    @Override
    public void timeout(Duration timeout) {}

    @Override
    public SharedLease shared(int level, int file, long number) {
      return take(file, number, 1);
    }

    @Override
    public ExclusiveLease exclusive(int level, int file, long number) {
      return take(file, number, READERS);
    }

    @Override
    public Optional<SharedLease> tryShared(int file, long number) {
      return tryTake(file, number, 1).map(lease -> lease);
    }

    @Override
    public Optional<ExclusiveLease> tryExclusive(int file, long number) {
      return tryTake(file, number, READERS).map(lease -> lease);
    }

    @Override
    public CompletionStage<SharedLease> sharedAsync(int file, long number) {
      return CompletableFuture.supplyAsync(() -> take(file, number, 1), arrivals);
    }

    @Override
    public CompletionStage<ExclusiveLease> exclusiveAsync(int file, long number) {
      return CompletableFuture.supplyAsync(() -> take(file, number, READERS), arrivals);
    }

    @Override
    public LockedBlock<SharedLease> sharedUnder(
        LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout) {
      throw new UnsupportedOperationException("there are no locks here");
    }

    @Override
    public CompletionStage<LockedBlock<SharedLease>> sharedUnderAsync(
        LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout) {
      throw new UnsupportedOperationException("there are no locks here");
    }

    @Override
    public LockedBlock<ExclusiveLease> exclusiveUnder(
        LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout) {
      throw new UnsupportedOperationException("there are no locks here");
    }

    @Override
    public CompletionStage<LockedBlock<ExclusiveLease>> exclusiveUnderAsync(
        LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout) {
      throw new UnsupportedOperationException("there are no locks here");
    }

    /** Every third block is "held here". */
    private Optional<Lease> tryTake(int file, long number, int permits) {
      return number % 3 == 0 && block(file, number).lock.tryAcquire(permits)
          ? Optional.of(granted(file, number, permits))
          : Optional.empty();
    }

    private Lease take(int file, long number, int permits) {
      if (fault == Fault.REFUSE && countdown.getAndIncrement() % 2 == 0) {
        throw new WeftException(CoreErrors.BACK_PRESSURED, "not now");
      }
      block(file, number).lock.acquireUninterruptibly(permits);
      return granted(file, number, permits);
    }

    private Lease granted(int file, long number, int permits) {
      reads.incrementAndGet();
      Lease lease = new Lease(this, file, number, permits);
      leases.add(lease);
      return lease;
    }

    @Override
    public MemorySegment writable(ExclusiveLease lease, int offset, int length) {
      Lease own = leases.get(leases.indexOf(lease));
      own.changed = true;
      return own.image.asSlice(offset, length);
    }

    @Override
    public long commit(Durability durability) {
      if (strikes(Fault.FAIL_COMMIT)) {
        close();
        throw new WeftException(CoreErrors.NODE_STOPPED, "the node stopped");
      }
      boolean lost = strikes(Fault.LOSE_WRITE);
      for (Lease lease : leases) {
        if (lease.changed && !lost) {
          Block block = block(lease.file, lease.number);
          block.before = block.content;
          block.content = lease.image.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
          block.version++;
        }
      }
      close();
      return 1;
    }

    @Override
    public CompletionStage<Scn> commitAsync() {
      commit(Durability.SYNC);
      return CompletableFuture.supplyAsync(() -> Scn.ZERO, arrivals);
    }

    @Override
    public void abort() {
      close();
    }

    @Override
    public void close() {
      List.copyOf(leases).forEach(Lease::close);
    }
  }

  private final class Lease implements ExclusiveLease {
    private final Scope scope;
    private final int file;
    private final long number;
    private final int permits;
    private final long version;
    private final MemorySegment image;
    private boolean changed;

    Lease(FakeScope scope, int file, long number, int permits) {
      this.scope = scope;
      this.file = file;
      this.number = number;
      this.permits = permits;
      Block block = block(file, number);
      byte[] bytes = block.content.clone();
      long seen = block.version;
      if (block.version >= 2
          && permits == 1
          && fault == Fault.STALE_IMAGE
          && countdown.getAndDecrement() <= 0) {
        bytes = block.before.clone();
        seen--;
      } else if (block.version >= 2 && strikes(Fault.TORN_IMAGE)) {
        System.arraycopy(block.before, CONTENT_BYTES / 2, bytes, CONTENT_BYTES / 2, 256);
      }
      version = seen;
      image = MemorySegment.ofArray(bytes);
    }

    @Override
    public int file() {
      return file;
    }

    @Override
    public long number() {
      return number;
    }

    @Override
    public long version() {
      return version;
    }

    @Override
    public BlockMode mode() {
      return permits == 1 ? BlockMode.SHARED : BlockMode.EXCLUSIVE;
    }

    @Override
    public MemorySegment content() {
      return image.asReadOnly();
    }

    @Override
    public void close() {
      if (((FakeScope) scope).leases.remove(this)) {
        block(file, number).lock.release(permits);
      }
    }
  }
}
