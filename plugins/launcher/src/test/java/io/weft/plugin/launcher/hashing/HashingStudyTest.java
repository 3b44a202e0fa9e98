// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.hashing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.View;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.Overrides;
import io.weft.spi.directory.ResourceDirectory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** Figures and expectations of strategies whose values can be told without measuring. */
final class HashingStudyTest {
  private static final double EXACT = 1e-12;

  /** In turn, like the strategy {@code modulo}. */
  private static int[] inTurn(View view) {
    int[] masters = new int[Buckets.COUNT];
    for (int bucket = 0; bucket < masters.length; bucket++) {
      int place = bucket % view.members().size();
      masters[bucket] = view.members().get(place).id().value();
    }
    return masters;
  }

  private static HashingFigures measure(HashStrategy strategy, int nodes) {
    return new HashingStudy(strategy, new PlainDirectory(strategy)).measure(nodes);
  }

  @Test
  void theFiguresOfTakingTurnsAreThoseExpected() {
    HashingExpectation turns = new HashingExpectation.Turns();
    for (int nodes : new int[] {2, 3, 7, 10, 30, HashingStudy.MOST_NODES}) {
      HashingFigures figures = measure(HashingStudyTest::inTurn, nodes);
      assertEquals(turns.variation(nodes), figures.variation(), EXACT);
      assertEquals(turns.joinMoved(nodes), figures.joinMoved(), EXACT);
      if (nodes <= 10) { // many buckets in each period
        assertEquals(turns.leaveMoved(nodes), figures.leaveMoved(), 0.01);
      }
      assertTrue(figures.maxToMean() >= 1 && figures.maxToMean() < 1.02);
    }
  }

  @Test
  void aStrategyThatGivesAllToOneNodeIsAsUnevenAsCanBe() {
    HashingFigures figures = measure(_ -> new int[Buckets.COUNT], 5);
    assertEquals(5, figures.maxToMean(), EXACT);
    assertEquals(2, figures.variation(), EXACT); // sqrt(n - 1)
    assertEquals(0, figures.joinMoved());
    assertTrue(figures.lookUpNs() > 0 && figures.proposeMs() > 0);
    assertEquals(1 / 6.0, figures.joinMinimum());
    assertEquals(1 / 5.0, figures.leaveMinimum());
  }

  /** Draws many rings; with few points for each node, so that few rings suffice. */
  @Test
  void theExpectedVariationOfARingIsThatOfRandomPoints() {
    int nodes = 10;
    int virtualNodes = 20;
    int rings = 100;
    SplittableRandom random = new SplittableRandom(7);
    double mean = (double) Buckets.COUNT / nodes;
    double squares = 0;
    for (int ring = 0; ring < rings; ring++) {
      for (int count : drawRing(random, nodes, virtualNodes)) {
        squares += (count - mean) * (count - mean) / nodes / rings;
      }
    }
    double expected = new HashingExpectation.Ring(virtualNodes).variation(nodes);
    assertEquals(expected, Math.sqrt(squares) / mean, 0.06 * expected);
    assertEquals(1 / Math.sqrt(256), new HashingExpectation.Ring(256).variation(8), 0.01);
  }

  /** The numbers of random buckets before the random points of each node. */
  private static int[] drawRing(SplittableRandom random, int nodes, int virtualNodes) {
    TreeMap<Double, Integer> points = new TreeMap<>();
    for (int i = 0; i < nodes * virtualNodes; i++) {
      points.put(random.nextDouble(), i % nodes);
    }
    int[] counts = new int[nodes];
    for (int i = 0; i < Buckets.COUNT; i++) {
      Map.Entry<Double, Integer> next = points.ceilingEntry(random.nextDouble());
      counts[(next == null ? points.firstEntry() : next).getValue()]++;
    }
    return counts;
  }

  @Test
  void strategiesOfOthersHaveNoExpectation() {
    assertTrue(HashingExpectation.of("io.weft.plugin.hash.ring", 256).isPresent());
    assertFalse(HashingExpectation.of("com.example.hash", 256).isPresent());
  }

  @Test
  void theDrawingHasAPointForEachPositiveFigure() {
    List<HashingFigures> figures =
        List.of(
            new HashingFigures(2, 1.0, 0, 0.33, 0.5, 1.9, 2),
            new HashingFigures(30, 1.2, 0.06, 0.03, 0.03, 1.9, 6));
    String svg =
        HashingPlot.svg(
            List.of(
                new HashingPlot.Line(
                    "<ring>", figures, Optional.of(new HashingExpectation.Ring(256))),
                new HashingPlot.Line("other", figures, Optional.empty())));
    int panels = 6;
    assertEquals(2 + 2 * (2 * panels - 1), count(svg, "<circle ")); // the legend, all but a zero
    assertEquals(2 * panels + 3 + 3, count(svg, "<polyline ")); // measured, minimum, expected
    assertEquals(panels, count(svg, "<g "));
    assertEquals(panels, count(svg, "</g>"));
    assertTrue(svg.contains(">&lt;ring&gt;</text>"), svg);
    assertFalse(svg.contains("NaN") || svg.contains("Infinity"), svg);
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void anAxisMarksAFewRoundValues() {
    assertEquals("[1, 1.1, 1.2, 1.3]", ticks(LogScale.of(DoubleStream.of(1, 1.2), 0, 9)));
    assertEquals(
        "[0.01, 0.02, 0.05, 0.1]", ticks(LogScale.of(DoubleStream.of(0, 0.01, 0.1), 0, 9)));
    assertEquals(
        "[20, 50, 100, 200, 500, 1000, 2000, 5000]",
        ticks(LogScale.of(DoubleStream.of(20, 7_000), 0, 9)));
    assertEquals("[1, 10, 100, 1000]", ticks(LogScale.of(DoubleStream.of(1, 1_000), 0, 9)));
  }

  private static String ticks(LogScale scale) {
    return scale.ticks().stream()
        .map(tick -> tick.stripTrailingZeros().toPlainString())
        .toList()
        .toString();
  }

  /** Answers from the strategy's map. */
  private static final class PlainDirectory implements ResourceDirectory {
    private final HashStrategy strategy;
    private BucketMap current;

    PlainDirectory(HashStrategy strategy) {
      this.strategy = strategy;
    }

    @Override
    public BucketMap mapOf(View view, Overrides overrides) {
      int[] masters = strategy.propose(view);
      return new BucketMap() {
        @Override
        public int masterOfBucket(int bucket) {
          return masters[bucket];
        }

        @Override
        public int bucketsOf(int node) {
          throw new UnsupportedOperationException("no test needs this");
        }
      };
    }

    @Override
    public void install(BucketMap map) {
      current = map;
    }

    @Override
    public int masterOfBucket(int bucket) {
      return current.masterOfBucket(bucket);
    }

    @Override
    public int bucketsOf(int node) {
      return current.bucketsOf(node);
    }
  }
}
