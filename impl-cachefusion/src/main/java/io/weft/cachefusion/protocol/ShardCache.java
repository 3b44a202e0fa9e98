// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.frame.FrameRange;
import io.weft.cachefusion.node.Admission;
import io.weft.cachefusion.node.CacheCounters;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.spec.BlockState;
import io.weft.cachefusion.spec.Rules;
import java.lang.foreign.MemorySegment;

/**
 * The cache of one shard: its state and its state machines. Owned by the shard's executor.
 *
 * <p>Each machine knows those before it in this order: {@link CacheState}, {@link Keeper}, {@link
 * WriteBack}, {@link Holder}, {@link Requester}, {@link Leases}, {@link Reclaimer}. The earlier
 * ones reach the waiting callers through {@link Waiters}, which this class implements.
 */
public final class ShardCache implements Waiters {
  private final CacheState state;
  private final Keeper keeper;
  private final WriteBack writeBack;
  private final Holder holder;
  private final Requester requester;
  private final Admission admission;
  private final Leases leases;
  private final Reclaimer reclaimer;

  /**
   * Creates a cache without entries.
   *
   * @param self number of this node
   * @param range frames that belong to the shard
   * @param limits bounds of the shard
   */
  public ShardCache(
      int self,
      FramePool frames,
      FrameRange range,
      Limits limits,
      Rules rules,
      Effects effects,
      CacheCounters counters) {
    this.state = new CacheState(frames, range, effects);
    this.keeper = new Keeper(state, this, limits.pastImages(), rules, effects);
    this.writeBack = new WriteBack(state, keeper, this, limits.writes(), rules, effects, counters);
    this.holder = new Holder(state, keeper, writeBack, this, rules, effects, counters);
    this.requester = new Requester(self, state, keeper, this, rules, effects, counters);
    this.admission = new Admission(limits.waiters());
    this.leases = new Leases(state, holder, requester, writeBack, admission, counters);
    this.reclaimer = new Reclaimer(state, leases, holder, writeBack, rules, limits.lowFrames());
  }

  public CacheState state() {
    return state;
  }

  public Keeper keeper() {
    return keeper;
  }

  public WriteBack writeBack() {
    return writeBack;
  }

  public Holder holder() {
    return holder;
  }

  public Requester requester() {
    return requester;
  }

  /** Bounds the waiting callers; any thread. */
  public Admission admission() {
    return admission;
  }

  public Leases leases() {
    return leases;
  }

  public Reclaimer reclaimer() {
    return reclaimer;
  }

  // ---- events that concern several machines ---------------------------------------------------

  /** The last pin of a slow frame is gone. */
  public void onUnpinned(int frame) {
    CacheEntry owner = state.ownerOf(frame);
    if (owner != null && owner.frame == frame) {
      leases.pump(owner);
    }
  }

  /** A message that read the frame is acknowledged. */
  public void onShipped(int frame) {
    CacheEntry owner = state.shipped(frame);
    if (owner != null) {
      leases.pump(owner);
    }
  }

  /** The redo that the entry waited for is durable. */
  public void onDurable(CacheEntry entry) {
    state.redoIsDurable(entry);
    if (entry.writeWanted) {
      writeBack.start(entry);
    }
    holder.proceed(entry);
  }

  // ---- for the machines ----------------------------------------------------------------------

  @Override
  public void pump(CacheEntry entry) {
    leases.pump(entry);
  }

  @Override
  public void entitle(CacheEntry entry) {
    leases.entitle(entry);
  }

  @Override
  public void failAll(CacheEntry entry, WeftException reason) {
    leases.failAll(entry, reason);
  }

  // ---- for checkers --------------------------------------------------------------------------

  /** The shard's state of a block. */
  public BlockState inspect(BlockId block) {
    FramePool frames = state.frames();
    CacheEntry entry = state.find(block);
    if (entry == null) {
      return BlockState.ABSENT;
    }
    boolean held = entry.right != Right.NONE;
    return new BlockState(
        entry.mode(frames),
        held && frames.isReadable(entry.frame),
        held && frames.isChangeable(entry.frame),
        held ? frames.version(entry.frame) : 0,
        held && frames.isWritePinned(entry.frame),
        entry.releasing,
        entry.pending.isOpen(),
        entry.writing,
        entry.waiters.size(),
        entry.pastImage == FramePool.NONE ? 0 : frames.version(entry.pastImage),
        held ? frames.readOnly(entry.frame) : MemorySegment.NULL);
  }

  /** Bounds of one shard, each a share of the node's bound. */
  public record Limits(int waiters, int writes, int pastImages, int lowFrames) {}
}
