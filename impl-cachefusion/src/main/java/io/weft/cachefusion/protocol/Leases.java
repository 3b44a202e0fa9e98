// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.node.Admission;
import io.weft.cachefusion.node.CacheCounters;
import java.util.List;
import java.util.function.Function;

/**
 * Serves local callers that could not pin a block on the fast path, in the order of their arrival.
 *
 * <p>Callers that wait when a block arrives are served during that stay, up to {@link #MAX_TURNS},
 * before another node's forward or invalidation is carried out. So every stay makes progress, and
 * none is unbounded.
 */
public final class Leases implements Waiters {
  /**
   * Most waiters served in one stay of a block before a revocation; bounds the wait of other nodes.
   */
  static final int MAX_TURNS = 64;

  private final CacheState state;
  private final Holder holder;
  private final Requester requester;
  private final WriteBack writeBack;
  private final Admission admission;
  private final CacheCounters counters;

  /**
   * Serves the callers of a shard.
   *
   * @param admission bounds the callers; a caller has entered before its request arrives here, and
   *     leaves when the request is settled, or when the shard handles its abandonment
   */
  Leases(
      CacheState state,
      Holder holder,
      Requester requester,
      WriteBack writeBack,
      Admission admission,
      CacheCounters counters) {
    this.state = state;
    this.holder = holder;
    this.requester = requester;
    this.writeBack = writeBack;
    this.admission = admission;
    this.counters = counters;
  }

  /** A caller requests a pin. */
  public void acquire(LeaseRequest request) {
    CacheEntry entry = state.findOrMake(request.block());
    if (!entry.right.permits(request.access())) {
      request.markMissed();
    }
    entry.waiters.add(request);
    pump(entry);
  }

  /** Serves the entry's waiters as far as possible, then a pending revocation. */
  @Override
  public void pump(CacheEntry entry) {
    serve(entry);
    if (entry.frame != FramePool.NONE) {
      state.frames().slow(entry.frame, !entry.waiters.isEmpty() || entry.revocation != null);
    }
    if (entry.revocation != null) {
      holder.proceed(entry);
    } else if (entry.evictWanted) {
      holder.release(entry);
    }
    if (entry.writeWanted && !entry.redoAwaited && !entry.writeQueued) {
      writeBack.start(entry); // the write was postponed while a change had the block pinned
    }
    state.forgetIfIdle(entry);
  }

  private void serve(CacheEntry entry) {
    while (true) {
      LeaseRequest head = headOf(entry);
      if (head == null || entry.releasing) {
        return;
      }
      if (!entry.right.permits(head.access())) {
        entry.entitled = 0;
        if (entry.revocation == null) {
          requester.want(entry, head.access(), false);
        }
        return;
      }
      if (entry.revocation != null && entry.entitled <= 0) {
        return;
      }
      if (!pin(entry, head.access())) {
        return;
      }
      entry.waiters.poll();
      entry.entitled--;
      grant(entry, head);
    }
  }

  private LeaseRequest headOf(CacheEntry entry) {
    LeaseRequest head = entry.waiters.peek();
    while (head != null && head.isSettled()) { // abandoned; its event is still queued
      entry.waiters.poll();
      head = entry.waiters.peek();
    }
    return head;
  }

  private boolean pin(CacheEntry entry, Access access) {
    FramePool frames = state.frames();
    if (frames.pinInTurn(entry.frame, access)) {
      return true;
    }
    // From now on the last unpin notifies the shard; try again in case it has just happened.
    frames.slow(entry.frame, true);
    if (access == Access.EXCLUSIVE && frames.isShipping(entry.frame)) {
      return moveToFreshFrame(entry) && frames.pinInTurn(entry.frame, access);
    }
    return frames.pinInTurn(entry.frame, access);
  }

  /**
   * Moves a block that a message still reads to another frame, so that it can be changed (S5).
   *
   * @return false if readers have the old frame pinned or no frame is free; both are temporary
   */
  private boolean moveToFreshFrame(CacheEntry entry) {
    FramePool frames = state.frames();
    if (!frames.freeze(entry.frame)) {
      return false;
    }
    int old = entry.frame;
    int fresh = state.take(entry);
    if (fresh == FramePool.NONE) {
      frames.right(old, Access.EXCLUSIVE);
      return false;
    }
    frames.unlink(old);
    frames.copy(old, fresh);
    entry.frame = fresh;
    frames.slow(fresh, true);
    frames.link(fresh);
    frames.right(fresh, Access.EXCLUSIVE);
    state.free(old);
    return true;
  }

  private void grant(CacheEntry entry, LeaseRequest request) {
    FramePool frames = state.frames();
    int frame = entry.frame;
    if (frames.touch(frame)) {
      counters.prefetchHits.increment();
    }
    if (request.grant(frame)) {
      admission.leave();
      if (!request.isMissed()) {
        counters.localHits.increment();
      }
      return;
    }
    if (request.access() == Access.EXCLUSIVE) { // the caller has given up meanwhile
      frames.unpinExclusive(frame);
    } else {
      frames.unpinShared(frame);
    }
  }

  /** A caller has given up. */
  public void forget(CacheEntry entry, LeaseRequest request) {
    entry.waiters.remove(request);
    pump(entry);
  }

  /** Fails all waiting callers of the block. */
  @Override
  public void failAll(CacheEntry entry, WeftException reason) {
    while (!entry.waiters.isEmpty()) {
      fail(entry.waiters.poll(), reason);
    }
    entry.entitled = 0;
  }

  /** Fails one caller, unless it has given up. */
  public void fail(LeaseRequest request, WeftException reason) {
    if (request.fail(reason)) {
      admission.leave();
    }
  }

  /** Fails the waiting callers that the node's current right does not serve. */
  void failUnserved(CacheEntry entry, WeftException reason) {
    for (LeaseRequest request : List.copyOf(entry.waiters)) {
      if (!entry.right.permits(request.access()) && entry.waiters.remove(request)) {
        fail(request, reason);
      }
    }
  }

  /** Fails the waiting callers of the block that hold other leases. */
  void failHolding(CacheEntry entry, Function<LeaseRequest, WeftException> reason) {
    List<LeaseRequest> holding = entry.waiters.stream().filter(LeaseRequest::isHolding).toList();
    entry.waiters.removeAll(holding);
    holding.forEach(request -> fail(request, reason.apply(request)));
  }

  /** A block has arrived: the callers that wait now are served during this stay. */
  @Override
  public void entitle(CacheEntry entry) {
    entry.entitled = Math.min(entry.waiters.size(), MAX_TURNS);
  }
}
