// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import io.weft.plugin.launcher.probe.MeasuredValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What was measured: a value for each question, place, plugin and round. Used by one thread while
 * it grows.
 */
public final class Values {
  private final Map<Cell, TreeMap<Integer, Double>> rounds = new HashMap<>();
  private final Map<Cell, Long> samples = new HashMap<>();

  private record Cell(String question, String place, String plugin) {}

  /** Creates an empty collection. */
  public Values() {}

  /** Adds what a plugin has measured in a round. */
  public void add(String plugin, int round, MeasuredValue reading) {
    Cell cell = new Cell(reading.question(), reading.at(), plugin);
    rounds.computeIfAbsent(cell, _ -> new TreeMap<>()).put(round, reading.value());
    samples.merge(cell, reading.samples(), Long::sum);
  }

  /** The values of the rounds, in their order; empty if there are none. */
  List<Double> rounds(String question, String place, String plugin) {
    return List.copyOf(of(question, place, plugin).values());
  }

  private TreeMap<Integer, Double> of(String question, String place, String plugin) {
    return rounds.getOrDefault(new Cell(question, place, plugin), new TreeMap<>());
  }

  /** Number of operations behind the values. */
  long samples(String question, String place, String plugin) {
    return samples.getOrDefault(new Cell(question, place, plugin), 0L);
  }

  /** The spread of the rounds. */
  Optional<Spread> spread(String question, String place, String plugin) {
    List<Double> values = rounds(question, place, plugin);
    return values.isEmpty() ? Optional.empty() : Optional.of(Spread.of(values));
  }

  /**
   * The spread of the ratios to another plugin, round by round, because what else the machine does
   * is then about the same for both.
   */
  Optional<Spread> ratio(String question, String place, String plugin, String other) {
    TreeMap<Integer, Double> others = of(question, place, other);
    List<Double> ratios = new ArrayList<>();
    of(question, place, plugin)
        .forEach(
            (round, value) -> {
              double reference = others.getOrDefault(round, 0.0);
              if (reference != 0) {
                ratios.add(value / reference);
              }
            });
    return ratios.isEmpty() ? Optional.empty() : Optional.of(Spread.of(ratios));
  }

  /** The spread of the differences to another plugin, round by round. */
  Optional<Spread> difference(String question, String place, String plugin, String other) {
    TreeMap<Integer, Double> others = of(question, place, other);
    List<Double> differences = new ArrayList<>();
    of(question, place, plugin)
        .forEach(
            (round, value) -> {
              if (others.containsKey(round)) {
                differences.add(value - others.get(round));
              }
            });
    return differences.isEmpty() ? Optional.empty() : Optional.of(Spread.of(differences));
  }
}
