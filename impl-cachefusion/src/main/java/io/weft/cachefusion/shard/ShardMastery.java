// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.cachefusion.protocol.AccessTable;
import io.weft.cachefusion.protocol.BucketMoves;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What a shard knows of its buckets and their users, for the policy that moves them. Public methods
 * may be called from any thread, and answer on the shard's executor; after the node has stopped
 * they do not answer.
 */
public final class ShardMastery {
  private final int self;
  private final ShardExecutor executor;
  private final ShardView view;
  private final BucketMoves moves;
  private final RequestCount requests;
  private final AccessTable accesses;

  ShardMastery(
      int self, ShardExecutor executor, ShardView view, BucketMoves moves, RequestCount requests) {
    this.self = self;
    this.executor = executor;
    this.view = view;
    this.moves = moves;
    this.requests = requests;
    this.accesses = requests.table();
  }

  /**
   * A bucket, as this node knows it.
   *
   * @param usage what was counted here
   * @param master its master; -1 before the first view
   * @param moves number of its last move in this view
   * @param moving whether it is being handed over
   * @param system whether a block of a system file was asked for
   */
  public record Bucket(
      AccessTable.Usage usage, int master, int moves, boolean moving, boolean system) {}

  /**
   * What a shard says at the end of a window.
   *
   * @param epoch of the view that it has installed
   * @param used buckets of this node, in use
   * @param moved the masters of the buckets that have moved in this view, by bucket, also away
   * @param requests since the start
   * @param remoteRequests since the start
   */
  public record Window(
      long epoch,
      List<Bucket> used,
      Map<Integer, Integer> moved,
      long requests,
      long remoteRequests) {}

  /** Ends a window; see {@link AccessTable#decay}. */
  public void endWindow(double decay, int next, Consumer<Window> done) {
    executor.executeElsewhere(
        () -> {
          accesses.decay(decay, next);
          report(done);
        });
  }

  /** Answers as at the end of a window, within one. */
  public void look(Consumer<Window> done) {
    executor.executeElsewhere(() -> report(done));
  }

  private void report(Consumer<Window> done) {
    List<Bucket> used = new ArrayList<>();
    accesses.forEach(
        usage -> {
          if (masterOf(usage.bucket()) == self) {
            used.add(bucket(usage));
          }
        });
    Map<Integer, Integer> moved = new TreeMap<>();
    view.masters().ifPresent(map -> moved.putAll(map.moved()));
    done.accept(
        new Window(view.epoch(), used, moved, accesses.requests(), accesses.remoteRequests()));
  }

  private Bucket bucket(AccessTable.Usage usage) {
    int bucket = usage.bucket();
    return new Bucket(
        usage,
        masterOf(bucket),
        view.masters().map(map -> map.moves(bucket)).orElse(0),
        moves.isMoving(bucket),
        requests.isSystem(bucket));
  }

  private int masterOf(int bucket) {
    return view.masters().map(map -> map.masterOfBucket(bucket)).orElse(-1);
  }

  /** Who masters a bucket, as this node knows it; -1 before the first view. */
  public void master(int bucket, Consumer<Integer> done) {
    executor.execute(() -> done.accept(masterOf(bucket)));
  }

  /** What is known of a bucket, whoever masters it. */
  public void describe(int bucket, Consumer<Bucket> done) {
    executor.execute(() -> done.accept(bucket(accesses.of(bucket))));
  }

  /** A bucket is mastered elsewhere now: forgets what was counted, and returns it. */
  public void handOver(int bucket, Consumer<AccessTable.Usage> done) {
    executor.execute(() -> done.accept(accesses.remove(bucket)));
  }

  /** A bucket has come from another master, with what that has counted. */
  public void takeOver(AccessTable.Usage former) {
    executor.execute(() -> accesses.add(former));
  }
}
