// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.CoreErrors;
import io.weft.api.NodeSet;
import io.weft.api.Stage;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.node.CacheCounters;
import io.weft.cachefusion.protocol.CacheEntry.Pending;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.store.StoreErrors;

/**
 * The requester's side of the protocol: requests blocks and installs them. Handlers have the names
 * of the specification's actions.
 */
public final class Requester {
  private final int self;
  private final CacheState state;
  private final Keeper keeper;
  private final Waiters waiters;
  private final Rules rules;
  private final Effects effects;
  private final CacheCounters counters;

  Requester(
      int self,
      CacheState state,
      Keeper keeper,
      Waiters waiters,
      Rules rules,
      Effects effects,
      CacheCounters counters) {
    this.self = self;
    this.state = state;
    this.keeper = keeper;
    this.waiters = waiters;
    this.rules = rules;
    this.effects = effects;
    this.counters = counters;
  }

  /**
   * Requests the block from its master, unless a request is open or a release is pending; when
   * either ends, the waiters lead back here. A frame for the image is reserved first (S10).
   */
  public void want(CacheEntry entry, Access access, boolean prefetch) {
    if (entry.pending.isOpen() || entry.releasing || entry.wantsFrame) {
      return;
    }
    int frame = state.take(entry);
    if (frame == FramePool.NONE) {
      if (!prefetch) {
        state.awaitFrame(entry);
      }
      return;
    }
    entry.pending.open(access, prefetch, effects.nowNs());
    entry.pending.frame = frame;
    entry.checkInvariants();
    if (prefetch) {
      counters.prefetchRequests.increment();
    }
    request(entry);
  }

  private void request(CacheEntry entry) {
    Pending pending = entry.pending;
    effects.send(
        effects.master(entry),
        new CacheFusionMessage.Request(
            entry.block, pending.wanted, pending.prefetch, pending.frame));
  }

  /**
   * A view has been installed: answers received so far are void, and an open request is sent again.
   */
  public void onInstall(CacheEntry entry) {
    if (!entry.pending.isOpen()) {
      return;
    }
    entry.pending.forgetAnswers();
    if (entry.pending.reading) {
      entry.pending.readIsVoid = true; // the storage still owns the frame
    } else {
      repeat(entry);
    }
  }

  private void repeat(CacheEntry entry) {
    Pending pending = entry.pending;
    if (pending.prefetch && entry.waiters.isEmpty()) {
      counters.prefetchMisses.increment();
      drop(entry);
      waiters.pump(entry);
      return;
    }
    pending.prefetch = false;
    if (rules.repeatsRequests()) {
      request(entry);
    }
  }

