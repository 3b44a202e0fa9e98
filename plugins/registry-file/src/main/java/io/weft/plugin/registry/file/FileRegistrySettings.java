// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

/**
 * Settings of {@link FileRegistry}.
 *
 * @param directory of the storage that all nodes share; records and locks are in its directory
 *     {@code registry}
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
