// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** No file is too long to be read, and a long one says why it is. */
final class LengthsTest {
  private static final Path PLANTED = Path.of("impl-x/src/main/java/io/weft/x/Planted.java");

  @Test
  void filesAreShortOrSayWhyNot() {
    List<Path> files = Lengths.mainCode();
    assertTrue(files.size() >= 300, () -> "sees only " + files.size() + " files of main code");
    Verdict.on(
        "no file of main code has more than 700 lines, and one of more than 500 has a paragraph"
            + " \"Long because ...\" in its class javadoc",
        "Take out what is a thought of its own; or say why it has to be read in one piece.",
        files.stream()
            .filter(file -> !Lengths.TOO_LONG.containsKey(file))
            .flatMap(file -> Lengths.violation(file, RepositoryFiles.text(file)).stream())
            .toList());
  }

  @Test
  void everyFileThatIsNamedAsTooLongIs() {
    Verdict.on(
        "the list of files that are too long only gets shorter",
        "Take it out of Lengths.TOO_LONG: it has been divided, moved or removed.",
        Lengths.needless(Lengths.TOO_LONG, LengthsTest::isTooLong));
  }

  private static boolean isTooLong(Path file) {
    return Files.exists(House.ROOT.resolve(file))
        && Lengths.violation(file, RepositoryFiles.text(file)).isPresent();
  }

  // Planted files

  @Test
  void findsAFileThatIsTooLongWhateverItSays() {
    assertTrue(violation("/** Planted.\n *\n * <p>Long because it is planted.\n */\n", 697));
    assertEquals(
        Optional.of(PLANTED + " has 701 lines, more than 700"),
        Lengths.violation(PLANTED, "\n".repeat(701)));
  }

  @Test
  void findsALongFileWithoutAReason() {
    assertTrue(violation("/** Planted. */\n", 500));
    assertTrue(violation("/** Planted.\n *\n * <p>Long because\n */\n", 500), "no reason follows");
  }

  @Test
  void findsALongFileThatGivesItsReasonElsewhere() {
    String within = "final class Planted {\n/**\n * Long because it is planted.\n */\n";
    assertTrue(Lengths.violation(PLANTED, within + "\n".repeat(500)).isPresent());
  }

  @Test
  void isContentWithAShortFileAndWithAReason() {
    assertEquals(Optional.empty(), Lengths.violation(PLANTED, "\n".repeat(500)));
    assertTrue(!violation("/** Planted.\n *\n * <p>Long because it is planted.\n */\n", 600));
  }

  @Test
  void findsANameThatNeedNotBeInAList() {
    Path divided = Path.of("impl-x/src/main/java/io/weft/x/Divided.java");
    assertEquals(
        List.of(divided.toString()),
        Lengths.needless(Map.of(PLANTED, "long", divided, "once"), PLANTED::equals));
  }

  private static boolean violation(String javadoc, int lines) {
    String text = javadoc + "final class Planted {\n" + "\n".repeat(lines);
    return Lengths.violation(PLANTED, text).isPresent();
  }
}
