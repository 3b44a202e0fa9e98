// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.node.CacheCounters;
import io.weft.cachefusion.node.InvariantCheck;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.spec.Rules;
import java.util.Optional;

/**
 * The holder's side of the protocol: ships images, drops copies and releases blocks. Handlers have
 * the names of the specification's actions.
 *
 * <p>A forward or invalidation that has to wait is stored in the entry. The event that it waits for
 * (the last unpin, durable redo, the end of a disk write) calls {@link #proceed} again.
 */
public final class Holder {
  private final CacheState state;
  private final Keeper keeper;
  private final WriteBack writeBack;
  private final Waiters waiters;
  private final Rules rules;
  private final Effects effects;
  private final CacheCounters counters;

  Holder(
      CacheState state,
      Keeper keeper,
      WriteBack writeBack,
      Waiters waiters,
      Rules rules,
      Effects effects,
      CacheCounters counters) {
    this.state = state;
    this.keeper = keeper;
    this.writeBack = writeBack;
    this.waiters = waiters;
    this.rules = rules;
    this.effects = effects;
    this.counters = counters;
  }

  /** The master orders the image shipped. */
  public void recvForward(CacheFusionMessage.Forward forward) {
    CacheEntry entry = state.find(forward.block());
    if (entry == null || entry.right == Right.NONE || entry.revocation != null) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, forward + " finds no image, or another revocation pending");
    }
    entry.revocation = forward;
    entry.checkInvariants();
    proceed(entry);
  }

  /** The master orders the copy dropped. */
  public void recvInvalidate(CacheFusionMessage.Invalidate invalidate) {
    CacheEntry entry = state.find(invalidate.block());
    if (entry == null || entry.right == Right.NONE) {
      acknowledge(invalidate);
      return;
    }
    if (entry.revocation != null) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, invalidate + " finds another revocation pending");
    }
    entry.revocation = invalidate;
    entry.checkInvariants();
    proceed(entry);
  }

  /** Carries out the pending forward or invalidation if it need not wait any more. */
  void proceed(CacheEntry entry) {
    if (entry.revocation == null) {
      return;
    }
    if (entry.entitled > 0 && state.servesHead(entry)) {
      state.frames().slow(entry.frame, true); // waiters of this stay go first
      return;
    }
    entry.entitled = 0;
    entry.checkInvariants();
    switch (entry.revocation) {
      case CacheFusionMessage.Forward forward -> forward(entry, forward);
      case CacheFusionMessage.Invalidate invalidate -> invalidate(entry, invalidate);
    }
  }

  private void forward(CacheEntry entry, CacheFusionMessage.Forward forward) {
    FramePool frames = state.frames();
    int frame = entry.frame;
    boolean exclusive = forward.access() == Access.EXCLUSIVE;
    InvariantCheck.holds(
        state.ownerOf(frame) == entry, "a block is shipped from its own frame", entry);
    if (!(exclusive ? frames.revoke(frame) : frames.downgrade(frame))) {
      counters.pinWaits.increment();
      return;
    }
    if (!rules.flushedBeforeShip(frames.redoLsn(frame), effects.durableLsn())) {
      counters.redoWaits.increment();
      state.awaitRedo(entry);
      return;
    }
    if (!rules.ioIdle(entry.writing)) {
      return;
    }
    boolean dirty = frames.isDirty(frame);
    if (exclusive && isWrittenInstead(entry, dirty)) {
      return;
    }
    settleRevocation(entry);
    counters.blocksSent.increment();
    effects.ship(
        forward.requester(),
        new CacheFusionMessage.Data(
            entry.block,
            forward.stamp(),
            frames.version(frame),
            dirty,
            forward.invalidated(),
            forward.ticket()),
        frame);
    if (exclusive) {
      giveUp(entry, dirty);
    } else {
      entry.right = Right.SHARED;
      entry.announcesWrite |= dirty; // the requester considers it dirty, too
    }
    entry.checkInvariants();
    waiters.pump(entry);
  }

  private void invalidate(CacheEntry entry, CacheFusionMessage.Invalidate invalidate) {
    InvariantCheck.holds(
        state.ownerOf(entry.frame) == entry, "a block is dropped from its own frame", entry);
    if (!state.frames().revoke(entry.frame)) {
      counters.pinWaits.increment();
      return;
    }
    if (!rules.ioIdle(entry.writing)) {
      return;
    }
    boolean dirty = state.frames().isDirty(entry.frame);
    if (isWrittenInstead(entry, dirty)) {
      return;
    }
    settleRevocation(entry);
    counters.invalidations.increment();
    giveUp(entry, dirty);
    entry.checkInvariants();
    acknowledge(invalidate);
    waiters.pump(entry);
  }

  /** Whether there is no room for another past image, so that the block is written first. */
  private boolean isWrittenInstead(CacheEntry entry, boolean dirty) {
    return dirty && rules.noRoom(keeper.isFull()) && writeBack.start(entry);
  }

  private void settleRevocation(CacheEntry entry) {
    entry.revocation = null;
    entry.releaseRefused = false;
    entry.revokedWhileReleasing = entry.releasing;
  }

  private void acknowledge(CacheFusionMessage.Invalidate invalidate) {
    effects.send(
        invalidate.requester(), new CacheFusionMessage.Ack(invalidate.block(), invalidate.stamp()));
  }

  /** Ends the right; the image becomes a past image or its frame is freed. */
  private void giveUp(CacheEntry entry, boolean dirty) {
    int frame = entry.frame;
    InvariantCheck.holds(entry.right != Right.NONE, "only a held block is given up", entry);
    assert state.ownerOf(frame) == entry : entry;
    entry.announcesWrite |=
        dirty && entry.unforcedVersion != 0; // the next holder is informed of the write
    entry.right = Right.NONE;
    entry.frame = FramePool.NONE;
    entry.evictWanted = false;
    entry.writeWanted = false;
    state.frames().unlink(frame);
    if (rules.keepsPastImage(dirty)) {
      keeper.keep(entry, frame);
    } else {
      if (state.frames().isPrefetchedUnused(frame)) {
        counters.prefetchMisses.increment();
      }
      state.free(frame);
    }
  }

  /**
   * Starts the release of the block if it is clean, not pinned and has no other operation pending.
   *
   * @return whether the release has been sent
   */
  boolean release(CacheEntry entry) {
    entry.checkInvariants();
    FramePool frames = state.frames();
    int frame = entry.frame;
    if (entry.right == Right.NONE
        || entry.releasing
        || entry.releaseRefused
        || entry.pending.isOpen()
        || entry.revocation != null
        || !entry.waiters.isEmpty()
        || !rules.ioIdle(entry.writing)) {
      return false;
    }
    boolean freezes = rules.frozen(true);
    if (freezes ? !frames.freeze(frame) : frames.isPinned(frame)) {
      return false;
    }
    if (!rules.clean(frames.isDirty(frame))
        || !rules.flushedBeforeShip(frames.redoLsn(frame), effects.durableLsn())) {
      thaw(entry);
      return false;
    }
    entry.releasing = true;
    entry.revokedWhileReleasing = false;
    entry.evictWanted = false;
    entry.checkInvariants();
    state.releases(1);
    effects.send(effects.master(entry), new CacheFusionMessage.Release(entry.block));
    if (!rules.waitsForReleaseAnswer()) {
      giveUp(entry, false);
    }
    return true;
  }

  /**
   * A view has been installed: pending revocations are void, and an open release is sent again,
   * because its answer may have been lost. The block stays frozen until then: the former master may
   * have granted it to another node.
   */
  public void onInstall(CacheEntry entry) {
    entry.releaseRefused = false;
    entry.revokedWhileReleasing = false;
    boolean revoked = entry.revocation != null;
    entry.revocation = null;
    entry.entitled = 0;
    if (entry.releasing) {
      if (rules.repeatsReleases()) {
        effects.send(effects.master(entry), new CacheFusionMessage.Release(entry.block));
      }
    } else if (revoked && entry.right != Right.NONE) {
      thaw(entry);
    }
    entry.checkInvariants();
    waiters.pump(entry);
  }

  /**
   * The report about the block for its master; empty if the node has neither image nor past image
   * (R27).
   */
  public Optional<RecoveryMessage.Held> report(CacheEntry entry) {
    FramePool frames = state.frames();
    boolean holds = entry.right != Right.NONE && (!entry.releasing || rules.reportsReleasing());
    boolean past = entry.pastImage != FramePool.NONE;
    if (!holds && !past) {
      return Optional.empty();
    }
    return Optional.of(
        new RecoveryMessage.Held(
            entry.block,
            holds ? entry.right : Right.NONE,
            holds ? frames.version(entry.frame) : 0,
            past ? frames.version(entry.pastImage) : 0));
  }

  private void thaw(CacheEntry entry) {
    InvariantCheck.holds(entry.right != Right.NONE, "only a held block is unfrozen", entry);
    assert !entry.releasing : entry;
    state
        .frames()
        .right(entry.frame, entry.right == Right.EXCLUSIVE ? Access.EXCLUSIVE : Access.SHARED);
  }

  /** The block's bucket has a new master: the release is sent again, to that one. */
  public void recvMoved(CacheFusionMessage.Moved moved) {
    CacheEntry entry = state.find(moved.block());
    if (entry == null || !entry.releasing) {
      throw new WeftException(CoreErrors.INVARIANT_BROKEN, moved + " answers no release");
    }
    if (rules.repeatsMoved()) {
      effects.send(effects.master(entry), new CacheFusionMessage.Release(entry.block));
    }
  }

  /** The master has accepted the release. */
  public void recvReleaseAccepted(CacheFusionMessage.ReleaseAccepted message) {
    CacheEntry entry = releasing(message);
    if (entry.right != Right.NONE) {
      counters.evictions.increment();
      giveUp(entry, false);
    }
    entry.checkInvariants();
    waiters.pump(entry);
  }

  /**
   * The master has refused the release; a forward or invalidation follows, or has arrived already.
   */
  public void recvReleaseRefused(CacheFusionMessage.ReleaseRefused message) {
    CacheEntry entry = releasing(message);
    if (entry.right != Right.NONE && entry.revocation == null) {
      entry.releaseRefused = !entry.revokedWhileReleasing;
      thaw(entry);
    }
    entry.checkInvariants();
    waiters.pump(entry);
  }

  private CacheEntry releasing(CacheFusionMessage message) {
    CacheEntry entry = state.find(message.block());
    if (entry == null || !entry.releasing) {
      throw new WeftException(CoreErrors.INVARIANT_BROKEN, message + " answers no release");
    }
    entry.releasing = false;
    state.releases(-1);
    return entry;
  }
}
