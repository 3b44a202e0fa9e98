// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.recovery;

import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.api.View;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.recovery.RecoveryRedo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The state of one view from its installation until all blocks mastered here are served. Owned by
 * {@link DirectoryRebuild}.
 */
final class RebuildRound {
  final long epoch;
  final NodeSet members;
  final BucketMap masters;
  final CompletableFuture<Void> installed;
  CompletableFuture<Void> served = new CompletableFuture<>();
  Optional<RecoveryRedo> redo = Optional.empty();
  int shardsLeft;
  boolean isInstalled;
  boolean asksForAll;
  boolean isBusyRebuilt;
  boolean isRebuilding;
  boolean isRebuilt;
  final List<BlockId> suspects = new ArrayList<>();

  /** Per member: number of inquiries that it has not answered completely. */
  final Map<Integer, Integer> answersLeft = new HashMap<>();

  /** Per member and inquiry: number of messages of the answer received so far. */
  final Map<Long, Integer> partsSeen = new HashMap<>();

  /** The reports, by shard and member. */
  private final Map<Integer, Map<Integer, List<Held>>> reports = new HashMap<>();

  /** The versions of the saved images of each block, in a reproducible order. */
  Map<BlockId, List<Long>> saved = Map.of();

  long blocksReported;
  final List<BlockId> toRecover = new ArrayList<>();
  int recovered;

  RebuildRound(View view, BucketMap masters, CompletableFuture<Void> installed) {
    this.epoch = view.epoch().value();
    this.members = view.memberIds();
    this.masters = masters;
    this.installed = installed;
  }

  /** Adds what a member has reported of a block of a shard. */
  void add(int member, int shard, Held held) {
    reports
        .computeIfAbsent(shard, _ -> new HashMap<>())
        .computeIfAbsent(member, _ -> new ArrayList<>())
        .add(held);
    blocksReported++;
  }

  /** What the members have reported of the blocks of a shard, by member. */
  Map<Integer, List<Held>> reportsOf(int shard) {
    return reports.getOrDefault(shard, Map.of());
  }

  /** Number of members that have not answered completely. */
  int reportsMissing() {
    int missing = 0;
    for (int left : answersLeft.values()) {
      missing += left > 0 ? 1 : 0;
    }
    return missing;
  }
}
