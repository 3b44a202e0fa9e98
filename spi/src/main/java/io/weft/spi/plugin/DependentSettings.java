// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.plugin;

import java.time.Duration;
import java.util.Optional;

/**
 * Settings whose ranges depend on settings of other parts; a settings record implements this beside
 * its own checks. Rule WP-1: {@link #check} is called once, before a node starts and by {@code weft
 * config check}, when all settings have been read and each is within its own range.
 */
public interface DependentSettings {
  /**
   * Compares these settings with others.
   *
   * @throws IllegalArgumentException if they do not go together; the message begins with a key of
   *     these settings and names the other key, both values and what helps
   */
  void check(Others others);

  /** The settings of the whole node, by their full keys, defaults included. */
  interface Others {
    /** A size; empty if the key is not set, or belongs to a plugin that was not chosen. */
    Optional<ByteSize> size(String key);

    /** A time; empty if the key is not set, or belongs to a plugin that was not chosen. */
    Optional<Duration> duration(String key);

    /** A number; empty if the key is not set, or belongs to a plugin that was not chosen. */
    default Optional<Long> number(String key) {
      return Optional.empty();
    }

    /** Says what is allowed and should be known beforehand; begins with a key of these settings. */
    void caution(String message);
  }
}
