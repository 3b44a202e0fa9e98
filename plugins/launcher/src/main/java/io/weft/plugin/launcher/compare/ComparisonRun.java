// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import io.weft.plugin.launcher.probe.MeasuredValue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * Measures the plugins in rounds. In each round every step is measured of each plugin, one after
 * the other, and another plugin begins; the first round, in which the code is compiled, does not
 * count. Used by one thread.
 */
public final class ComparisonRun {
  /** Rounds that are made, however long they take. */
  private static final int FEWEST_ROUNDS = 3;

  /** How much longer than others these steps are measured. */
  private static final int LONG_STEP = 3;

  private static final List<String> LONG_STEPS = List.of("idle", "lanes", "patterns");

  private final ComparisonPlan plan;
  private final Consumer<String> progress;
  private final List<MeasuredPlugin> plugins = new ArrayList<>();
  private final Values values = new Values();

  /** A run that has not begun. */
  public ComparisonRun(ComparisonPlan plan, Consumer<String> progress) {
    this.plan = plan;
    this.progress = progress;
    for (Subject candidate : plan.candidates()) {
      plugins.add(new MeasuredPlugin(plan, candidate, plugins.size()));
    }
  }

  /** Measures, and ends all processes. */
  public Comparison run() {
    Instant began = Instant.now();
    double loadBefore = Machine.load();
    long start = System.nanoTime();
    Thread ending = new Thread(() -> plugins.forEach(MeasuredPlugin::kill));
    Runtime.getRuntime().addShutdownHook(ending);
    int rounds;
    try {
      for (MeasuredPlugin plugin : plugins) {
        progress.accept("starting " + plugin.subject().id() + " ...");
        plugin.start();
        tellFailure(plugin);
      }
      rounds = rounds();
    } finally {
      plugins.forEach(MeasuredPlugin::close);
      Runtime.getRuntime().removeShutdownHook(ending);
    }
    return new Comparison(
        plan.study(),
        plugins.stream().map(MeasuredPlugin::subject).toList(),
        values,
        rounds,
        plan.seconds(),
        plan.command(),
        began,
        (System.nanoTime() - start) / 1_000_000_000,
        Machine.here(),
        loadBefore,
        Machine.load());
  }

  private void tellFailure(MeasuredPlugin plugin) {
    plugin
        .subject()
        .failure()
        .ifPresent(why -> progress.accept(plugin.subject().id() + " fails: " + why));
  }

  /** The number of rounds that count. */
  private int rounds() {
    progress.accept("measuring " + plan.rounds() + " rounds, and one to warm up ...");
    long end = System.nanoTime() + plan.seconds() * 1_000_000_000L;
    round(-1);
    int done = 0;
    int fewest = Math.min(FEWEST_ROUNDS, plan.rounds());
    while (done < plan.rounds() && (done < fewest || System.nanoTime() - end < 0)) {
      round(done);
      done++;
    }
    return done;
  }

  private void round(int round) {
    List<MeasuredPlugin> order = new ArrayList<>(plugins);
    Collections.rotate(order, -Math.max(0, round));
    for (String step : plan.study().steps()) {
      for (MeasuredPlugin plugin : order) {
        if (plugin.works()) {
          List<MeasuredValue> readings = plugin.measure(step, millis(step), round);
          tellFailure(plugin);
          if (round >= 0) {
            readings.forEach(reading -> values.add(plugin.subject().id(), round, reading));
          }
        }
      }
    }
  }

  private long millis(String step) {
    long parts = plan.study().steps().stream().mapToInt(ComparisonRun::weight).sum();
    long orders = (plan.rounds() + 1L) * plugins.size() * parts;
    return Math.max(1, plan.seconds() * 1_000L * weight(step) / orders);
  }

  private static int weight(String step) {
    return LONG_STEPS.contains(step) ? LONG_STEP : 1;
  }
}
