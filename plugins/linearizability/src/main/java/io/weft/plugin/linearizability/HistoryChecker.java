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

/** Judges the histories of many blocks, some at a time. */
public final class HistoryChecker {
  /** Blocks judged at a time. */
  private static final int THREADS = 2;

  /** Placements tried for one block: some ten seconds, a gigabyte at most. */
  private static final long BUDGET = 5_000_000;

  private HistoryChecker() {}

  /**
   * Judges one block.
   *
   * @param history what was done to the block, in any order
   */
  public static Verdict check(List<Operation> history) {
    if (VersionOrder.decides(history)) {
      return VersionOrder.check(history);
    }
    return Zones.decides(history) ? Zones.check(history) : OrderSearch.check(history, BUDGET);
  }

  /**
   * Judges all blocks.
   *
   * @param <B> names a block
   * @param histories what was done to each
   * @return the blocks that are not certainly linearizable, in the given order
   */
  public static <B> Map<B, Verdict> check(Map<B, List<Operation>> histories) {
    try (ExecutorService workers =
        Executors.newFixedThreadPool(
            THREADS, task -> Thread.ofPlatform().daemon().name("weft-history").unstarted(task))) {
      List<Map.Entry<B, Future<Verdict>>> pending = new ArrayList<>();
      histories.forEach(
          (block, history) -> pending.add(Map.entry(block, workers.submit(() -> check(history)))));
      Map<B, Verdict> bad = new LinkedHashMap<>();
      for (Map.Entry<B, Future<Verdict>> entry : pending) {
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
