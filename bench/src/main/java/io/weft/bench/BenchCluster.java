// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.api.Epoch;
import io.weft.api.LockName;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.plugin.hash.ring.RingHashStrategy;
import io.weft.plugin.hash.ring.RingSettings;
import io.weft.spi.directory.Buckets;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Three {@link BenchNode}s as processes on this machine, with a storage of their own. */
final class BenchCluster implements AutoCloseable {
  /** Number of nodes. */
  static final int NODES = 3;

  /** Longest wait for an answer of a node. */
  private static final long ANSWER_SECONDS = 120;

  /** Longest wait for a node to leave. */
  private static final long LEAVE_SECONDS = 60;

  private final Path directory;
  private final IntFunction<String> settings;
  private final boolean pinned;
  private final View view;
  private final int[] masters;
  private final List<Peer> nodes = new ArrayList<>();

  private record Peer(Process process, PrintStream commands, BufferedReader answers) {}

  /**
   * Starts the nodes and waits until they are ready.
   *
   * @param settings configuration in addition to the defaults
   */
  BenchCluster(String settings) throws IOException {
    this(_ -> settings);
  }

  /** Starts the nodes with different settings for each. */
  BenchCluster(IntFunction<String> settings) throws IOException {
    this(settings, false);
  }

  /**
   * Starts the nodes with different settings for each.
   *
   * @param pinned whether each node keeps to one processor, as if that were its host: otherwise the
   *     kernel decides, and differs between runs, whether a message has to wake another processor.
   *     {@code -Dweft.bench.pin=false} leaves that to the kernel
   */
  BenchCluster(IntFunction<String> settings, boolean pinned) throws IOException {
    this.settings = settings;
    this.pinned = pinned && !"false".equals(System.getProperty("weft.bench.pin"));
    directory = Files.createTempDirectory("weft-bench");
    List<Member> members = new ArrayList<>();
    for (int port : freePorts()) {
      members.add(new Member(new NodeId(members.size()), "127.0.0.1", port));
    }
    view = new View(Epoch.FIRST, members);
    masters = new RingHashStrategy(RingSettings.DEFAULTS).propose(view);
    boolean ready = false;
    try {
      for (int node = 0; node < NODES; node++) {
        nodes.add(start(node));
      }
      for (int node = 0; node < NODES; node++) {
        expect(node, "ready");
      }
      ready = true;
    } finally {
      if (!ready) {
        close();
      }
    }
  }

