// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.api.CacheStatistics;
import io.weft.api.Change;
import io.weft.api.Locks;
import io.weft.api.Mastery;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.redo.LogId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Takes its time, and checks that it is called in the right order, when it is right. */
final class WorldCache implements CoherentCache {
  private final WorldNode node;
  private long installed;
  private boolean rebuilt;
  long redone;
  long checkpoints;

  /** The moves of buckets in the installed view, as far as this node knows them. */
  Map<Integer, Integer> moves = Map.of();

  /** The map of the installed view. */
  BucketMap masters;

  /** How often the node has looked after it, which it does with each heartbeat. */
  long looks;

  WorldCache(WorldNode node) {
    this.node = node;
  }

  @Override
  public Locks locks() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Mastery mastery() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void look() {
    looks++;
  }

  @Override
  public CompletionStage<Void> install(View view, BucketMap masters) {
    long epoch = view.epoch().value();
    assertTrue(epoch > installed, "installs " + epoch + " after " + installed);
    assertEquals(epoch, node.views.epoch());
    String former = node.world.viewOfEpoch.putIfAbsent(epoch, view.toString());
    assertTrue(former == null || former.equals(view.toString()), "two views of epoch " + epoch);
    installed = epoch;
    this.masters = masters;
    moves = Map.of();
    rebuilt = false;
    return later(epoch);
  }

  @Override
  public CompletionStage<Void> startRecovery(long epoch, RecoveryRedo redo) {
    assertEquals(installed, epoch);
    assertTrue(redone < epoch, "redo twice");
    redone = epoch;
    ViewRecord record = node.world.codec().decode(node.world.records.get(epoch));
    for (WorldNode life : node.world.allLives) {
      if (record.isFailed(new NodeIncarnation(life.id, life.incarnation))) {
        node.world.assertFenced(life);
      }
    }
    CompletableFuture<Void> done;
    if (node.world.recoveryWaitsFor.isPresent()) {
      done = new CompletableFuture<>();
      node.world.recoveriesWaiting.add(done);
    } else {
      done = later(epoch);
    }
    done.thenRun(() -> rebuilt = true);
    return done;
  }

  private CompletableFuture<Void> later(long epoch) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    node.world.schedule(
        node,
        node.world.shortDelay(),
        () -> {
          if (installed == epoch && node.failure.isEmpty()) {
            done.complete(null);
          }
        });
    return done;
  }

  @Override
  public CompletionStage<Map<Integer, Integer>> moves(long epoch) {
    return CompletableFuture.completedFuture(epoch == installed ? moves : Map.of());
  }

  @Override
  public Optional<String> recoveryWaitsFor() {
    return node.world.recoveryWaitsFor;
  }

  @Override
  public RecoveryCounts recoveryCounts() {
    return new RecoveryCounts(10, rebuilt ? 0 : 1, 4, rebuilt ? 4 : 0, rebuilt);
  }

  @Override
  public CompletionStage<Void> checkpoint() {
    checkpoints++;
    return later(installed);
  }

  @Override
  public CompletionStage<List<BlockId>> quarantined() {
    return CompletableFuture.completedFuture(List.of());
  }

  @Override
  public CompletionStage<Void> drain() {
    return later(installed);
  }

  @Override
  public void fail(WeftException reason) {}

  @Override
  public void close() {}

  @Override
  public int contentBytes() {
    return 0;
  }

  @Override
  public Reading newReading(ReadConsistency consistency) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Change newChange() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void prefetch(int file, long first, int count) {}

  @Override
  public CompletionStage<Void> writeBack() {
    return later(installed);
  }

  @Override
  public CacheStatistics statistics() {
    throw new UnsupportedOperationException();
  }

  /** The log of this node. */
  LogId log() {
    return new LogId(node.id, node.incarnation);
  }
}
