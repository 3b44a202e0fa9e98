// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Runs the benchmarks of this module: {@code local}, {@code threads}, {@code master}, {@code
 * shipping}, {@code shm}, {@code locks}, {@code idle}, {@code redo}, {@code detectors}, {@code
 * directory}, {@code recovery}, {@code start}, {@code failover}, {@code planned} (with {@code
 * --changed N} blocks), or {@code all} (without start, failover and planned). Progress and figures
 * go to standard error; with {@code --json} the last line of standard output is an object of all
 * figures. Exit code 1 if a goal is missed.
 */
public final class Bench {
  /** Goal of a local hit, in nanoseconds. */
  private static final double HIT_NS = 60;

  /** Goal of an acquisition and a release of a cached lock, in nanoseconds. */
  private static final double CACHED_LOCK_NS = 200;

  /** Goal of a change of 8 bytes, in nanoseconds. */
  private static final double CHANGE_NS = 250;

  /** Goal of a master look-up, in nanoseconds. */
  private static final double LOOK_UP_NS = 5;

  /**
   * Allocated bytes that count as none: JMH counts bytes of its own, and the smallest object has
   * 16.
   */
  private static final double NO_BYTES = 0.5;

  private final List<Figure> figures = new ArrayList<>();

  private final int changedBlocks;

  private Bench(int changedBlocks) {
    this.changedBlocks = changedBlocks;
  }

  /** Runs. */
  public static void main(String[] args) throws IOException, InterruptedException {
    List<String> questions = new ArrayList<>(List.of(args));
    boolean json = questions.remove("--json");
    int changed = numberAfter(questions, "--changed", PlannedBenchmark.CHANGED);
    if (questions.isEmpty() || questions.contains("all")) {
      questions =
          List.of(
              "local",
              "threads",
              "master",
              "shipping",
              "shm",
              "locks",
              "idle",
              "redo",
              "detectors",
              "recovery",
              "directory");
    }
    Bench bench = new Bench(changed);
    for (String question : questions) {
      bench.answer(question);
    }
    bench.report(json);
    System.exit(bench.figures.stream().anyMatch(Figure::isMissed) ? 1 : 0);
  }

  /** Takes an option and its number out of the arguments. */
  private static int numberAfter(List<String> arguments, String option, int otherwise) {
    int at = arguments.indexOf(option);
    if (at < 0) {
      return otherwise;
    }
    arguments.remove(at);
    String text = at < arguments.size() ? arguments.remove(at) : "";
    if (!text.matches("[1-9][0-9]{0,6}")) {
      System.err.println("bench: " + option + " needs a number from 1 to 9999999, not: " + text);
      System.exit(2);
    }
    return Integer.parseInt(text);
  }

  private void answer(String question) throws IOException, InterruptedException {
    System.err.println(question + ":");
    switch (question) {
      case "local" -> {
        hits();
        changes();
      }
      case "threads" -> figures.addAll(ThreadsBenchmark.run());
      case "master" -> lookUps();
      case "shipping" -> {
        for (ShippingBenchmark.Waiting waiting : ShippingBenchmark.Waiting.values()) {
          figures.addAll(ShippingBenchmark.run(waiting));
        }
      }
      case "locks" -> {
        cachedLocks();
        figures.addAll(LockBenchmark.run(ShippingBenchmark.Waiting.BLOCKING));
        figures.addAll(LockBenchmark.run(ShippingBenchmark.Waiting.STANDARD));
      }
      case "redo" -> figures.addAll(RedoBenchmark.run());
      case "shm" -> figures.addAll(SharedMemoryBenchmark.run());
      case "idle" -> {
        figures.addAll(IdleBenchmark.run("tcp"));
        figures.addAll(IdleBenchmark.run("shm"));
      }
      case "start" -> figures.addAll(StartBenchmark.run());
      case "failover" -> figures.addAll(FailoverBenchmark.run());
      case "planned" -> figures.addAll(PlannedBenchmark.run(changedBlocks));
      case "detectors" -> figures.addAll(FailureDetectorBenchmark.run());
      case "directory" -> figures.addAll(DirectoryBenchmark.run());
      case "recovery" -> figures.addAll(RedoStrategyBenchmark.run());
      default -> {
        System.err.println(
            "bench: unknown question "
                + question
                + "; known are local, threads, master, shipping, shm, locks, idle, redo, detectors,"
                + " recovery, directory, start, failover, planned and all");
        System.exit(2);
      }
    }
  }

