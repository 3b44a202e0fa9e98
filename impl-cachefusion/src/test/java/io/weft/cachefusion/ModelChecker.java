// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs the model checker TLC. Each run is a JVM of its own, two at a time, with one worker so that
 * it always explores in the same order.
 */
final class ModelChecker implements AutoCloseable {
  /** TLC's exit codes: no error, a state that breaks an invariant, a behaviour that gets stuck. */
  private static final int HOLDS = 0;

  private static final int INVARIANT_VIOLATED = 12;
  private static final int PROGRESS_VIOLATED = 13;

  private static final Pattern DISTINCT_STATES =
      Pattern.compile("^\\d+ states generated, (\\d+) distinct states found");

  private final Path specification;
  private final Path runs;
  private final ExecutorService checkers = Executors.newFixedThreadPool(2);

  /**
   * Creates a checker.
   *
   * @param specification folder of the modules
   * @param runs folder in which each run gets one of its own
   */
  ModelChecker(Path specification, Path runs) {
    this.specification = specification;
    this.runs = runs;
  }

  /** What a finished run of TLC said. */
  record Verdict(int exit, String output) {
    /**
     * Fails unless the property is violated, or nothing is if there is none to be found.
     *
     * @return what was found, in the words of the record
     */
    String assertIs(Optional<String> property) {
      if (property.isEmpty()) {
        assertEquals(HOLDS, exit, output);
        return "holds";
      }
      if (exit == PROGRESS_VIOLATED) {
        assertTrue(output.contains("Temporal properties were violated."), output);
      } else {
        assertEquals(INVARIANT_VIOLATED, exit, output);
        assertTrue(output.contains("Invariant " + property.get() + " is violated."), output);
      }
      return "breaks " + property.get();
    }

    /**
     * How many distinct states it has seen: always the same number, but for violated progress. TLC
     * looks for that by the clock, and it counts as 0.
     */
    int distinctStates() {
      if (exit == PROGRESS_VIOLATED) {
        return 0;
      }
      return output
          .lines()
          .map(DISTINCT_STATES::matcher)
          .filter(Matcher::find)
          .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
          .max()
          .orElse(0);
    }
  }

  /** Starts a run, or queues it. */
  Future<Verdict> start(String name, String module, String configuration) {
    return checkers.submit(() -> check(name, module, configuration));
  }

  private Verdict check(String name, String module, String configuration)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectory(runs.resolve(name));
    try (Stream<Path> files = Files.list(specification)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".tla")).toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Files.writeString(folder.resolve("run.cfg"), configuration);
    Path output = folder.resolve("output");
    // The first compiler and the simplest collector: most runs are over before others pay.
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                modelChecker().toString(),
                "tlc2.TLC",
                "-workers",
                "1",
                "-metadir",
                folder.resolve("states").toString(),
                "-config",
                "run.cfg",
                module)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      int exit = process.waitFor();
      return new Verdict(exit, Files.readString(output));
    } finally {
      process.destroyForcibly();
    }
  }

  /** The jar of TLC: on the class path of this test, but never loaded into its JVM. */
  private static Path modelChecker() {
    String entry = ClassLoader.getSystemResource("tlc2/TLC.class").toString();
    return Path.of(URI.create(entry.substring("jar:".length(), entry.indexOf("!/"))));
  }

  @Override
  public void close() {
    checkers.shutdownNow();
  }
}
