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
 * Brings blocks without a holder to their newest version on disk: step 5 of recovery, at the master
 * of each block.
 *
 * <pre>
 *   read the disk --> older than a saved image? --> start from the saved image
 *                --> older than a past image? --> its keeper writes it --> read again
 *                --> apply the redo of failed nodes --> write it, force it --> serve
 * </pre>
 *
 * <p>A block read from disk is written again even if no redo is newer (R37): a failed node may have
 * written it without forcing it, and a power failure could undo that write. One force covers many
 * blocks; the next recoveries begin meanwhile.
 *
 * <p>Every step only moves the disk to a newer version. So a crash or a new view may interrupt it
 * at any step, and the rest is repeated. Owned by the shard's executor; reading, applying and
 * writing run elsewhere, and their results return as events.
 */
public final class BlockRecovery implements Recoverer {
  /**
   * Pause before the first repetition of a failed read: 50 ms; each later pause is twice as long.
   */
  private static final long RETRY_NS = 50_000_000L;

  /**
   * Attempts to read a block before it counts as unreadable; the last is about 1.5 s after the
   * first.
   */
  private static final int READS = 6;

  /** Errors in the redo of one block that do not affect other blocks. */
  private static final Set<ErrorCode> SINGLE =
      Set.of(RedoErrors.REDO_GAP, RedoErrors.LOG_IO, RedoErrors.CORRUPT_LOG);

  /** A callback that does nothing. */
  private static final Runnable NOTHING = () -> {};

  /** The logger of the whole cache. */
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

  /** Recoveries that wait for the keeper of a past image, by block. */
  private final Map<BlockId, RecoveryJob> waiting = new HashMap<>();

  /** New attempts at quarantined blocks. */
  private final QuarantineLooks looks;

  /** Recoveries that found no space on the storage; bounded by the number of blocks to recover. */
  private final ArrayDeque<RecoveryJob> lacking = new ArrayDeque<>();

  /**
   * Whether one of them is being tried again, or a timer for that runs. While true, exactly one
   * event leads to {@link #tryNext} or {@link #tryLater}: the timer, or the end of the job being
   * tried.
   *
   * <pre>
   *           no space                 timer              no space
   *   NONE ---------------> WAITING ------------> TRYING ----------> WAITING, if any lacks space
   *    ^                                          |    ^
   *    +------------ none lacks space -----------+----+ ended otherwise: the next one
   * </pre>
   */
  private boolean searching;

  /** Creates the recovery of the blocks of one shard. */
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
        new RecoveryJob(
            block, saved, directory.atLeast(block), view.epoch(), redo, written, served);
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
    // After a failed read the header in the buffer must not be one of an earlier block.
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
      readLater(job, RETRY_NS); // not an error of this block
      return;
    }
    if (corrupt || ++job.reads >= READS) {
      job.claimed = BlockHeader.claimedVersion(job.buffer(), job.block.file(), job.block.number());
      job.unreadable = reason.getMessage();
      onDiskRead(job, RecoveryRedo.UNREADABLE); // torn by a failed node: redo has a full image
      return;
    }
    retry(job, job.reads, "block " + job.block + " cannot be recovered yet", reason);
  }

  /** Reads again after a pause that doubles with each failed attempt; the first one is logged. */
  private void retry(RecoveryJob job, int failed, String problem, WeftException reason) {
    if (failed == 1) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}, reading it again up to {1} times: {2}",
          problem,
          READS - 1,
          reason);
    }
    readLater(job, RETRY_NS << (failed - 1));
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
          job, "its header is unreadable, so it is not known whether redo has its newest version");
      return;
    }
    // The header of a torn block names the version before or after the torn write.
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
        giveBuffer(job); // others use the buffer meanwhile: the keeper may wait for space
      }
      effects.send(
          directory.pastKeeper(job.block), new CacheFusionMessage.WritePast(job.block, past));
      return;
    }
    storage.onBlockingLane(() -> apply(job, version));
  }

  /** Off the shard's executor: starts from the saved image instead of the disk. */
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

  /** The saved image could not be read, but may be intact: it is read again, like a block. */
  private void onSavedNotRead(RecoveryJob job, WeftException reason) {
    if (++job.savedReads >= READS) {
      onSavedDamaged(job, "cannot be read: " + reason);
      return;
    }
    retry(job, job.savedReads, "the saved image of block " + job.block + " cannot be read", reason);
  }

  /** Continues without the damaged saved image: an older one or redo may be sufficient. */
  private void onSavedDamaged(RecoveryJob job, String how) {
    long version = job.saved.removeFirst();
    job.savedReads = 0;
    job.savedIsLost = ", and the saved image of version " + version + " " + how;
    readAgain(job);
  }

  /**
   * The keeper has written and forced its past image, or has none any more (version 0). It keeps
   * the image until the block is reported as recovered, because reading the block may still fail.
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

  /** Off the shard's executor: may read the log, and takes processor time. */
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
    } else if (reason.code().equals(RedoErrors.LOG_IO) && ++job.redoReads < READS) {
      retry(job, job.redoReads, "redo of block " + job.block + " cannot be read", reason);
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
              + (job.fromSaved ? "its saved image and " : "")
              + "redo ends at version "
              + recovered);
    } else if (recovered < job.atLeast) {
      quarantine(
          job,
          "it has had version "
              + job.atLeast
              + ", but disk and redo end at version "
              + recovered
              + job.savedIsLost);
    } else if (recovered == onDisk && !job.fromSaved && isStable(job, recovered)) {
      serve(job, recovered);
    } else {
      write(job, recovered);
    }
  }

  /** Whether no write is needed: the block was never written, or its keeper has just forced it. */
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
   * The block waits for space. It releases its buffer and its place in the redo strategy, so that
   * other blocks go on, and starts again later, one such block at a time.
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
      job.redoReads = 0;
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

  /** The version is stable on disk: informs the keepers of past images, and drops saved images. */
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

  /**
   * Quarantines one block: requests for it fail, all other blocks are served, and the node does not
   * stop.
   */
  private void quarantine(RecoveryJob job, String why) {
    LOG.log(
        System.Logger.Level.ERROR,
        "block {0} is quarantined, all other blocks are served: {1}{2}; the logs of failed nodes"
            + " are kept; restore the block, or see \"weft block forget\"",
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
    if (job.isTried) { // it has found space or needs none, or its keeper waits for space
      job.isTried = false;
      tryNext();
    }
  }
}
