// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/** The cache as the membership sees it; tells the checkers which view and map it has. */
final class ObservedCache implements CoherentCache {
  private final CoherentCache cache;
  private final BiConsumer<View, BucketMap> onInstall;

  ObservedCache(CoherentCache cache, BiConsumer<View, BucketMap> onInstall) {
    this.cache = cache;
    this.onInstall = onInstall;
  }

  @Override
  public CompletionStage<Void> install(View view, BucketMap masters) {
    onInstall.accept(view, masters);
    return cache.install(view, masters);
  }

  @Override
  public CompletionStage<Void> startRecovery(long epoch, RecoveryRedo redo) {
    return cache.startRecovery(epoch, redo);
  }

  @Override
  public CompletionStage<Map<Integer, Integer>> moves(long epoch) {
    return cache.moves(epoch);
  }

  @Override
  public RecoveryCounts recoveryCounts() {
    return cache.recoveryCounts();
  }

  @Override
  public Optional<String> recoveryWaitsFor() {
    return cache.recoveryWaitsFor();
  }

  @Override
  public CompletionStage<Void> checkpoint() {
    return cache.checkpoint();
  }

  @Override
  public CompletionStage<List<BlockId>> quarantined() {
    return cache.quarantined();
  }

  @Override
  public CompletionStage<Void> drain() {
    return cache.drain();
  }

  @Override
  public Locks locks() {
    return cache.locks();
  }

  @Override
  public Mastery mastery() {
    return cache.mastery();
  }

  @Override
  public void fail(WeftException reason) {
    cache.fail(reason);
  }

  @Override
  public void close() {
    cache.close();
  }

  @Override
  public int contentBytes() {
    return cache.contentBytes();
  }

  @Override
  public Reading newReading(ReadConsistency consistency) {
    return cache.newReading(consistency);
  }

  @Override
  public Change newChange() {
    return cache.newChange();
  }

  @Override
  public void prefetch(int file, long first, int count) {
    cache.prefetch(file, first, count);
  }

  @Override
  public CompletionStage<Void> writeBack() {
    return cache.writeBack();
  }

  @Override
  public CacheStatistics statistics() {
    return cache.statistics();
  }
}
