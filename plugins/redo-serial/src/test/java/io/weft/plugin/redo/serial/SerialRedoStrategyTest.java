// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.serial;

import io.weft.plugin.tck.RedoStrategyContract;
import io.weft.spi.recovery.RedoStrategy;

/** The contract, with one recovery under way. */
final class SerialRedoStrategyTest extends RedoStrategyContract {
  @Override
  protected RedoStrategy strategy() {
    return new SerialRedoStrategy();
  }

  @Override
  protected int atOnce() {
    return 1;
  }

  @Override
  protected int atMost() {
    return 1;
  }
}
