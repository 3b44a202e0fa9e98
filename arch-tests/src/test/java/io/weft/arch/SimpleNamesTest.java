// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One name, one class. */
final class SimpleNamesTest {
  private static final Path LIFE = Path.of("impl-x/src/main/java/io/weft/x/Life.java");
  private static final Path OTHER_LIFE = Path.of("plugins/y/src/main/java/io/weft/y/Life.java");
  private static final Path DEATH = Path.of("impl-x/src/main/java/io/weft/x/Death.java");

  @Test
  void noTwoClassesHaveOneName() {
    List<Path> files = Lengths.mainCode();
    assertTrue(files.size() >= 300, () -> "sees only " + files.size() + " files of main code");
    Verdict.on(
        "top-level classes of production code have different simple names, over all modules",
        "Name what distinguishes the two: a reader who searches for one must not find the other.",
        SimpleNames.duplicates(files));
  }

  @Test
  void findsTheSameNameInTwoModules() {
    assertEquals(
        List.of(
            "Life: impl-x/src/main/java/io/weft/x/Life.java,"
                + " plugins/y/src/main/java/io/weft/y/Life.java"),
        SimpleNames.duplicates(List.of(OTHER_LIFE, DEATH, LIFE)));
  }

  @Test
  void everyModuleMayDescribeItselfAndItsPackages() {
    Path description = Path.of("impl-x/src/main/java/module-info.java");
    Path other = Path.of("impl-y/src/main/java/module-info.java");
    assertEquals(List.of(), SimpleNames.duplicates(List.of(description, other, DEATH)));
  }
}
