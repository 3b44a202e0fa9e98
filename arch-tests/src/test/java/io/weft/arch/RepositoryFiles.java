// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The files of the repository, as text. */
final class RepositoryFiles {

  private static final Set<String> SOURCE_ENDINGS =
      Set.of("java", "xml", "sh", "conf", "tla", "cfg", "args", "properties", "yml", "yaml", "py");

  private RepositoryFiles() {}

  /** Files that people write as code or configuration, and so carry the licence header. */
  static List<Path> sources() {
    return House.files().stream().filter(RepositoryFiles::isSource).toList();
  }

  /** All text files. */
  static List<Path> texts() {
    return House.files().stream().filter(file -> text(file).indexOf('\0') < 0).toList();
  }

  /** The content of a file; bytes that are not text become other characters. */
  static String text(Path file) {
    try {
      return Files.readString(House.ROOT.resolve(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + file, e);
    }
  }

  private static boolean isSource(Path file) {
    String name = file.getFileName().toString();
    return SOURCE_ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1))
        || text(file).startsWith("#!");
  }
}
