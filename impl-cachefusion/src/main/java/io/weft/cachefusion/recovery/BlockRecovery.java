// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.recovery;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.protocol.CacheFusionMessage;
import io.weft.cachefusion.protocol.Directory;
import io.weft.cachefusion.protocol.Effects;
import io.weft.cachefusion.shard.OutsideWrites;
import io.weft.cachefusion.shard.Recoverer;
import io.weft.cachefusion.shard.ShardExecutor;
import io.weft.cachefusion.shard.ShardParts;
import io.weft.cachefusion.shard.ShardView;
import io.weft.cachefusion.spec.Rules;
import io.weft.cachefusion.storage.BlockStorage;
import io.weft.spi.recovery.RecoveryRedo;
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
 *   read the disk --> older than an image kept beside the blocks? --> begin with that image
 *                --> older than a past image? --> its keeper writes it --> read again
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
public final class BlockRecovery implements Recoverer {
  /** Until a block whose read failed is read again the first time; then twice as long. */
  private static final long RETRY_NS = 50_000_000L;

  /** Reads of a block before it counts as unreadable: the last one is 1.5 s after the first. */
  private static final int READS = 6;

  /** What is wrong with the redo of one block, and says nothing of the others. */
  private static final Set<ErrorCode> SINGLE =
      Set.of(RedoErrors.REDO_GAP, RedoErrors.LOG_IO, RedoErrors.CORRUPT_LOG);

  /** In place of what need not be told. */
  private static final Runnable NOTHING = () -> {};

  /** Of the whole cache, whatever the class. */
  private static final System.Logger LOG = System.getLogger("io.weft.cache");

  private final NodeServices node;
  private final BlockStorage storage;
  private final RecoveryUnderWay underWay;
  private final ShardExecutor executor;
  private final ShardView view;
  private final Directory directory;
  private final OutsideWrites outsideWrites;
  private final Effects effects;
  private final Rules rules;

  /** Recoveries that wait for the keeper of a past image. */
  private final Map<BlockId, RecoveryJob> waiting = new HashMap<>();

  /** Looks at quarantined blocks. */
  private final QuarantineLooks looks;

  /** Recoveries that have found no space; bounded by the blocks to be recovered. */
  private final ArrayDeque<RecoveryJob> lacking = new ArrayDeque<>();

  /**
   * One of them is being tried, or a timer runs for that. While this holds exactly one thing leads
   * to {@link #tryNext} or {@link #tryLater}: the timer, or the end of the job that is tried.
   *
   * <pre>
   *           no space                 timer              no space
   *   NONE ---------------> WAITING ------------> TRYING ----------> WAITING, if any lacks space
   *    ^                                          |    ^
   *    +------------ nobody lacks space ----------+----+ ended otherwise: the next one
   * </pre>
   */
  private boolean searching;

  /** Of the blocks of one shard. */
  public BlockRecovery(
      NodeServices node, BlockStorage storage, RecoveryUnderWay underWay, ShardParts shard) {
    this.node = node;
    this.storage = storage;
    this.underWay = underWay;
    this.executor = shard.executor();
    this.view = shard.view();
    this.directory = shard.directory();
    this.outsideWrites = shard.outsideWrites();
    this.effects = shard.effects();
    this.rules = node.rules();
    this.looks = new QuarantineLooks(storage, underWay, shard, this::read);
  }

  @Override
  public void onInstall() {
    looks.onInstall();
    List<RecoveryJob> over = List.copyOf(lacking);
    lacking.clear();
    over.forEach(job -> job.served.run());
    List<RecoveryJob> waited = List.copyOf(waiting.values());
    waiting.clear();
    waited.forEach(this::end);
  }

  @Override
  public void recover(
      BlockId block, List<Long> saved, RecoveryRedo redo, Runnable written, Runnable served) {
    RecoveryJob job =
        new RecoveryJob(block, saved, directory.atLeast(block), view.epoch(), redo, written, served);
    job.physical = Optional.of(storage.takeBuffer());
    read(job);
  }

  @Override
  public void touched(BlockId block, int requests) {
    underWay.touched(block, requests);
  }

  @Override
  public void recoverAgain(BlockId block) {
    looks.want(block);
  }

  private void read(RecoveryJob job) {
    job.fromSaved = false;
    job.claimed = 0;
    job.unreadable = "";
    // A read that fails may show nothing: what the buffer had before is no claim of this block.
    job.buffer().asSlice(0, BlockLayout.HEADER_BYTES).fill((byte) 0xFF);
    storage.read(
        job.block,
        job.buffer(),
        new BlockStore.ReadCompletion() {
          @Override
          public void onRead(long version) {
            executor.execute(() -> onDiskRead(job, version));
          }

          @Override
          public void onReadFailed(WeftException reason) {
            executor.execute(() -> onDiskReadFailed(job, reason));
          }
        });
  }

