// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.spi.plugin.ConfiguredPath;
import java.nio.file.FileSystem;
import java.nio.file.Path;

/**
 * Settings of {@link FileRegistry}.
 *
 * @param directory of the storage that all nodes share; records and locks are in its directory
 *     {@code registry}
 * @param killable whether other nodes of this machine may kill this process after its node has been
 *     evicted
 */
public record FileRegistrySettings(String directory, boolean killable) {
  /** Key of the directory, for messages. */
  private static final String DIRECTORY = "weft.registry.file.directory";

  /** Checks that there is one. */
  public FileRegistrySettings {
    if (directory.isBlank()) {
      throw new IllegalArgumentException(
          DIRECTORY + " = \"\" is blank; name a directory that all nodes share");
    }
    ConfiguredPath.of(DIRECTORY, directory);
  }

  Path path(FileSystem files) {
    return ConfiguredPath.of(files, DIRECTORY, directory);
  }
}