  private static List<Integer> freePorts() throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
    }
    List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }

  private Peer start(int node) throws IOException {
    Path classes = classes();
    Path distribution = classes.resolve("../../../plugins/launcher/target/weft").normalize();
    Path config = directory.resolve("node-" + node + ".conf");
    Files.writeString(config, config(node) + settings.apply(node));
    List<String> command = new ArrayList<>(ownProcessor(node));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + distribution.resolve("java.args"));
    if (System.getProperty("os.name").equals("Linux")) {
      command.add("@" + distribution.resolve("linux.args"));
    }
    command.addAll(List.of("-p", distribution.resolve("lib").toString()));
    command.addAll(List.of("-cp", classes.toString(), BenchNode.class.getName()));
    command.add(config.toString());
    command.add(distribution.resolve("plugins").toString());
    Process process =
        new ProcessBuilder(command)
            .redirectError(directory.resolve("node-" + node + ".log").toFile())
            .start();
    return new Peer(
        process,
        new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8),
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
  }

  private List<String> ownProcessor(int node) {
    int processors = Runtime.getRuntime().availableProcessors();
    return pinned && processors > 1
        ? List.of("taskset", "-c", Integer.toString(node % processors))
        : List.of();
  }

  private static Path classes() {
    try {
      return Path.of(
          BenchCluster.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("the location of this class is not known", e);
    }
  }

  private String config(int node) {
    StringBuilder members = new StringBuilder();
    for (Member member : view.members()) {
      members.append(
          String.format(
              Locale.ROOT,
              "{ id = %d, host = \"%s\", port = %d }\n",
              member.id().value(),
              member.host(),
              member.port()));
    }
    return String.format(
        Locale.ROOT,
        """
        weft.cluster-name = bench
        weft.node-id = %d
        weft.members = [
        %s]
        weft.store.file.directory = "%s"
        weft.redo-log.plugin = volatile # it is the interconnect that is measured
        weft.cache-fusion.prefetch-window = 0
        """,
        node,
        members,
        directory.resolve("data"));
  }

  /**
   * Blocks of a file that {@code node} masters, from many extents, in an order that no node detects
   * as sequential.
   */
  long[] blocksMasteredBy(int node, int file, int count) {
    long[] numbers = new long[count];
    int found = 0;
    for (long extent = 0; found < count; extent++) {
      long number = extent * Buckets.EXTENT_BLOCKS + extent * 7 % Buckets.EXTENT_BLOCKS;
      if (masters[Buckets.of(file, number)] == node) {
        numbers[found++] = number;
      }
    }
    return numbers;
  }

  /** Names of locks that {@code node} masters. */
  List<String> locksMasteredBy(int node, String prefix, int count) {
    return IntStream.iterate(0, i -> i + 1)
        .mapToObj(i -> prefix + "-" + i)
        .filter(name -> masters[Buckets.ofHash(LockName.of(name).hash())] == node)
        .limit(count)
        .toList();
  }

  /** Sends a command to a node and returns the words of its answer. */
  String[] ask(int node, String command) {
    nodes.get(node).commands().println(command);
    return answer(node).split(" ");
  }

  /** Sends a command to the first nodes at the same time; returns the words of each answer. */
  List<String[]> askFirst(int count, String command) {
    for (int node = 0; node < count; node++) {
      nodes.get(node).commands().println(command);
    }
    List<String[]> answers = new ArrayList<>();
    for (int node = 0; node < count; node++) {
      answers.add(answer(node).split(" "));
    }
    return answers;
  }

  private void expect(int node, String wanted) {
    String answer = answer(node);
    if (!answer.equals(wanted)) {
      throw new IllegalStateException("n" + node + " says " + answer + " instead of " + wanted);
    }
  }

  private String answer(int node) {
    try {
      return CompletableFuture.supplyAsync(() -> readLine(node))
          .get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new IllegalStateException("no answer from n" + node + ":\n" + log(node), e);
    }
  }

  private String readLine(int node) {
    try {
      String line = nodes.get(node).answers().readLine();
      if (line == null) {
        throw new IllegalStateException("n" + node + " has ended");
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String log(int node) {
    try {
      return Files.readString(directory.resolve("node-" + node + ".log"));
    } catch (IOException e) {
      return "its log cannot be read: " + e;
    }
  }

  /** Kills a node; returns the time just before. */
  long kill(int node) throws InterruptedException {
    long now = System.nanoTime();
    nodes.get(node).process().destroyForcibly().waitFor();
    return now;
  }

  /** Makes a node leave as planned; returns how long that took, in nanoseconds. */
  long leave(int node) throws InterruptedException {
    long start = System.nanoTime();
    nodes.get(node).commands().close();
    if (!nodes.get(node).process().waitFor(ANSWER_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("n" + node + " does not end:\n" + log(node));
    }
    return System.nanoTime() - start;
  }

  /** The directory of the nodes' storage and logs. */
  Path directory() {
    return directory;
  }

  /** Restarts a node that has ended, and waits until it is ready. */
  void restart(int node) throws IOException {
    nodes.set(node, start(node));
    expect(node, "ready");
  }

  /** The processor time used by a node. */
  Duration processorTime(int node) {
    return nodes.get(node).process().info().totalCpuDuration().orElseThrow();
  }

  /** Stops the nodes as planned, and deletes their storage. */
  @Override
  public void close() throws IOException {
    nodes.forEach(node -> node.commands().close());
    for (Peer node : nodes) {
      if (!hasEnded(node.process())) {
        node.process().destroyForcibly();
      }
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static boolean hasEnded(Process process) {
    try {
      return process.waitFor(LEAVE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The numbers of a list in an answer. */
  static long[] numbers(String list) {
    return Arrays.stream(list.split(",")).mapToLong(Long::parseLong).toArray();
  }
}
