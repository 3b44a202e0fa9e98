// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.BlockId;
import io.weft.cachefusion.protocol.MovableMap;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.view.Views;
import java.util.Optional;

/** Epoch and master map of the view that a shard has installed. Owned by the shard's executor. */
public final class ShardView {
  private long epoch = Views.NO_EPOCH;
  private Optional<MovableMap> masters = Optional.empty();

  /** The map of the previous view, if that was installed here, too. */
  private Optional<MovableMap> mastersBefore = Optional.empty();

  /** Installs a view. */
  void install(long view, BucketMap map, Rules rules) {
    mastersBefore = rules.nothingSkipped(view, epoch) ? masters : Optional.empty();
    epoch = view;
    masters = Optional.of(new MovableMap(map));
  }

  public long epoch() {
    return epoch;
  }

  /** The map of the view, with the moves since; empty before the first view. */
  Optional<MovableMap> masters() {
    return masters;
  }

  Optional<MovableMap> mastersBefore() {
    return mastersBefore;
  }

  int masterOf(BlockId block) {
    return masters
        .orElseThrow(() -> new IllegalStateException("no view has been installed yet"))
        .masterOf(block.file(), block.number());
  }
}
