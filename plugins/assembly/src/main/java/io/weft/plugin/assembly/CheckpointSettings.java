// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.spi.plugin.ByteSize;
import java.time.Duration;

/**
 * When a node makes a checkpoint; the prose stands in {@code reference.conf}.
 *
 * @param interval longest time between two, if there is anything to do
 * @param redo bytes of redo after which one is made earlier
 */
record CheckpointSettings(Duration interval, ByteSize redo) {
  private static final long LEAST_REDO = 1L << 20;

  CheckpointSettings {
    CoreSettings.checkBetween("interval", interval, Duration.ofSeconds(1), Duration.ofDays(1));
    if (redo.bytes() < LEAST_REDO) {
      throw new IllegalArgumentException("redo " + redo + " is below 1 MiB");
    }
  }
}
