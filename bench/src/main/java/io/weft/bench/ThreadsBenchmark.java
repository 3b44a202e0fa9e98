// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.bench.CrowdRun.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * How much more several threads do than one: hits and changes on own blocks and on one, with the
 * volatile log and with a log in files. One hot block is compared with a lock around the same work.
 */
final class ThreadsBenchmark {
  /** Goal of the hits of two threads, as a multiple of one thread's. */
  private static final double HITS = 1.7;

  /** Goal of the changes of two threads, as a multiple of one thread's. */
  private static final double CHANGES = 1.6;

  /** Goal of changes of one block, as a multiple of those under a lock. */
  private static final double OF_LOCK = 1.0;

  /** Numbers of threads that are measured in phases. */
  private static final List<Integer> CROWDS = List.of(2, 4, 8);

  private static final Runnable NO_PAUSE = () -> {};

  private final LocalHitBenchmark hits = new LocalHitBenchmark();
  private final ChangeBenchmark changes = new ChangeBenchmark();
  private final List<Figure> figures = new ArrayList<>();

  private ThreadsBenchmark() {}

  static List<Figure> run() throws IOException, InterruptedException {
    ThreadsBenchmark benchmark = new ThreadsBenchmark();
    benchmark.volatileLog();
    benchmark.fileLog();
    return benchmark.figures;
  }

  private void volatileLog() throws InterruptedException {
    LoneEngine engine = new LoneEngine();
    engine.start();
    figures.add(
        pair("localHitScaling", "local hits, 2 threads on own blocks", reader(engine, hits::own))
            .atLeast(HITS));
    figures.add(
        pair(
            "localHitHotScaling", "local hits, 2 threads on one block", reader(engine, hits::hot)));
    figures.add(
        pair("changeScaling", "changes, 2 threads on own blocks", writer(engine, changes::own))
            .atLeast(CHANGES));
    figures.add(
        pair("changeHotScaling", "changes, 2 threads on one block", writer(engine, changes::hot)));
    ReentrantLock lock = new ReentrantLock();
    Supplier<Runnable> locked = writer(engine, writer -> changes.locked(writer, lock));
    figures.add(pair("changeLockedScaling", "  the same under a ReentrantLock", locked));
    Work own = new Work(writer(engine, changes::own), ChangeBenchmark.OPERATIONS);
    Work hot = new Work(writer(engine, changes::hot), ChangeBenchmark.OPERATIONS);
    Work underLock = new Work(locked, ChangeBenchmark.OPERATIONS);
    try (CrowdRun crowd = CrowdRun.of(own, hot, underLock)) {
      scaling(crowd, "changeVolatile", "changes on own blocks, volatile log", NO_PAUSE);
      for (int threads : CROWDS) {
        String text = "changes of one block, " + threads + " threads";
        progress(text);
        double ofLock = crowd.compare(1, threads, 2, threads, NO_PAUSE).rate();
        Figure figure = Figure.of("hotOfLock" + threads, text + " : under a lock", ofLock, "x");
        figures.add(threads == 2 ? figure.atLeast(OF_LOCK) : figure);
      }
    }
    engine.stop();
  }

  private void fileLog() throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("weft-threads");
    try {
      LoneEngine engine = new LoneEngine();
      engine.start(directory);
      Work unforced = new Work(writer(engine, changes::ownUnforced), ChangeBenchmark.OPERATIONS);
      try (CrowdRun crowd = CrowdRun.of(unforced)) {
        scaling(crowd, "changeAsync", "changes, log in files, ASYNC", engine::checkpointIfDue);
      }
      Work durable = new Work(writer(engine, changes::ownFew), ChangeBenchmark.FEW_OPERATIONS);
      try (CrowdRun crowd = CrowdRun.of(durable)) {
        scaling(crowd, "changeSync", "changes, log in files, SYNC", engine::checkpointIfDue);
      }
      engine.stop();
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  /** The first work of the crowd on several threads, as a multiple of one thread's. */
  private void scaling(CrowdRun crowd, String key, String text, Runnable pause) {
    for (int threads : CROWDS) {
      String line = text + ", " + threads + " threads";
      progress(line);
      CrowdRun.Ratio ratio = crowd.compare(0, threads, 0, 1, pause);
      figures.add(Figure.of(key + threads, line, ratio.rate(), "x"));
      figures.add(
          Figure.of(key + "Cost" + threads, "  processor time of a change", ratio.cost(), "x"));
    }
  }

  private Supplier<Runnable> reader(LoneEngine engine, Consumer<LocalHitBenchmark.Reader> batch) {
    return () -> {
      LocalHitBenchmark.Reader reader = new LocalHitBenchmark.Reader();
      reader.prepare(engine);
      return () -> batch.accept(reader);
    };
  }

  private Supplier<Runnable> writer(LoneEngine engine, Consumer<ChangeBenchmark.Writer> batch) {
    return () -> {
      ChangeBenchmark.Writer writer = new ChangeBenchmark.Writer();
      writer.prepare(engine);
      return () -> batch.accept(writer);
    };
  }

  private static Figure pair(String key, String text, Supplier<Runnable> thread)
      throws InterruptedException {
    progress(text);
    return Figure.of(key, text, PairedRun.scaling(thread, thread), "x");
  }

  private static void progress(String text) {
    System.err.printf(Locale.ROOT, "  %s%n", text);
  }
}
