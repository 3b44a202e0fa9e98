// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What all {@link Metrics} keep: rules MT-1 to MT-3, and that nothing is lost in counting. */
public abstract class MetricsContract {
  private static final int THREADS = 4;

  /** New metrics under test. */
  protected abstract Metrics metrics();

  @Test
  @Tag("MT-1")
  void takesDottedKebabCase() {
    Metrics metrics = metrics();
    for (String name : List.of("a", "a1", "cache-fusion.disk-reads", "a.b.c-1-d", "io.p99")) {
      metrics.counter(name, "Some.");
      metrics.recorder(name, "Some.");
      assertTrue(metrics.counters().containsKey(name), name);
      assertTrue(metrics.recorders().containsKey(name), name);
    }
  }

  @Test
  @Tag("MT-1")
  void refusesOtherNames() {
    Metrics metrics = metrics();
    for (String name : List.of("", "A", "a b", "a_b", "a..b", ".a", "a.", "a-", "1a", "a--b")) {
      assertThrows(IllegalArgumentException.class, () -> metrics.counter(name, "Some."), name);
      assertThrows(IllegalArgumentException.class, () -> metrics.recorder(name, "Some."), name);
    }
    assertEquals(Set.of(), metrics.counters().keySet());
    assertEquals(Set.of(), metrics.recorders().keySet());
  }

  @Test
  @Tag("MT-2")
  void givesTheSameObjectForTheSameName() {
    Metrics metrics = metrics();
    Counter counter = metrics.counter("a.b", "One.");
    Recorder recorder = metrics.recorder("a.b", "One.");
    assertSame(counter, metrics.counter("a.b", "Again."));
    assertSame(recorder, metrics.recorder("a.b", "Again."));
    assertNotSame(counter, metrics.counter("a.c", "Another."));
    assertNotSame(recorder, metrics.recorder("a.c", "Another."));
    assertSame(counter, metrics.counters().get("a.b"));
    assertSame(recorder, metrics.recorders().get("a.b"));
  }

  @Test
  @Tag("MT-2")
  void threadsThatAskAtOnceGetTheSameObject() throws InterruptedException, ExecutionException {
    Metrics metrics = metrics();
    for (int round = 0; round < 200; round++) {
      String name = "round." + (char) ('a' + round % 26) + round;
      Set<Counter> counters = new HashSet<>(atOnce(_ -> metrics.counter(name, "Some.")));
      assertEquals(1, counters.size(), name);
    }
  }

  @Test
  @Tag("MT-3")
  void refusesAnEmptyDescription() {
    Metrics metrics = metrics();
    for (String description : List.of("", " ")) {
      assertThrows(IllegalArgumentException.class, () -> metrics.counter("a", description));
      assertThrows(IllegalArgumentException.class, () -> metrics.recorder("a", description));
    }
  }

  @Test
  void listsWhatItMadeByName() {
    Metrics metrics = metrics();
    metrics.counter("cache-fusion.disk-reads", "Blocks read from disk.").add(3);
    metrics.counter("cache-fusion.disk-grants", "Grants to read from disk.");
    metrics.recorder("cache-fusion.local-hit", "Local hits.");
    assertEquals(
        Set.of("cache-fusion.disk-grants", "cache-fusion.disk-reads"), metrics.counters().keySet());
    assertEquals(3, metrics.counters().get("cache-fusion.disk-reads").sum());
    assertEquals(Set.of("cache-fusion.local-hit"), metrics.recorders().keySet());
  }

  @Test
  void losesNoCountAndNoSampleOfAnyThread() throws InterruptedException, ExecutionException {
    int each = 20_000;
    Metrics metrics = metrics();
    Counter counter = metrics.counter("hits", "Hits.");
    Recorder recorder = metrics.recorder("hit-time", "Time of a hit.");
    atOnce(
        thread -> {
          for (int i = 0; i < each; i++) {
            counter.increment();
            counter.add(2);
            recorder.record(thread * 1_000L + i - 1);
          }
          return thread;
        });
    assertEquals(3L * THREADS * each, counter.sum());
    assertEquals(THREADS * each, recorder.summary().count());
  }

  private static <T> List<T> atOnce(Task<T> task) throws InterruptedException, ExecutionException {
    List<Callable<T>> calls =
        IntStream.range(0, THREADS).<Callable<T>>mapToObj(t -> () -> task.run(t)).toList();
    List<T> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (Future<T> result : threads.invokeAll(calls)) {
        results.add(result.get());
      }
    }
    return results;
  }

  private interface Task<T> {
    T run(int thread);
  }
}
