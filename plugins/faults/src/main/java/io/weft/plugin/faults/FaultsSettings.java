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
 * @param journal directory of the undo journals, with which each process can undo its unforced
 *     writes; blank: no journal, so power failures cannot be injected
 * @param lieAboutForce part of the path of files whose force does nothing and reports success;
 *     blank: none
 * @param wallSkew largest error of the wall clock at a start, in either direction
 * @param seed seed of random choices, such as the completed part of a failed write
 */
public record FaultsSettings(String journal, String lieAboutForce, Duration wallSkew, long seed) {
  /** Key of the journal directory, for messages. */
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

  /** The directory of journals, if one is configured. */
  Optional<Path> journalPath() {
    return journal.isBlank() ? Optional.empty() : Optional.of(ConfiguredPath.of(JOURNAL, journal));
  }
}
