// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.tck.doubles.TraceFile;
import io.weft.plugin.workload.demo.DemoSettings;
import io.weft.plugin.workload.replay.VscsiTrace;
import io.weft.plugin.workload.shared.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the command of the distribution as users do, with real nodes in processes of their own. */
@Timeout(600)
class WorkloadIT {
  private static final Path DISTRIBUTION = Path.of("target", "weft").toAbsolutePath();
  private static final Pattern NODES_UP = Pattern.compile("nodes are up, processes \\[([0-9, ]+)]");
  private static final String MAIN = "io.weft.plugin.launcher/io.weft.plugin.launcher.Main";

  @TempDir private Path directory;

  /** Where the nodes share memory. */
  @TempDir private Path memory;

  private final List<Process> started = new ArrayList<>();
  private final StringBuffer errors = new StringBuffer();
  private final CompletableFuture<Boolean> errorsEnded = new CompletableFuture<>();

  /** The node processes, in the order of their ids, as soon as all of them are up. */
  private final CompletableFuture<List<ProcessHandle>> nodesUp = new CompletableFuture<>();

  @AfterEach
  void endEverything() {
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  @Test
  void demoRunsToItsProof() throws Exception {
    Process demo =
        start("demo", "--seconds", "1", "--accounts", "600", "--frames", "256", "--json");
    List<String> out = lines(demo);

    assertEquals(0, demo.waitFor(), this::errors);
    assertEquals(1, out.size(), "everything but the JSON goes to standard error");
    ObjectNode json = Json.parse(out.getFirst()).orElseThrow();
    assertEquals(3, json.path("nodes").asInt());
    assertEquals(0, json.path("violations").asLong());
    assertEquals(0, json.path("lostUpdates").asLong());
    assertEquals(600 * DemoSettings.INITIAL_BALANCE, json.path("sum").asLong());
    assertTrue(json.path("requests").asLong() > 0);
    assertNothingIsLeft();
  }

  /** A killed process is noticed by its lock, and nothing of it is left in memory. */
  @Test
  void demoOverSharedMemoryRunsToItsProofWithAKilledNode() throws Exception {
    Process demo =
        start(
            "demo",
            "--transport",
            "shm",
            "--kill",
            "--seconds",
            "9",
            "--accounts",
            "600",
            "--frames",
            "256",
            "--set",
            "weft.transport.shm.directory = " + Json.quoted(memory.toString()),
            "--json");
    List<String> out = lines(demo);

    assertEquals(0, demo.waitFor(), this::errors);
    ObjectNode json = Json.parse(out.getLast()).orElseThrow();
    assertEquals(0, json.path("violations").asLong());
    assertEquals(0, json.path("lostUpdates").asLong());
    assertTrue(json.path("requests").asLong() > 0);
    assertNothingIsLeft();
    try (Stream<Path> left = Files.list(memory)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void replayRunsToItsProofWithACacheSmallerThanTheTrace() throws Exception {
    Path file = TraceFile.random(11, 3000, 4000).in(directory);
    VscsiTrace trace = VscsiTrace.read(file, Integer.MAX_VALUE);
    Process replay = start("replay", file.toString(), "--frames", "256", "--json");
    List<String> out = lines(replay);

    assertEquals(0, replay.waitFor(), this::errors);
    ObjectNode json = Json.parse(out.getLast()).orElseThrow();
    assertEquals(3000, json.path("requests").asLong());
    assertEquals(
        trace.accesses(), json.path("blockReads").asLong() + json.path("blockWrites").asLong());
    assertEquals(0, json.path("violations").asLong());
    assertEquals(0, json.path("lostUpdates").asLong());
    assertTrue(json.path("evictions").asLong() > 0);
    assertTrue(json.path("shipped2Hop").asLong() + json.path("shipped3Hop").asLong() > 0);
    assertNothingIsLeft();
  }

  @Test
  void aDamagedTraceIsRefusedBeforeAnythingStarts() throws Exception {
    byte[] bytes = TraceFile.random(1, 10, 100).bytes();
    bytes[5 * VscsiTrace.RECORD_BYTES + 12] = 0x35;
    Path file = Files.write(directory.resolve("damaged.vscsi"), bytes);
    Process replay = start("replay", file.toString());
    lines(replay);

    assertEquals(1, replay.waitFor());
    assertTrue(errors().contains("TRACE_DAMAGED"), this::errors);
    assertTrue(errors().contains("offset 172"), this::errors);
    assertNothingIsLeft();
  }

  @Test
  void aNodeThatDiesEndsTheRunAndLeavesNothing() throws Exception {
    Process demo = start("demo", "--seconds", "600", "--accounts", "600");
    List<ProcessHandle> nodes = nodesUp.get();

    nodes.get(1).destroyForcibly();

    assertEquals(1, demo.waitFor());
    assertTrue(errors().contains("NODE_FAILED"), this::errors);
    assertTrue(errors().contains("node 1 ended with exit code 137 (signal 9)"), this::errors);
    awaitEnd(nodes);
    assertNothingIsLeft();
  }

  @Test
  void nodesEndWhenTheirParentIsKilled() throws Exception {
    Process demo = start("demo", "--seconds", "600", "--accounts", "600");
    List<ProcessHandle> nodes = nodesUp.get();

    demo.destroyForcibly();

    awaitEnd(nodes);
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + DISTRIBUTION.resolve("java.args"));
    command.add("-Djava.io.tmpdir=" + Files.createDirectories(directory.resolve("tmp")));
    command.addAll(List.of("-p", DISTRIBUTION.resolve("lib").toString(), "-m", MAIN));
    command.addAll(List.of(arguments));
    // So long that a busy machine does not take a healthy node for a dead one.
    command.addAll(List.of("--set", "weft.membership.lease = 30 s"));
    command.addAll(List.of("--set", "weft.failure-detector.phi.acceptable-pause = 20 s"));
    Process process = new ProcessBuilder(command).start();
    started.add(process);
    Thread.ofPlatform().daemon().start(() -> collectErrors(process));
    return process;
  }

  private void collectErrors(Process process) {
    try (var lines = process.errorReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        errors.append(line).append('\n');
        Matcher matcher = NODES_UP.matcher(line);
        if (matcher.find()) {
          nodesUp.complete(
              Stream.of(matcher.group(1).split(", "))
                  .map(pid -> ProcessHandle.of(Long.parseLong(pid)).orElseThrow())
                  .toList());
        }
      }
    } catch (IOException e) {
      errors.append(e);
    }
    errorsEnded.complete(true);
    nodesUp.completeExceptionally(new IOException("ended before its nodes were up: " + errors));
  }

  private static List<String> lines(Process process) throws IOException {
    try (var out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      return out.readAllLines();
    }
  }

  private static void awaitEnd(List<ProcessHandle> nodes)
      throws InterruptedException, ExecutionException {
    for (ProcessHandle node : nodes) {
      CompletableFuture<ProcessHandle> end = node.onExit();
      end.get();
      assertFalse(node.isAlive());
    }
  }

  private void assertNothingIsLeft() throws IOException {
    for (Process process : started) {
      assertEquals(0, process.descendants().count());
    }
    try (Stream<Path> left = Files.list(directory.resolve("tmp"))) {
      List<Path> runs =
          left.filter(path -> path.getFileName().toString().startsWith("weft-run-")).toList();
      assertEquals(List.of(), runs);
    }
  }

  /** All that the command has written to standard error; waits for its end. */
  private String errors() {
    errorsEnded.join();
    return errors.toString();
  }
}
