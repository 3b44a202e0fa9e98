// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.util.List;
import java.util.Optional;

/**
 * A plugin in a comparison, and how it fared.
 *
 * @param id its short name
 * @param module its module
 * @param version of its jar; empty if that has none
 * @param location its jar or directory
 * @param settings its effective settings; empty if it did not start
 * @param failure why it could not be measured to the end
 */
public record Subject(
    String id,
    String module,
    String version,
    String location,
    List<Setting> settings,
    Optional<String> failure) {
  /** Copies the list. */
  public Subject {
    settings = List.copyOf(settings);
  }

  /**
   * An effective setting.
   *
   * @param key full key
   * @param value as written in a configuration
   * @param standard whether it is the default
   */
  public record Setting(String key, String value, boolean standard) {}
}
