// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.plugin.tck.RedoStrategyContract;
import io.weft.spi.recovery.RedoStrategy;
import org.junit.jupiter.api.Test;

/** The contract, with as many recoveries under way as the settings say. */
final class ParallelRedoStrategyTest extends RedoStrategyContract {
  @Override
  protected RedoStrategy strategy() {
    return new ParallelRedoStrategy(ParallelSettings.DEFAULTS);
  }

  @Override
  protected int atOnce() {
    return ParallelSettings.DEFAULTS.threads();
  }

  @Override
  protected int atMost() {
    return ParallelSettings.DEFAULTS.threads();
  }

  @Test
  void namesKeyValueAndRangeOfWhatItsSettingsRefuse() {
    assertEquals(64, new ParallelSettings(64).threads());
    for (int wrong : new int[] {0, -1, 65}) {
      var error = assertThrows(IllegalArgumentException.class, () -> new ParallelSettings(wrong));
      assertEquals(
          "weft.redo-strategy.parallel.threads = " + wrong + " is outside 1 to 64",
          error.getMessage());
    }
  }
}