  /** The master grants the block, to be read from disk, or with the image that the node holds. */
  public void recvGrant(CacheFusionMessage.Grant grant) {
    CacheEntry entry = requested(grant);
    Pending pending = entry.pending;
    join(pending, grant.stamp(), grant, grant.invalidated());
    if (grant.fromDisk()) {
      pending.stage = Stage.DISK_GRANT;
      pending.reading = true;
      counters.diskReads.increment();
      effects.read(entry);
      return;
    }
    if (entry.right == Right.NONE) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, grant + " of an image that this node does not hold");
    }
    pending.stage = Stage.UPGRADE;
    pending.keepsOwn = true;
    pending.imageIn = true;
    completeIfReady(entry);
  }

  /** The master could not recover the block: handled like a failed read. */
  public void recvQuarantined(CacheFusionMessage.Quarantined quarantined) {
    CacheEntry entry = requested(quarantined);
    join(entry.pending, quarantined.stamp(), quarantined, NodeSet.NONE);
    onReadFailed(
        entry,
        new WeftException(
            StoreErrors.QUARANTINED,
            "block "
                + entry.block
                + " is quarantined: its master, n"
                + effects.master(entry)
                + ", could not recover it; its log has the reason; restore the block from a copy,"
                + " or give up the lost content with \"weft block forget\""));
  }

  /** The master's directory was full for too long: handled like a failed read. */
  public void recvNoRoom(CacheFusionMessage.NoRoom refused) {
    CacheEntry entry = requested(refused);
    join(entry.pending, refused.stamp(), refused, NodeSet.NONE);
    onReadFailed(
        entry,
        new WeftException(
            CoreErrors.DIRECTORY_FULL,
            "block "
                + entry.block
                + ": its master, n"
                + effects.master(entry)
                + ", knows as many blocks as weft.cache-fusion.directory-entries allows, and all of"
                + " them are in use; close leases and retry, or raise that setting"));
  }

  /** The image has arrived; the transport's thread has copied it into the pending frame. */
  public void recvData(int from, CacheFusionMessage.Data data) {
    CacheEntry entry = requested(data);
    Pending pending = entry.pending;
    join(pending, data.stamp(), data, data.invalidated());
    int master = Stamps.master(data.stamp());
    pending.stage = from == master || self == master ? Stage.TWO_HOP : Stage.THREE_HOP;
    pending.version = data.version();
    pending.dirty = data.dirty();
    pending.imageIn = true;
    completeIfReady(entry);
  }

  /** A sharer has dropped its copy; this may arrive before the image. */
  public void recvAck(int from, CacheFusionMessage.Ack ack) {
    CacheEntry entry = requested(ack);
    join(entry.pending, ack.stamp(), ack, entry.pending.invalidated);
    entry.pending.acknowledged(from);
    completeIfReady(entry);
  }

  /** The block has been read from disk. */
  public void onRead(CacheEntry entry, long version) {
    Pending pending = entry.pending;
    pending.reading = false;
    if (pending.readIsVoid) {
      pending.readIsVoid = false;
      repeat(entry);
      return;
    }
    pending.version = version;
    pending.imageIn = true;
    completeIfReady(entry);
  }

  /**
   * The block cannot be read from disk (S9): its waiters get the error, and a later request reads
   * again.
   */
  public void onReadFailed(CacheEntry entry, WeftException reason) {
    entry.pending.reading = false;
    if (entry.pending.readIsVoid) {
      entry.pending.readIsVoid = false;
      repeat(entry); // the master of the new view may answer differently
      return;
    }
    int stamp = entry.pending.stamp;
    drop(entry);
    waiters.failAll(entry, reason);
    if (rules.closesFailed()) {
      close(entry, stamp, true);
    }
    state.forgetIfIdle(entry);
  }

  /**
   * The master refuses a prefetch; if callers wait meanwhile, a mandatory request is sent instead.
   */
  public void recvRefused(CacheFusionMessage.Refused refused) {
    CacheEntry entry = requested(refused);
    counters.prefetchMisses.increment();
    drop(entry);
    if (entry.waiters.isEmpty() || rules.asksAgain()) {
      waiters.pump(entry);
    }
  }

  /** The block's bucket has a new master: the request is sent again, to that one. */
  public void recvMoved(CacheFusionMessage.Moved moved) {
    CacheEntry entry = requested(moved);
    if (rules.repeatsMoved()) {
      request(entry);
    }
  }

  /** Informs the master that began the transaction of its end. */
  private void close(CacheEntry entry, int stamp, boolean failed) {
    effects.send(
        rules.closer(Stamps.master(stamp), effects.master(entry)),
        new CacheFusionMessage.Done(entry.block, stamp, failed));
  }

  /** Ends the open request without a block. */
  void drop(CacheEntry entry) {
    state.free(entry.pending.frame);
    entry.pending.close();
  }

  /** The entry whose open request the message answers. */
  private CacheEntry requested(CacheFusionMessage message) {
    CacheEntry entry = state.find(message.block());
    if (entry == null || !entry.pending.isOpen()) {
      throw new WeftException(CoreErrors.INVARIANT_BROKEN, message + " answers no request");
    }
    return entry;
  }

  /** Assigns a message to the request; all messages of a transaction have the same stamp. */
  private static void join(
      Pending pending, int stamp, CacheFusionMessage message, NodeSet invalidated) {
    if (pending.stamp != CacheFusionMessage.NO_STAMP && pending.stamp != stamp) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          message + " does not belong to transaction " + pending.stamp);
    }
    pending.stamp = stamp;
    pending.invalidated = invalidated;
  }

  /** Completes the request if the image has arrived and every invalidation is acknowledged. */
  private void completeIfReady(CacheEntry entry) {
    Pending pending = entry.pending;
    if (!pending.imageIn || !rules.allAcked(pending.acknowledgementsMissing())) {
      return;
    }
    if (pending.keepsOwn) {
      state.free(pending.frame);
    } else {
      installImage(entry);
    }
    Access access = pending.wanted;
    entry.right = access == Access.EXCLUSIVE ? Right.EXCLUSIVE : Right.SHARED;
    count(pending);
    if (pending.prefetch) {
      if (entry.waiters.isEmpty()) {
        state.frames().markPrefetched(entry.frame);
      } else {
        counters.prefetchHits.increment(); // requested before it arrived
      }
    }
    int stamp = pending.stamp;
    pending.close();
    entry.checkInvariants();
    waiters.entitle(entry);
    state.frames().slow(entry.frame, !entry.waiters.isEmpty());
    state.frames().right(entry.frame, access);
    close(entry, stamp, false);
    waiters.pump(entry);
  }

  private void installImage(CacheEntry entry) {
    Pending pending = entry.pending;
    if (entry.right != Right.NONE) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          "an image of " + entry.block + " arrives although one is held");
    }
    if (entry.pastImage != FramePool.NONE) {
      keeper.drop(entry); // not earlier: now the newer image is here
    }
    FramePool frames = state.frames();
    entry.frame = pending.frame;
    boolean dirty = rules.arrivesDirty(pending.dirty);
    entry.announcesWrite = dirty;
    frames.version(entry.frame, pending.version);
    frames.diskVersion(entry.frame, dirty ? 0 : pending.version); // a lower bound
    frames.link(entry.frame);
  }

  private void count(Pending pending) {
    long elapsed = effects.nowNs() - pending.sinceNs;
    counters.record(pending.stage, elapsed);
    if (!pending.invalidated.isEmpty()) {
      counters.record(Stage.INVALIDATION, elapsed);
    }
    switch (pending.stage) {
      case TWO_HOP -> counters.shipped2Hop.increment();
      case THREE_HOP -> counters.shipped3Hop.increment();
      case UPGRADE -> counters.upgrades.increment();
      default -> {} // disk reads are counted when they start
    }
  }
}
