// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What TLC found in each run of a specification, and the digest of all that the runs depend on: a
 * file in {@code src/spec/checked}, a line for each run.
 */
final class CheckedRuns {
  /** What to do when the record is of another specification. */
  static final String REMEDY =
      "the specification is not the one that was checked; check it, and record what TLC finds: mvn"
          + " test -pl impl-cachefusion -am -Dtest='*SpecificationTest'"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dweft.tlc=record";

  private final String digest;
  private final Map<String, Line> lines = new TreeMap<>();

  private record Line(String found, int states) {}

  /** An empty record. */
  CheckedRuns(String digest) {
    this.digest = digest;
  }

  /** The digest of texts, each with its length. */
  static String digest(List<String> texts) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (String text : texts) {
        sha.update((text.length() + "\n" + text).getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path file(Path specifications, String module) {
    return specifications.resolve("checked").resolve(module + ".txt");
  }

  /** The record of a specification. */
  static CheckedRuns read(Path specifications, String module) throws IOException {
    CheckedRuns runs = null;
    for (String line : Files.readAllLines(file(specifications, module))) {
      String[] fields = line.split(" \\| ");
      if (line.startsWith("#")) {
        continue;
      }
      if (runs == null) {
        runs = new CheckedRuns(line);
      } else {
        runs.lines.put(fields[0], new Line(fields[1], Integer.parseInt(fields[2])));
      }
    }
    return runs;
  }

  /** The digest of what the runs depend on. */
  String digest() {
    return digest;
  }

  /** The names of the runs. */
  Set<String> names() {
    return lines.keySet();
  }

  /** What a run found; null if it is not recorded. */
  String found(String name) {
    return lines.containsKey(name) ? lines.get(name).found : null;
  }

  /** In how many distinct states; 0 if the number depends on the clock, or there is no record. */
  int states(String name) {
    return lines.containsKey(name) ? lines.get(name).states : 0;
  }

  /** Adds a run. */
  void add(String name, String found, int states) {
    lines.put(name, new Line(found, states));
  }

  /** Writes the record. */
  void write(Path specifications, String module) throws IOException {
    assertTrue(!lines.isEmpty(), "no run succeeded");
    StringBuilder text = new StringBuilder();
    text.append("# Copyright The Weft Authors\n# SPDX-License-Identifier: Apache-2.0\n#\n");
    text.append(
        "# What TLC found: digest of the specification; then run | found | distinct states (0: by"
            + " the clock).\n");
    text.append("# Written by *SpecificationTest with -Dweft.tlc=record, never by hand.\n");
    text.append(digest).append('\n');
    lines.forEach(
        (name, line) -> text.append("%s | %s | %d%n".formatted(name, line.found, line.states)));
    Files.createDirectories(file(specifications, module).getParent());
    Files.writeString(file(specifications, module), text.toString().replace("\r\n", "\n"));
  }
}
