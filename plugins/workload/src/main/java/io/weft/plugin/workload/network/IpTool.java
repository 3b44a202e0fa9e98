// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.network;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs {@code ip} of iproute2. Stateless. */
final class IpTool {
  private static final String IP = "ip";

  /** Longest duration of a command. */
  private static final long SECONDS = 30;

  private IpTool() {}

  /** A failure of {@code ip}, with its own error message. */
  static final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message);
    }
  }

  /** The command that runs another one inside a namespace, as the same process. */
  static List<String> inside(String namespace, List<String> command) {
    List<String> all = new ArrayList<>(List.of(IP, "netns", "exec", namespace));
    all.addAll(command);
    return all;
  }

  /** Executes commands of {@code ip} in order, up to the first that fails. */
  static void batch(List<String> commands) throws Failure {
    run(List.of(IP, "-batch", "-"), commands);
  }

  /** As {@link #batch(List)}, inside a namespace. */
  static void batchIn(String namespace, List<String> commands) throws Failure {
    run(List.of(IP, "-netns", namespace, "-batch", "-"), commands);
  }

  /** The names of all namespaces. */
  static List<String> namespaces() throws Failure {
    return run(List.of(IP, "netns", "list"), List.of())
        .lines()
        .map(line -> line.split(" ", 2)[0])
        .filter(name -> !name.isEmpty())
        .toList();
  }

  /**
   * Runs a command and waits for its end.
   *
   * @param input lines that it reads
   * @return its output
   */
  static String run(List<String> command, List<String> input) throws Failure {
    Process process = null;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (var toProcess = process.getOutputStream()) {
        toProcess.write(
            (String.join("\n", input) + (input.isEmpty() ? "" : "\n"))
                .getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It has ended before it has read all input; its output has the reason.
      }
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new Failure("'" + String.join(" ", command) + "' does not end");
      }
      if (process.exitValue() != 0) {
        throw new Failure("'" + String.join(" ", command) + "' says: " + oneLine(said));
      }
      return said;
    } catch (IOException e) {
      throw new Failure(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure("interrupted while '" + String.join(" ", command) + "' ran");
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }

  private static String oneLine(String text) {
    return String.join("; ", text.strip().lines().map(String::strip).toList());
  }
}
