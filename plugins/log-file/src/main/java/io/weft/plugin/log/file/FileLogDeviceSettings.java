// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.spi.plugin.ConfiguredPath;
import java.nio.file.FileSystem;
import java.nio.file.Path;

/**
 * Settings of {@link FileLogDevice}.
 *
 * @param directory the logs are in its directory {@value FileLogDevice#SUBDIRECTORY}; the same
 *     storage for all nodes
 * @param spareSegments most released segments kept for reuse, 0 to {@value #MAX_SPARE}
 */
public record FileLogDeviceSettings(String directory, int spareSegments) {
  /** Most segments kept for reuse. */
  public static final int MAX_SPARE = 1024;

  /** Key of the directory, for messages. */
  private static final String DIRECTORY = "weft.log-device.file.directory";

  /** Checks the ranges. */
  public FileLogDeviceSettings {
    if (directory.isBlank()) {
      throw new IllegalArgumentException(
          DIRECTORY + " = \"\" is blank; name the directory that all nodes" + " share");
    }
    ConfiguredPath.of(DIRECTORY, directory);
    if (spareSegments < 0 || spareSegments > MAX_SPARE) {
      throw new IllegalArgumentException(
          "weft.log-device.file.spare-segments = "
              + spareSegments
              + " is outside 0 to "
              + MAX_SPARE);
    }
  }

  Path path(FileSystem files) {
    return ConfiguredPath.of(files, DIRECTORY, directory);
  }
}