  private void cachedLocks() {
    int operations = CachedLockBenchmark.OPERATIONS;
    JmhSample cached = JmhSample.of(CachedLockBenchmark.class, "cached", operations);
    add(
        Figure.of("lockCachedNs", "cached lock: acquire + release, p50", cached.p50(), "ns")
            .atMost(CACHED_LOCK_NS));
    add(
        Figure.of("lockCachedBytes", "cached lock, allocated", cached.allocatedBytes(), "B")
            .atMost(NO_BYTES));
    JmhSample converted = JmhSample.of(CachedLockBenchmark.class, "converted", operations);
    add(
        Figure.of(
            "lockConvertedNs",
            "cached lock: acquire + convert + value + release, p50",
            converted.p50(),
            "ns"));
  }

  private void hits() {
    int operations = LocalHitBenchmark.OPERATIONS;
    JmhSample one = JmhSample.of(LocalHitBenchmark.class, "own", operations);
    add(Figure.of("localHitNs", "local hit, p50", one.p50(), "ns").atMost(HIT_NS));
    add(Figure.of("localHitP99Ns", "local hit, p99", one.p99(), "ns"));
    add(
        Figure.of("localHitBytes", "local hit, allocated", one.allocatedBytes(), "B")
            .atMost(NO_BYTES));
  }

  private void changes() {
    int operations = ChangeBenchmark.OPERATIONS;
    JmhSample one = JmhSample.of(ChangeBenchmark.class, "own", operations);
    add(
        Figure.of("changeNs", "change of 8 bytes, volatile log, p50", one.p50(), "ns")
            .atMost(CHANGE_NS));
    add(Figure.of("changeP99Ns", "change of 8 bytes, volatile log, p99", one.p99(), "ns"));
    add(Figure.of("changeBytes", "change, allocated", one.allocatedBytes(), "B"));
  }

  private void lookUps() {
    JmhSample ring = lookUp("ring");
    JmhSample modulo = lookUp("modulo");
    add(Figure.of("masterRingNs", "master look-up, ring", ring.p50(), "ns").atMost(LOOK_UP_NS));
    add(
        Figure.of("masterModuloNs", "master look-up, modulo", modulo.p50(), "ns")
            .atMost(LOOK_UP_NS));
    add(
        Figure.of(
            "masterOneByOneNs", "  each waiting for the last", lookUp("ringOneByOne").p50(), "ns"));
    add(Figure.of("arrayNs", "  reference: plain array read", lookUp("array").p50(), "ns"));
    add(Figure.of("treeMapNs", "  reference: ring in a TreeMap", lookUp("treeMap").p50(), "ns"));
  }

  private static JmhSample lookUp(String method) {
    return JmhSample.of(MasterLookupBenchmark.class, method, MasterLookupBenchmark.OPERATIONS);
  }

  private void add(Figure figure) {
    figures.add(figure);
  }

  private void report(boolean json) {
    System.err.println();
    figures.forEach(figure -> System.err.println(figure.line()));
    long missed = figures.stream().filter(Figure::isMissed).count();
    System.err.println(
        String.format(
            Locale.ROOT, "%n%s", missed == 0 ? "all goals met" : missed + " goals missed"));
    if (json) {
      System.out.println(
          figures.stream().map(Figure::json).collect(Collectors.joining(",", "{", "}")));
    }
  }
}
