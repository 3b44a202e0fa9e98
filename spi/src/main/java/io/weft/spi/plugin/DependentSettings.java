// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.plugin;

import java.time.Duration;
import java.util.Optional;

/**
 * Settings whose valid ranges depend on settings of other components. A settings record implements
 * this in addition to its own checks. Rule WP-1: {@link #check} is called once, before a node
 * starts and by {@code weft config check}, when all settings have been read and each is within its
 * own range.
 */
public interface DependentSettings {
  /**
   * Checks these settings against others.
   *
   * @throws IllegalArgumentException if they are not compatible; the message begins with a key of
   *     these settings and names the other key, both values and the remedy
   */
  void check(Others others);

  /** All settings of the node, by their full keys, including defaults. */
  interface Others {
    /** A size; empty if the key is not set, or belongs to a plugin that was not chosen. */
    Optional<ByteSize> size(String key);

    /** A time; empty if the key is not set, or belongs to a plugin that was not chosen. */
    Optional<Duration> duration(String key);

    /** A number; empty if the key is not set, or belongs to a plugin that was not chosen. */
    default Optional<Long> number(String key) {
      return Optional.empty();
    }

    /**
     * Reports a warning: the settings are allowed, but the operator should know a consequence. The
     * message begins with a key of these settings.
     */
    void caution(String message);
  }
}
