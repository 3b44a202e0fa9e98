// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import io.weft.spi.plugin.ConfiguredPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of {@link FaultyMachine}.
 *
 * @param journal directory where each process keeps how to undo what it has not forced; blank: it
 *     keeps nothing, and the power of its machine cannot fail
 * @param lieAboutForce part of the path of files whose force does nothing and says that it has;
 *     blank: none
 * @param wallSkew how far the wall clock of a start may be wrong in either direction
 * @param seed of what is not told exactly, such as the part of a failed write that was done
 */
public record FaultsSettings(String journal, String lieAboutForce, Duration wallSkew, long seed) {
  private static final String JOURNAL = "weft.faults.faulty.journal";

  /** Checks the values. */
  public FaultsSettings {
    if (!journal.isBlank()) {
      ConfiguredPath.of(JOURNAL, journal);
    }
    if (wallSkew.isNegative()) {
      throw new IllegalArgumentException(
          "weft.faults.faulty.wall-skew = " + wallSkew.toMillis() + " ms is negative");
    }
  }

  /** The directory of journals, if there is to be one. */
  Optional<Path> journalPath() {
    return journal.isBlank() ? Optional.empty() : Optional.of(ConfiguredPath.of(JOURNAL, journal));
  }
}
