// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Judges the histories of registers, each by the fastest way that it allows: {@link VersionOrder},
 * {@link Zones} or {@link OrderSearch}. Stateless; callable from any thread.
 */
public final class HistoryChecker {
  /** Registers judged at a time. */
  private static final int THREADS = 2;

  /** Placements tried for one register: some ten seconds, a gigabyte at most. */
  private static final long BUDGET = 5_000_000;

  private HistoryChecker() {}

  /**
   * Judges one register, on the calling thread. Takes O(n log n) for n operations if all that
   * completed carry their version, or if all are reads and writes of different values without
   * versions; otherwise up to some ten seconds and a gigabyte, and then gives up.
   *
   * @param history all that was done to the register, in any order; a part of it may be judged bad
   *     for what is missing
   * @return {@link Verdict.Unknown} only if the search was given up
   */
  public static Verdict check(List<Operation> history) {
    if (VersionOrder.decides(history)) {
      return VersionOrder.check(history);
    }
    return Zones.decides(history) ? Zones.check(history) : OrderSearch.check(history, BUDGET);
  }

  /**
   * Judges many registers, two at a time, on daemon threads that end with the call. The histories
   * must not change meanwhile.
   *
   * @param <R> names a register
   * @param histories what was done to each, as for {@link #check(List)}
   * @return the registers that are not certainly linearizable, in the order of the map
   * @throws IllegalStateException if the calling thread is interrupted; it stays interrupted
   */
  public static <R> Map<R, Verdict> check(Map<R, List<Operation>> histories) {
    try (ExecutorService workers =
        Executors.newFixedThreadPool(
            THREADS, task -> Thread.ofPlatform().daemon().name("weft-history").unstarted(task))) {
      List<Map.Entry<R, Future<Verdict>>> pending = new ArrayList<>();
      histories.forEach(
          (register, history) ->
              pending.add(Map.entry(register, workers.submit(() -> check(history)))));
      Map<R, Verdict> bad = new LinkedHashMap<>();
      for (Map.Entry<R, Future<Verdict>> entry : pending) {
        Verdict verdict = entry.getValue().get();
        if (!verdict.isGood()) {
          bad.put(entry.getKey(), verdict);
        }
      }
      return bad;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while histories are judged", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a history could not be judged", e.getCause());
    }
  }
}
