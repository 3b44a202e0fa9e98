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
 * Checks the histories of registers, each with the fastest applicable algorithm: {@link
 * VersionOrder}, {@link Zones} or {@link OrderSearch}. Stateless; callable from any thread.
 */
public final class HistoryChecker {
  /** Registers checked in parallel. */
  private static final int THREADS = 2;

  /** Most placements tried for one register: about ten seconds and at most a gigabyte of heap. */
  private static final long BUDGET = 5_000_000;

  private HistoryChecker() {}

  /**
   * Checks one register, on the calling thread. Takes O(n log n) for n operations if all completed
   * ones have a version, or if all are reads and writes of different values without versions.
   * Otherwise the search gives up after about ten seconds or a gigabyte of heap.
   *
   * @param history all operations on the register, in any order; an incomplete history may be
   *     rejected for missing operations
   * @return the verdict; {@link Verdict.Unknown} only if the search was given up
   */
  public static Verdict check(List<Operation> history) {
    if (VersionOrder.decides(history)) {
      return VersionOrder.check(history);
    }
    return Zones.decides(history) ? Zones.check(history) : OrderSearch.check(history, BUDGET);
  }

  /**
   * Checks many registers, two in parallel, on daemon threads that end with the call. The histories
   * must not change meanwhile.
   *
   * @param <R> type of the registers' names
   * @param histories the operations on each register, as for {@link #check(List)}
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
      throw new IllegalStateException("interrupted while histories are checked", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a history could not be checked", e.getCause());
    }
  }
}
