// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.plugin;

import java.nio.file.FileSystem;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Resolves a path in the configuration, in the same way for every plugin and as the operating
 * system does. A relative path starts at the working directory. Links are followed, and {@code ..}
 * after a link means the parent of the link's target. So a path must not be shortened as text
 * ({@link Path#normalize}): a plugin that did so would use another directory than a plugin that did
 * not. Stateless and thread-safe.
 */
public final class ConfiguredPath {
  private ConfiguredPath() {}

  /**
   * The absolute path that {@code text} names on the default file system.
   *
   * @throws IllegalArgumentException if the text is not a path of this file system; the message
   *     begins with {@code key}
   */
  public static Path of(String key, String text) {
    return of(Path.of("").getFileSystem(), key, text);
  }

  /**
   * The absolute path that {@code text} names on the file system of the node's plugins.
   *
   * @throws IllegalArgumentException if the text is not a path of this file system; the message
   *     begins with {@code key}
   */
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
