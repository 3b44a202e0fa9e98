// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The ahead-of-time cache: made by a rehearsal, used if it fits, and silently unused if not. */
@Timeout(600)
class RehearseIT {
  private static final Path LIBRARIES = Path.of("target", "weft", "lib").toAbsolutePath();

  /** The JVM ends with an error if it cannot use the cache. */
  private static final String MUST_FIT = "-XX:AOTMode=on";

  @TempDir private Path directory;

  /** What a process has said, on both outputs. */
  private record Said(int code, String text) {}

  @Test
  void aRehearsalMakesACacheAndOneThatDoesNotFitIsNotMissed() throws Exception {
    Path place = Files.createDirectory(directory.resolve("with a blank"));
    Path cache = place.resolve("weft.aot");
    Said rehearsal = run(List.of(), LIBRARIES, "rehearse", "--output", cache.toString());
    assertEquals(0, rehearsal.code(), rehearsal.text());
    assertEquals(List.of("weft.aot"), names(place), rehearsal.text());

    Said plain = version(List.of(), LIBRARIES);
    assertEquals(plain, version(List.of(MUST_FIT, of(cache)), LIBRARIES));

    Path libraries = touchedCopy();
    Said stale = version(List.of(MUST_FIT, of(cache)), libraries);
    assertTrue(stale.code() != 0, stale.text());
    assertEquals(plain, version(List.of(of(cache)), libraries));

    for (Path unusable : unusable(cache)) {
      assertEquals(plain, version(List.of(of(unusable)), LIBRARIES), unusable::toString);
    }
  }

  /** A missing, a truncated and a foreign file, and one that cannot be opened as a file. */
  private List<Path> unusable(Path cache) throws IOException {
    byte[] whole = Files.readAllBytes(cache);
    Path truncated = directory.resolve("truncated.aot");
    Files.write(truncated, Arrays.copyOf(whole, whole.length / 2));
    Path empty = Files.createFile(directory.resolve("empty.aot"));
    Path foreign = Files.writeString(directory.resolve("foreign.aot"), "no cache".repeat(1_000));
    return List.of(directory.resolve("missing.aot"), truncated, empty, foreign, directory);
  }

  /** The libraries, one of them as if it had been built again. */
  private Path touchedCopy() throws IOException {
    Path copy = Files.createDirectory(directory.resolve("lib"));
    for (String name : names(LIBRARIES)) {
      Files.copy(LIBRARIES.resolve(name), copy.resolve(name));
    }
    return copy;
  }

  private static List<String> names(Path of) throws IOException {
    try (Stream<Path> entries = Files.list(of)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private static String of(Path cache) {
    return "-XX:AOTCache=" + cache;
  }

  private Said version(List<String> options, Path libraries) throws Exception {
    return run(options, libraries, "--version");
  }

  private Said run(List<String> options, Path libraries, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(DistributionCommand.of(directory, List.of(arguments)));
    command.replaceAll(word -> word.equals(LIBRARIES.toString()) ? libraries.toString() : word);
    command.addAll(1, options);
    Path said = Files.createTempFile(directory, "said", ".txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    try {
      return new Said(process.waitFor(), Files.readString(said));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
