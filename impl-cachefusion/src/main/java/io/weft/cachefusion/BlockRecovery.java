// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.recovery.DeadRedo;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings blocks that nobody holds to their newest version on disk: step 5 of recovery, one block at
 * a time, at its master.
 *
 * <pre>
 *   read the disk --> older than a past image? --> its keeper writes it --> read again
 *                --> apply the redo of failed nodes --> write it, force it --> serve
 * </pre>
 *
 * <p>What is found on disk is written again even if no redo is newer (R37): a node that has stopped
 * may have written it without forcing it, and the next power failure would take it back. One force
 * does for many blocks; the next recoveries begin meanwhile.
 *
 * <p>All of it only brings the disk forward, so a crash or the next view may come at any step; what
 * is left is done again. Owned by the shard's executor; reading, applying and writing happen
 * elsewhere and come back as events.
 */
final class BlockRecovery {
  /** Until a block whose read failed is read again the first time; then twice as long. */
  private static final long RETRY_NS = 50_000_000L;

  /** Reads of a block before it counts as unreadable: the last one is 1.5 s after the first. */
  private static final int READS = 6;

  /** What is wrong with the redo of one block, and says nothing of the others. */
  private static final Set<ErrorCode> SINGLE =
      Set.of(RedoErrors.REDO_GAP, RedoErrors.LOG_IO, RedoErrors.CORRUPT_LOG);

  private static final Runnable NOTHING = () -> {};

  private static final System.Logger LOG = System.getLogger(BlockRecovery.class.getName());

  private final Shard shard;
  private final CacheFusion cache;
  private final Directory directory;
  private final Rules rules;

  /** Recoveries that wait for the keeper of a past image. */
  private final Map<BlockId, Job> waiting = new HashMap<>();

  /** Recoveries that have found no space; bounded by the blocks to be recovered. */
  private final ArrayDeque<Job> lacking = new ArrayDeque<>();

  /** One of them is being tried, or will be. */
  private boolean lookingForSpace;

  BlockRecovery(Shard shard, CacheFusion cache, Directory directory, Rules rules) {
    this.shard = shard;
    this.cache = cache;
    this.directory = directory;
    this.rules = rules;
  }

  /** Another view: what waits is over; what is under way ends when it comes back. */
  void onInstall() {
    List<Job> over = List.copyOf(lacking);
    lacking.clear();
    over.forEach(job -> job.served.run());
    waiting.values().forEach(this::end);
    waiting.clear();
  }

  /** Begins with a block that {@link Directory#rebuild} has named. */
  void recover(BlockId block, DeadRedo redo, Runnable written, Runnable served) {
    read(new Job(block, shard.epoch(), redo, cache.takeBuffer(), written, served));
  }

  /** Looks at a quarantined block again: it may have been restored, or given up on purpose. */
  void recoverAgain(BlockId block) {
    Optional<DeadRedo> redo = cache.deadRedo(shard.epoch());
    if (redo.isEmpty() || directory.isRebuilding()) {
      directory.quarantine(block); // a view change is under way: who keeps past images is not known
      return;
    }
    read(new Job(block, shard.epoch(), redo.get(), cache.takeBuffer(), NOTHING, NOTHING));
  }

  private void read(Job job) {
    // A read that fails may show nothing: what the buffer had before is no claim of this block.
    job.physical.asSlice(0, BlockLayout.HEADER_BYTES).fill((byte) 0xFF);
    cache
        .store()
        .read(
            job.block.file(),
            job.block.number(),
            job.physical,
            new BlockStore.ReadCompletion() {
              @Override
              public void onRead(long version) {
                shard.execute(() -> onDiskRead(job, version));
              }

              @Override
              public void onReadFailed(WeftException reason) {
                shard.execute(() -> onDiskReadFailed(job, reason));
              }
            });
  }

  private void onDiskReadFailed(Job job, WeftException reason) {
    boolean corrupt = reason.code().equals(StoreErrors.CORRUPT_BLOCK);
    if (reason.code().equals(CoreErrors.BACK_PRESSURED)) {
      readLater(job, RETRY_NS); // says nothing of the block
      return;
    }
    if (corrupt || ++job.reads >= READS) {
      job.claimed = BlockHeader.claimedVersion(job.physical, job.block.file(), job.block.number());
      job.unreadable = reason.getMessage();
      onDiskRead(job, DeadRedo.UNREADABLE); // torn by a failed node: redo has a full image of it
      return;
    }
    if (job.reads == 1) {
      LOG.log(
          System.Logger.Level.WARNING,
          "block {0} cannot be recovered yet, reading it again up to {1} times: {2}",
          job.block,
          READS - 1,
          reason);
    }
    readLater(job, RETRY_NS << (job.reads - 1));
  }

  private void readLater(Job job, long delayNs) {
    cache.runtime().schedule(delayNs, () -> shard.executeElsewhere(() -> readAgain(job)));
  }

  private void readAgain(Job job) {
    if (isOver(job)) {
      end(job);
    } else {
      read(job);
    }
  }

  private void onDiskRead(Job job, long version) {
    if (isOver(job)) {
      end(job);
      return;
    }
    long past = directory.pastVersion(job.block);
    boolean readable = version != DeadRedo.UNREADABLE;
    boolean unknown = job.claimed == BlockHeader.UNKNOWN_VERSION;
    if (!readable && rules.mayLackNewest(unknown)) {
      quarantine(
          job, "its header is unreadable, so nobody knows whether redo has its newest state");
      return;
    }
    // Of a torn block the header names a version that it had or was to have.
    if (past > 0 && rules.needsPastImage(readable ? version : job.claimed - 1, past)) {
      waiting.put(job.block, job);
      shard.send(
          directory.pastKeeper(job.block), new CacheFusionMessage.WritePast(job.block, past));
      return;
    }
    cache.recoveryLane().execute(() -> apply(job, version));
  }

