// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code weft node} processes of the distribution, started anew for each measurement. */
final class StartedNodes implements AutoCloseable {
  private static final int NODES = 3;
  private static final long LONGEST_SECONDS = 120;
  private static final Pattern EPOCH = Pattern.compile("\"epoch\":[0-9]+");
  private static final String MAIN = "io.weft.plugin.launcher/io.weft.plugin.launcher.Main";

  private final Path distribution = classes().resolve("../../../plugins/launcher/target/weft");
  private final Path directory = Files.createTempDirectory("weft-bench");
  private final List<Process> running = new ArrayList<>();
  private int clusters;

  /** Makes the directory. */
  StartedNodes() throws IOException {}

  private static Path classes() {
    try {
      return Path.of(
          StartedNodes.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("the location of this class is not known", e);
    }
  }

  /** Makes a cache, and returns its file. */
  Path rehearse() throws IOException, InterruptedException {
    Path cache = directory.resolve("weft.aot");
    Process process =
        new ProcessBuilder(command(List.of(), "rehearse", "--output", cache.toString()))
            .inheritIO()
            .start();
    running.add(process);
    if (process.waitFor() != 0) {
      throw new IllegalStateException("weft rehearse has failed");
    }
    return cache;
  }

  /**
   * Starts a node and ends it, and then three nodes, of which one is killed.
   *
   * @param options of the JVMs
   * @return milliseconds: the lone node and its processor time; three nodes and theirs; from the
   *     kill to the completed view of both others, and their processor time meanwhile
   */
  double[] measure(List<String> options) throws IOException, InterruptedException {
    double[] millis = new double[6];
    long start = System.nanoTime();
    List<Process> lone = start(1, options);
    await(lone.getFirst(), line -> line.contains("\"ready\""));
    millis[0] = millisSince(start);
    millis[1] = processorMillis(lone);
    end();
    start = System.nanoTime();
    List<Process> nodes = start(NODES, options);
    for (Process node : nodes) {
      await(node, line -> line.contains("\"ready\""));
    }
    millis[2] = millisSince(start);
    millis[3] = processorMillis(nodes);
    List<Process> others = nodes.subList(0, NODES - 1);
    double before = processorMillis(others);
    start = System.nanoTime();
    nodes.getLast().destroyForcibly();
    for (Process node : others) {
      await(node, endOfChange());
    }
    millis[4] = millisSince(start);
    millis[5] = processorMillis(others) - before;
    end();
    return millis;
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private static double processorMillis(List<Process> nodes) {
    return nodes.stream()
        .map(node -> node.info().totalCpuDuration().orElse(Duration.ZERO))
        .mapToLong(Duration::toMillis)
        .sum();
  }

  private List<Process> start(int count, List<String> options) throws IOException {
    Path cluster = Files.createDirectory(directory.resolve("cluster-" + ++clusters));
    List<Integer> ports = freePorts(count);
    List<Process> nodes = new ArrayList<>();
    for (int node = 0; node < count; node++) {
      Path config = cluster.resolve("node-" + node + ".conf");
      Files.writeString(config, config(node, ports, cluster));
      nodes.add(
          new ProcessBuilder(command(options, "node", "--json", "-c", config.toString()))
              .redirectError(cluster.resolve("node-" + node + ".log").toFile())
              .start());
      running.add(nodes.getLast());
    }
    return nodes;
  }

  private List<String> command(List<String> options, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + distribution.resolve("java.args"));
    if (System.getProperty("os.name").equals("Linux")) {
      command.add("@" + distribution.resolve("linux.args"));
    }
    command.addAll(options);
    command.addAll(List.of("-p", distribution.resolve("lib").normalize().toString(), "-m", MAIN));
    command.addAll(List.of(arguments));
    return command;
  }

  private static String config(int node, List<Integer> ports, Path cluster) {
    StringBuilder text = new StringBuilder("weft.cluster-name = bench\nweft.members = [\n");
    for (int id = 0; id < ports.size(); id++) {
      text.append(
          String.format(
              Locale.ROOT, "{ id = %d, host = 127.0.0.1, port = %d }\n", id, ports.get(id)));
    }
    return text.append("]\nweft.node-id = ")
        .append(node)
        .append("\nweft.store.file.directory = \"")
        .append(cluster.resolve("data"))
        .append("\"\n")
        .toString();
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
    }
    List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }

  /** Finds the line with which a change that has removed a node is told completely. */
  private static Predicate<String> endOfChange() {
    Set<String> removed = new HashSet<>();
    Set<String> complete = new HashSet<>();
    return line -> {
      Matcher epoch = EPOCH.matcher(line);
      if (!epoch.find()) {
        return false;
      }
      if (line.contains("\"view\"") && !line.contains("\"out\":[]")) {
        removed.add(epoch.group());
      }
      if (line.contains("\"phase\":\"complete\"")) {
        complete.add(epoch.group());
      }
      return !Collections.disjoint(removed, complete);
    };
  }

  /** Reads the lines of a node up to one. */
  private static void await(Process node, Predicate<String> wanted) throws InterruptedException {
    BufferedReader lines = node.inputReader();
    try {
      CompletableFuture.runAsync(() -> skipTo(lines, wanted))
          .get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("a node does not say what it should", e);
    }
  }

  private static void skipTo(BufferedReader lines, Predicate<String> wanted) {
    if (lines.lines().noneMatch(wanted)) {
      throw new IllegalStateException("a node has ended");
    }
  }

  /** Ends all processes. */
  private void end() throws InterruptedException {
    running.forEach(Process::destroyForcibly);
    for (Process process : running) {
      process.waitFor();
    }
    running.clear();
  }

  @Override
  public void close() throws IOException {
    running.forEach(process -> process.descendants().forEach(ProcessHandle::destroyForcibly));
    try {
      end();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
