// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.plugin;

import java.nio.file.FileSystem;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * How a path in the configuration is understood, by every plugin alike: as the operating system
 * does. It counts from the working directory if it does not begin at the root, links are followed,
 * and {@code ..} behind a link leads to the directory above the one that the link leads to. So a
 * path is never shortened as text ({@link Path#normalize}): of two plugins with the same path, one
 * that did would work in another directory.
 */
public final class ConfiguredPath {
  private ConfiguredPath() {}

  /**
   * The absolute path that a text names on the default file system.
   *
   * @throws IllegalArgumentException if this process cannot name it; the message begins with the
   *     key
   */
  public static Path of(String key, String text) {
    return of(Path.of("").getFileSystem(), key, text);
  }

  /** The same on the file system that the node's plugins work on. */
  public static Path of(FileSystem files, String key, String text) {
    try {
      return files.getPath(text).toAbsolutePath();
    } catch (InvalidPathException e) {
      boolean encoding = text.chars().anyMatch(c -> c >= 0x80);
      throw new IllegalArgumentException(
          key
              + " = \""
              + text
              + "\" is no path: "
              + e.getReason()
              + (encoding
                  ? "; this process names files in the encoding of its locale (sun.jnu.encoding),"
                      + " which lacks some of these characters: start it in a locale of UTF-8, for"
                      + " example with LC_ALL=C.UTF-8"
                  : ""),
          e);
    }
  }
}