  private void onDiskReadFailed(RecoveryJob job, WeftException reason) {
    boolean corrupt = reason.code().equals(StoreErrors.CORRUPT_BLOCK);
    if (reason.code().equals(CoreErrors.BACK_PRESSURED)) {
      readLater(job, RETRY_NS); // says nothing of the block
      return;
    }
    if (corrupt || ++job.reads >= READS) {
      job.claimed = BlockHeader.claimedVersion(job.buffer(), job.block.file(), job.block.number());
      job.unreadable = reason.getMessage();
      onDiskRead(job, RecoveryRedo.UNREADABLE); // torn by a failed node: redo has a full image of it
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

  private void readLater(RecoveryJob job, long delayNs) {
    node.runtime().schedule(delayNs, () -> executor.executeElsewhere(() -> readAgain(job)));
  }

  private void readAgain(RecoveryJob job) {
    if (isOver(job)) {
      end(job);
    } else {
      read(job);
    }
  }

  private void onDiskRead(RecoveryJob job, long version) {
    if (isOver(job)) {
      end(job);
      return;
    }
    long past = directory.pastVersion(job.block);
    boolean readable = version != RecoveryRedo.UNREADABLE;
    boolean unknown = job.claimed == BlockHeader.UNKNOWN_VERSION;
    if (!readable && rules.mayLackNewest(unknown)) {
      quarantine(
          job, "its header is unreadable, so nobody knows whether redo has its newest state");
      return;
    }
    // Of a torn block the header names a version that it had or was to have.
    long onDisk = readable ? version : job.claimed - 1;
    long saved = job.saved.isEmpty() ? 0 : job.saved.getFirst();
    if (saved > 0 && saved >= past && rules.needsPastImage(version, saved)) {
      storage.onBlockingLane(() -> readSaved(job, saved));
      return;
    }
    job.atLeast = Math.max(job.atLeast, past);
    if (past > 0 && !job.keeperAnswered && rules.needsPastImage(onDisk, past)) {
      waiting.put(job.block, job);
      if (job.isLook) {
        giveBuffer(job); // others are looked at while the keeper waits for space, say
      }
      effects.send(
          directory.pastKeeper(job.block), new CacheFusionMessage.WritePast(job.block, past));
      return;
    }
    storage.onBlockingLane(() -> apply(job, version));
  }

  /** Off the shard: begins with the image that is kept beside the blocks, not with the disk. */
  private void readSaved(RecoveryJob job, long version) {
    try {
      if (storage.readSavedImage(job.block, version, job.buffer())) {
        job.fromSaved = true;
        apply(job, version);
      } else {
        executor.execute(() -> onSavedDamaged(job, "is damaged"));
      }
    } catch (WeftException e) {
      executor.execute(() -> onSavedNotRead(job, e));
    }
  }

  /** That says nothing of the image, which may be whole: it is read again like a block. */
  private void onSavedNotRead(RecoveryJob job, WeftException reason) {
    if (++job.savedReads >= READS) {
      onSavedDamaged(job, "cannot be read: " + reason);
      return;
    }
    if (job.savedReads == 1) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the past image of block {0} that is kept beside it cannot be read, reading it again up"
              + " to {1} times: {2}",
          job.block,
          READS - 1,
          reason);
    }
    readLater(job, RETRY_NS << (job.savedReads - 1));
  }

  /** An older one may do, or redo have the same: its keeper may have failed meanwhile. */
  private void onSavedDamaged(RecoveryJob job, String how) {
    long version = job.saved.removeFirst();
    job.savedReads = 0;
    job.savedIsLost = ", and the image of version " + version + " beside the blocks " + how;
    readAgain(job);
  }

  /**
   * The keeper has written and forced its past image, or has none any more (version 0). It keeps
   * the image all the same until it hears that the block is recovered: the read may fail now.
   */
  @Override
  public void recvPastWritten(CacheFusionMessage.PastWritten message) {
    RecoveryJob job = waiting.remove(message.block());
    if (job == null) {
      return;
    }
    job.keeperAnswered = true;
    job.stableVersion = message.version();
    if (job.isLook) {
      looks.resume(job);
    } else {
      read(job);
    }
  }

  /** Off the shard: may read the log, and takes the processor for a while. */
  private void apply(RecoveryJob job, long version) {
    try {
      MemorySegment content = job.buffer().asSlice(BlockLayout.HEADER_BYTES);
      long recovered = job.redo.apply(job.block.file(), job.block.number(), content, version);
      executor.execute(() -> onApplied(job, version, recovered));
    } catch (WeftException e) {
      if (SINGLE.contains(e.code())) {
        executor.execute(() -> onNotApplied(job, e));
      } else {
        node.run()
            .onFailure(
                new WeftException(e.code(), "block " + job.block + ": " + e.getMessage(), e));
      }
    }
  }

