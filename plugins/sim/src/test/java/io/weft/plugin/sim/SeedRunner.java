// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.run.RunResult;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** Runs many seeds on all cores. Each seed has its thread to itself. */
final class SeedRunner {
  private static final int VIOLATIONS_KEPT = 3;

  private final LongFunction<SimOptions> options;
  private final Consumer<SimCluster> before;
  private final Map<String, Long> sums = new TreeMap<>();
  private final List<Violation> violations = new ArrayList<>();
  private final Map<String, Long> counters = new TreeMap<>();
  private long next;
  private long end;
  private int seeds;
  private long operations;
  private long failures;
  private long steps;
  private long virtualNs;
  private long reordered;
  private long resent;
  private long disconnects;

  /** Runs seeds with these options. */
  SeedRunner(LongFunction<SimOptions> options) {
    this(options, _ -> {});
  }

  /** The same, with something done to each cluster before its first step. */
  SeedRunner(LongFunction<SimOptions> options, Consumer<SimCluster> before) {
    this.options = options;
    this.before = before;
  }

  /**
   * What all seeds did together.
   *
   * @param counters of all engines, by name
   * @param sums of what happened to nodes and devices, by name
   */
  record Total(
      int seeds,
      long operations,
      long failures,
      long steps,
      long virtualNs,
      long reordered,
      long resent,
      long disconnects,
      Map<String, Long> counters,
      Map<String, Long> sums,
      List<Violation> violations,
      double seconds) {
    String summary() {
      return String.format(
          "%d seeds, %d operations, %d gave up, %d steps, %.0f simulated s, %d messages out of"
              + " order, %d reconnects, %d frames resent, %s, in %.0f s; engines: %s",
          seeds,
          operations,
          failures,
          steps,
          virtualNs / 1e9,
          reordered,
          disconnects,
          resent,
          sums,
          seconds,
          counters);
    }

    List<String> pathsNeverTaken() {
      return counters.entrySet().stream()
          .filter(counter -> counter.getValue() == 0)
          .map(Map.Entry::getKey)
          .toList();
    }
  }

  /** Runs {@code count} seeds from {@code first} on, or fewer if some break an invariant. */
  Total run(long first, int count) throws InterruptedException {
    next = first;
    end = first + count;
    long begin = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
      threads.add(Thread.ofPlatform().name("seeds-" + i).start(this::work));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return new Total(
        seeds,
        operations,
        failures,
        steps,
        virtualNs,
        reordered,
        resent,
        disconnects,
        counters,
        sums,
        violations,
        (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1));
  }

  private void work() {
    for (long seed = take(); seed < end; seed = take()) {
      try (SimCluster cluster = new SimCluster(options.apply(seed), Rules.STANDARD)) {
        before.accept(cluster);
        count(cluster.run(), cluster.counters());
      } catch (Violation violation) {
        stop(violation);
      } catch (RuntimeException | Error e) {
        stop(new Violation(Invariant.NODE_RUNS, "seed " + seed + " threw " + e, e));
      }
    }
  }

  private synchronized long take() {
    return violations.size() < VIOLATIONS_KEPT ? next++ : end;
  }

  private synchronized void count(RunResult result, Map<String, Long> engines) {
    seeds++;
    operations += result.operations();
    failures += result.failures();
    steps += result.steps();
    virtualNs += result.virtualNs();
    reordered += result.reordered();
    resent += result.resent();
    disconnects += result.disconnects();
    result.counts().forEach((what, count) -> sums.merge(what, count, Long::sum));
    engines.forEach((name, sum) -> counters.merge(name, sum, Long::sum));
  }

  private synchronized void stop(Violation violation) {
    violations.add(violation);
  }
}