  /** The keeper has written its past image, or has learned that the disk is newer. */
  void recvPastWritten(CacheFusionMessage.PastWritten message) {
    Job job = waiting.remove(message.block());
    if (job != null) {
      directory.pastIsOnDisk(job.block);
      job.stableVersion = message.version();
      read(job);
    }
  }

  /** Off the shard: may read the log, and takes the processor for a while. */
  private void apply(Job job, long version) {
    try {
      MemorySegment content = job.physical.asSlice(BlockLayout.HEADER_BYTES);
      long recovered = job.redo.apply(job.block.file(), job.block.number(), content, version);
      shard.execute(() -> onApplied(job, version, recovered));
    } catch (WeftException e) {
      if (SINGLE.contains(e.code())) {
        shard.execute(() -> onNotApplied(job, e));
      } else {
        cache.onShardFailure(
            new WeftException(e.code(), "block " + job.block + ": " + e.getMessage(), e));
      }
    }
  }

  private void onNotApplied(Job job, WeftException reason) {
    if (isOver(job)) {
      end(job);
    } else {
      quarantine(job, reason.toString());
    }
  }

  private void onApplied(Job job, long onDisk, long recovered) {
    if (isOver(job)) {
      end(job);
    } else if (onDisk == DeadRedo.UNREADABLE && recovered < job.claimed) {
      quarantine(
          job, "it has had version " + job.claimed + ", but redo goes to version " + recovered);
    } else if (recovered == onDisk && isStable(job, recovered)) {
      serve(job);
    } else {
      write(job, recovered);
    }
  }

  /** Whether nothing is to be written: the block never was, or its keeper has just forced it. */
  private boolean isStable(Job job, long version) {
    return version == 0 || version == job.stableVersion || !rules.writesFoundAgain();
  }

  private void write(Job job, long version) {
    if (!cache.mayWrite()) {
      return;
    }
    shard.writeOutside(
        job.block,
        version,
        job.physical,
        () -> onDiskWritten(job, version),
        delayNs -> onNoSpace(job, delayNs));
  }

  /**
   * The block waits for space, and the others do not wait for it: it gives back what the strategy
   * has let it have, and begins anew, one such block at a time.
   */
  private void onNoSpace(Job job, long delayNs) {
    lookingForSpace &= !job.lacksSpace;
    job.lacksSpace = false;
    giveBuffer(job);
    job.written = NOTHING;
    if (isOver(job)) {
      job.served.run();
      return;
    }
    lacking.add(job);
    if (!lookingForSpace) {
      lookingForSpace = true;
      cache.runtime().schedule(delayNs, () -> shard.executeElsewhere(this::lookForSpace));
    }
  }

  private void lookForSpace() {
    lookingForSpace = false;
    Job job = lacking.poll();
    if (job != null) {
      lookingForSpace = true;
      job.lacksSpace = true;
      job.physical = cache.takeBuffer();
      job.reads = 0;
      job.unreadable = "";
      read(job);
    }
  }

  private void onDiskWritten(Job job, long version) {
    if (isOver(job)) {
      end(job);
      return;
    }
    giveBuffer(job);
    cache.forces().afterNext(() -> shard.execute(() -> onForced(job, version)));
  }

  private void onForced(Job job, long version) {
    if (!isOver(job)) {
      CacheFusionMessage.Written written = new CacheFusionMessage.Written(job.block, version);
      shard.broadcast(written);
      shard.send(cache.self(), written);
      directory.recovered(job.block);
    }
    job.served.run();
  }

  /** One block that cannot be recovered is an error for who wants it, and no reason to stop. */
  private void quarantine(Job job, String why) {
    LOG.log(
        System.Logger.Level.ERROR,
        "block {0} is quarantined, all else is served: {1}{2}; the logs of failed nodes are kept;"
            + " restore the block, or see \"weft block forget\"",
        job.block,
        why,
        job.unreadable.isEmpty() ? "" : " (" + job.unreadable + ")");
    directory.quarantine(job.block);
    end(job);
  }

  private void serve(Job job) {
    directory.recovered(job.block);
    end(job);
  }

  private boolean isOver(Job job) {
    return job.epoch != shard.epoch();
  }

  private void end(Job job) {
    giveBuffer(job);
    job.served.run();
  }

  private void giveBuffer(Job job) {
    cache.giveBuffer(job.physical);
    job.written.run();
    if (job.lacksSpace) { // it has found some
      job.lacksSpace = false;
      lookForSpace();
    }
  }

  /** One block under recovery. */
  private static final class Job {
    final BlockId block;
    final long epoch;
    final DeadRedo redo;
    final Runnable served;
    MemorySegment physical;
    Runnable written;

    /** It has found no space once, and is tried again. */
    boolean lacksSpace;

    /** How often its read has failed. */
    int reads;

    /** The version that the header of an unreadable block claims, and what is wrong with it. */
    long claimed;

    String unreadable = "";

    /** The version that the keeper of a past image has forced. */
    long stableVersion;

    Job(
        BlockId block,
        long epoch,
        DeadRedo redo,
        MemorySegment physical,
        Runnable written,
        Runnable served) {
      this.block = block;
      this.epoch = epoch;
      this.redo = redo;
      this.physical = physical;
      this.written = written;
      this.served = served;
    }
  }
}
