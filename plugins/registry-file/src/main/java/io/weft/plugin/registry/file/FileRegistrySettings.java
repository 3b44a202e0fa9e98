// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

/**
 * Settings of {@link FileRegistry}.
 *
 * @param directory where the records and locks are, the same storage for all nodes; no default
 */
public record FileRegistrySettings(String directory) {
  /** Checks that there is one. */
  public FileRegistrySettings {
    if (directory.isBlank()) {
      throw new IllegalArgumentException(
          "weft.registry.file.directory = \"\" is blank; name a directory that all nodes share");
    }
  }
}
