// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.protocol.BucketMoves;
import io.weft.cachefusion.protocol.CacheFusionMessage;
import io.weft.cachefusion.protocol.MovableMap;
import io.weft.cachefusion.protocol.MoveMessage;
import io.weft.cachefusion.protocol.ShardCache;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Passes events about moves of a shard's buckets to {@link BucketMoves}, on the shard's executor.
 * Public methods may be called from any thread.
 */
public final class ShardMoves {
  /** Longest time that a bucket is frozen before it is handed over: 10 ms. */
  private static final long MOST_FREEZE_NS = TimeUnit.MILLISECONDS.toNanos(10);

  private final NodeServices node;
  private final ShardExecutor executor;
  private final ShardView view;
  private final BucketMoves moves;
  private final ShardCache blocks;
  private final ShardMastery mastery;

  /**
   * Messages of the current view, which is not installed in this shard yet. Bounded: the former
   * master of a bucket hands it over once, and the new one informs this node once.
   */
  private final List<Runnable> parked = new ArrayList<>();

  ShardMoves(
      NodeServices node,
      ShardExecutor executor,
      ShardView view,
      BucketMoves moves,
      ShardCache blocks,
      RequestCount requests) {
    this.node = node;
    this.executor = executor;
    this.view = view;
    this.moves = moves;
    this.blocks = blocks;
    this.mastery = new ShardMastery(node.self(), executor, view, moves, requests);
  }

  /** The shard's buckets and their users. */
  public ShardMastery mastery() {
    return mastery;
  }

  /** Moves a bucket of this shard to another member; see {@link BucketMoves#freeze}. */
  public void move(int bucket, int to, CompletableFuture<Void> done) {
    executor.executeAlways(
        () -> {
          if (executor.stopped() == null) {
            moves.freeze(bucket, to, done);
          } else {
            done.completeExceptionally(executor.stopped());
          }
        });
    node.runtime()
        .schedule(MOST_FREEZE_NS, () -> executor.executeElsewhere(() -> moves.thaw(bucket, done)));
  }

  /** Collects the moves that are known in a view; none if the shard is in another one. */
  public void known(long epoch, CompletableFuture<Map<Integer, Integer>> moves) {
    executor.executeAlways(() -> moves.complete(inspect(epoch)));
  }

  /** The moves that are known in a view; for checkers that run between events. */
  public Map<Integer, Integer> inspect(long epoch) {
    return view.epoch() == epoch
        ? view.masters().map(MovableMap::moved).orElse(Map.of())
        : Map.of();
  }

  /** A message sent in epoch {@code sent} has arrived. */
  public void receive(int from, long sent, MoveMessage message) {
    executor.execute(() -> onMessage(from, sent, message));
  }

  private void onMessage(int from, long sent, MoveMessage message) {
    if (sent > view.epoch()) {
      parked.add(() -> onMessage(from, sent, message)); // the view is being installed
    } else if (node.rules().isOfEpoch(sent, view.epoch())) {
      switch (message) {
        case MoveMessage.Transfer transfer -> moves.recvTransfer(transfer);
        case MoveMessage.NewMaster newMaster -> moves.recvNewMaster(from, newMaster);
      }
    }
  }

  /** A former master has not taken a request or a release of this node. */
  void recvMoved(CacheFusionMessage.Moved moved) {
    moves.learn(moved);
    if (moved.release()) {
      blocks.holder().recvMoved(moved);
    } else {
      blocks.requester().recvMoved(moved);
    }
  }

  /** The shard has installed a view. */
  void onInstall() {
    List<Runnable> now = List.copyOf(parked);
    parked.clear();
    now.forEach(Runnable::run);
  }

  /** The node stops. */
  void stop(WeftException reason) {
    parked.clear();
    moves.fail(reason);
  }
}