  private void onNotApplied(RecoveryJob job, WeftException reason) {
    if (isOver(job)) {
      end(job);
    } else {
      quarantine(job, reason.toString());
    }
  }

  private void onApplied(RecoveryJob job, long onDisk, long recovered) {
    if (isOver(job)) {
      end(job);
    } else if (recovered < job.claimed) {
      quarantine(
          job,
          "it has had version "
              + job.claimed
              + ", but "
              + (job.fromSaved ? "the image kept beside it and " : "")
              + "redo goes to version "
              + recovered);
    } else if (recovered < job.atLeast) {
      quarantine(
          job,
          "it has had version "
              + job.atLeast
              + ", but disk and redo go to version "
              + recovered
              + job.savedIsLost);
    } else if (recovered == onDisk && !job.fromSaved && isStable(job, recovered)) {
      serve(job, recovered);
    } else {
      write(job, recovered);
    }
  }

  /** Whether nothing is to be written: the block never was, or its keeper has just forced it. */
  private boolean isStable(RecoveryJob job, long version) {
    return version == 0 || version == job.stableVersion || !rules.writesFoundAgain();
  }

  private void write(RecoveryJob job, long version) {
    if (!storage.mayWrite()) {
      return;
    }
    outsideWrites.write(
        job.block,
        version,
        job.buffer(),
        () -> onDiskWritten(job, version),
        delayNs -> onNoSpace(job, delayNs));
  }

  /**
   * The block waits for space, and the others do not wait for it: it gives back what the strategy
   * has let it have, and begins anew, one such block at a time.
   */
  private void onNoSpace(RecoveryJob job, long delayNs) {
    boolean searchEnds = job.isTried || !searching;
    job.isTried = false;
    giveBuffer(job);
    job.written = NOTHING;
    if (isOver(job)) {
      job.served.run();
    } else {
      lacking.add(job);
    }
    if (searchEnds) {
      tryLater(delayNs);
    }
  }

  private void tryLater(long delayNs) {
    searching = !lacking.isEmpty();
    if (searching) {
      node.runtime().schedule(delayNs, () -> executor.executeElsewhere(this::tryNext));
    }
  }

  private void tryNext() {
    searching = !lacking.isEmpty();
    if (searching) {
      RecoveryJob job = lacking.poll();
      job.isTried = true;
      job.physical = Optional.of(storage.takeBuffer());
      job.reads = 0;
      job.savedReads = 0;
      job.keeperAnswered = false;
      read(job);
    }
  }

  private void onDiskWritten(RecoveryJob job, long version) {
    if (isOver(job)) {
      end(job);
      return;
    }
    giveBuffer(job);
    storage.afterNextForce(() -> executor.execute(() -> onForced(job, version)));
  }

  private void onForced(RecoveryJob job, long version) {
    if (!isOver(job)) {
      onStable(job, version);
    }
    job.served.run();
  }

  /** The disk has the version for good: keepers of past images, in memory or beside it, hear so. */
  private void onStable(RecoveryJob job, long version) {
    if (version > 0) {
      CacheFusionMessage.Written written = new CacheFusionMessage.Written(job.block, version);
      effects.broadcast(written);
      effects.send(node.self(), written);
    }
    directory.recovered(job.block);
    if (job.hadSaved) {
      effects.dropSaved(job.block, version);
    }
  }

  /** One block that cannot be recovered is an error for who wants it, and no reason to stop. */
  private void quarantine(RecoveryJob job, String why) {
    LOG.log(
        System.Logger.Level.ERROR,
        "block {0} is quarantined, all else is served: {1}{2}; the logs of failed nodes are kept;"
            + " restore the block, or see \"weft block forget\"",
        job.block,
        why,
        job.unreadable.isEmpty() ? "" : " (" + job.unreadable + ")");
    directory.quarantine(job.block, Math.max(job.atLeast, job.claimed));
    end(job);
  }

  private void serve(RecoveryJob job, long version) {
    onStable(job, version);
    end(job);
  }

  private boolean isOver(RecoveryJob job) {
    return job.epoch != view.epoch();
  }

  private void end(RecoveryJob job) {
    giveBuffer(job);
    job.served.run();
  }

  private void giveBuffer(RecoveryJob job) {
    if (job.physical.isPresent()) {
      storage.giveBuffer(job.physical.get());
      job.physical = Optional.empty();
    }
    Runnable written = job.written;
    job.written = NOTHING;
    written.run();
    if (job.isTried) { // it has found space, or needs none, or its keeper looks for it
      job.isTried = false;
      tryNext();
    }
  }
}
