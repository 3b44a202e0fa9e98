// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.recovery;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.cachefusion.protocol.Directory;
import io.weft.cachefusion.shard.ShardExecutor;
import io.weft.cachefusion.shard.ShardParts;
import io.weft.cachefusion.shard.ShardView;
import io.weft.cachefusion.storage.BlockStorage;
import io.weft.spi.recovery.RecoveryRedo;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * New recovery attempts (looks) at quarantined blocks that are requested: an operator may have
 * restored or forgotten them. Owned by the shard's executor.
 *
 * <p>One listing of the saved images serves all looks that wait for one. Then each look waits for
 * one of {@link #MOST_LOOKS} places, which includes a buffer. A look that waits for the keeper of a
 * past image gives its place back and waits for another one afterwards.
 *
 * <pre>
 *   toLook --> listing --> listed --> looks <--> waiting for its keeper, then resumed
 * </pre>
 */
final class QuarantineLooks {
  /** Most concurrent looks of a shard, each with a buffer of its own. */
  private static final int MOST_LOOKS = 4;

  /** The logger of the whole cache. */
  private static final System.Logger LOG = System.getLogger("io.weft.cache");

  private final BlockStorage storage;
  private final RecoveryUnderWay underWay;
  private final ShardExecutor executor;
  private final ShardView view;
  private final Directory directory;
  private final Consumer<RecoveryJob> begin;

  /**
   * Looks that wait for a list; like the next two queues, bounded by the number of quarantined
   * blocks.
   */
  private final ArrayDeque<Look> toLook = new ArrayDeque<>();

  /** Number of looks for which a list is being read. */
  private int listing;

  /** Looks that have their list and wait for a place. */
  private final ArrayDeque<Look> listed = new ArrayDeque<>();

  /** Looks whose keeper has answered and that wait for a place again. */
  private final ArrayDeque<RecoveryJob> resumed = new ArrayDeque<>();

  /** Number of looks that have a place. */
  private int looks;

  /**
   * Creates the looks of one shard.
   *
   * @param begin begins the recovery of a block that has a buffer
   */
  QuarantineLooks(
      BlockStorage storage,
      RecoveryUnderWay underWay,
      ShardParts shard,
      Consumer<RecoveryJob> begin) {
    this.storage = storage;
    this.underWay = underWay;
    this.executor = shard.executor();
    this.view = shard.view();
    this.directory = shard.directory();
    this.begin = begin;
  }

  /** A view has been installed: all waiting looks are dropped. */
  void onInstall() {
    toLook.clear();
    listed.clear();
    resumed.clear();
  }

  /** The block is requested. */
  void want(BlockId block) {
    Optional<RecoveryRedo> redo = underWay.redoOf(view.epoch());
    if (redo.isEmpty() || directory.isRebuilding()) {
      directory.postponeLook(block); // a view change is in progress: past images are not known
      return;
    }
    boolean first = looks + toLook.size() + listing + listed.size() + resumed.size() < MOST_LOOKS;
    boolean begun = first && directory.beginLook(block);
    if (begun || !first) {
      toLook.add(new Look(block, view.epoch(), redo.get(), begun));
      look();
    }
  }

  /** The keeper of a past image has answered. */
  void resume(RecoveryJob job) {
    resumed.add(job);
    look();
  }

  /** Starts looks while there are places. */
  private void look() {
    while (looks < MOST_LOOKS && !resumed.isEmpty()) {
      beginAtPlace(resumed.poll());
    }
    while (looks < MOST_LOOKS && !listed.isEmpty()) {
      Look next = listed.poll();
      if (next.begun || directory.beginLook(next.block)) {
        beginAtPlace(jobOf(next));
      }
    }
    if (looks < MOST_LOOKS && listing == 0 && !toLook.isEmpty()) {
      List<Look> now = List.copyOf(toLook);
      toLook.clear();
      listing = now.size();
      storage.onBlockingLane(() -> listSavedImages(now));
    }
  }

  private RecoveryJob jobOf(Look look) {
    long atLeast = directory.atLeast(look.block);
    RecoveryJob job =
        new RecoveryJob(
            look.block, look.saved, atLeast, look.epoch, look.redo, this::onLooked, () -> {});
    job.isLook = true;
    return job;
  }

  private void beginAtPlace(RecoveryJob job) {
    looks++;
    job.physical = Optional.of(storage.takeBuffer());
    job.written = this::onLooked;
    begin.accept(job);
  }

  /**
   * Off the shard's executor: lists again, because images may have been saved since the view was
   * installed.
   */
  private void listSavedImages(List<Look> now) {
    try {
      Map<BlockId, List<Long>> saved = storage.savedImages();
      executor.execute(() -> onListed(now, saved));
    } catch (WeftException e) {
      executor.execute(() -> onNotListed(now, e));
    }
  }

  private void onListed(List<Look> now, Map<BlockId, List<Long>> saved) {
    listing = 0;
    for (Look each : now) {
      if (each.epoch == view.epoch()) {
        each.saved = saved.getOrDefault(each.block, List.of());
        listed.add(each);
      }
    }
    look();
  }

  private void onNotListed(List<Look> now, WeftException reason) {
    listing = 0;
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} quarantined blocks cannot be tried again, because the saved images"
            + " cannot be listed: {1}",
        now.size(),
        reason);
    for (Look each : now) {
      if (each.epoch != view.epoch()) {
        continue;
      }
      if (each.begun) {
        directory.quarantine(each.block, 0);
      } else {
        directory.postponeLook(each.block);
      }
    }
    look();
  }

  /** A look has given its place back. */
  private void onLooked() {
    looks--;
    look();
  }

  /** A quarantined block to be tried again. */
  private static final class Look {
    final BlockId block;
    final long epoch;
    final RecoveryRedo redo;

    /** The look has begun in the directory, so requests for the block already wait. */
    final boolean begun;

    /** Versions of its saved images, once they have been listed. */
    List<Long> saved = List.of();

    Look(BlockId block, long epoch, RecoveryRedo redo, boolean begun) {
      this.block = block;
      this.epoch = epoch;
      this.redo = redo;
      this.begun = begun;
    }
  }
}
