// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.ondemand;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.BlockId;
import io.weft.plugin.tck.RedoStrategyContract;
import io.weft.spi.recovery.RedoStrategy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The contract, and that those who wait come first. */
final class OnDemandRedoStrategyTest extends RedoStrategyContract {
  private final Work work = new Work();

  @Override
  protected RedoStrategy strategy() {
    return new OnDemandRedoStrategy(OnDemandSettings.DEFAULTS);
  }

  @Override
  protected int atOnce() {
    return OnDemandSettings.DEFAULTS.background();
  }

  @Override
  protected int atMost() {
    return OnDemandSettings.DEFAULTS.background() + OnDemandSettings.DEFAULTS.requested();
  }

  @Test
  void aTouchedBlockBeginsAtOnceThoughTheBackgroundIsStuck() {
    RedoStrategy.RedoRun run = strategy(2, 1).start(work);
    work.request(run, 7, 1);
    assertEquals(List.of(0L, 1L, 7L), work.begun);
  }

  @Test
  void theBackgroundMakesWayForRequests() {
    RedoStrategy.RedoRun run = strategy(1, 2).start(work);
    work.request(run, 5, 1);
    work.request(run, 6, 1);
    work.endFirst();
    assertEquals(List.of(0L, 5L, 6L), work.begun);
    work.endFirst();
    work.endFirst();
    assertEquals(List.of(0L, 5L, 6L, 1L), work.begun);
  }

  @Test
  void theBlockWithMostRequestsIsNextAndThenTheOrderOfTheWork() {
    RedoStrategy.RedoRun run = strategy(1, 1).start(work);
    work.request(run, 9, 1);
    work.request(run, 8, 1);
    work.request(run, 3, 1);
    work.request(run, 6, 3);
    work.request(run, 7, 2);
    work.endAll();
    assertEquals(List.of(0L, 9L, 6L, 7L, 3L, 8L, 1L, 2L, 4L, 5L), work.begun);
  }

  @Test
  void requestsThatWaitAlreadyAtTheStartCountToo() {
    work.waiting.put(4L, 1);
    work.waiting.put(8L, 2);
    strategy(1, 1).start(work);
    assertEquals(List.of(8L, 4L), work.begun);
  }

  @Test
  void aTouchCountsThoughTheRequestIsGone() {
    RedoStrategy.RedoRun run = strategy(1, 1).start(work);
    run.touched(new BlockId(7, 5));
    assertEquals(List.of(0L, 5L), work.begun);
  }

  @Test
  void namesKeyValueAndRangeOfWhatItsSettingsRefuse() {
    assertEquals(64, new OnDemandSettings(64, 64).background());
    for (int wrong : new int[] {0, -1, 65}) {
      var error =
          assertThrows(IllegalArgumentException.class, () -> new OnDemandSettings(wrong, 1));
      assertEquals(
          "weft.redo-strategy.ondemand.background = " + wrong + " is outside 1 to 64",
          error.getMessage());
      error = assertThrows(IllegalArgumentException.class, () -> new OnDemandSettings(1, wrong));
      assertEquals(
          "weft.redo-strategy.ondemand.requested = " + wrong + " is outside 1 to 64",
          error.getMessage());
    }
  }

  private static RedoStrategy strategy(int background, int requested) {
    return new OnDemandRedoStrategy(new OnDemandSettings(background, requested));
  }

  /** Ten blocks whose recoveries end in the order in which they began. */
  private static final class Work implements RedoStrategy.RedoWork {
    final List<Long> begun = new ArrayList<>();
    final Map<Long, Integer> waiting = new HashMap<>();
    private final Queue<Runnable> underWay = new ArrayDeque<>();

    @Override
    public List<BlockId> blocks() {
      return LongStream.range(0, 10).mapToObj(number -> new BlockId(7, number)).toList();
    }

    @Override
    public void recover(BlockId block, Runnable done) {
      begun.add(block.number());
      underWay.add(done);
    }

    @Override
    public int waiting(BlockId block) {
      return waiting.getOrDefault(block.number(), 0);
    }

    void request(RedoStrategy.RedoRun run, long number, int requests) {
      for (int request = 0; request < requests; request++) {
        waiting.merge(number, 1, Integer::sum);
        run.touched(new BlockId(7, number));
      }
    }

    void endFirst() {
      underWay.remove().run();
    }

    void endAll() {
      while (!underWay.isEmpty()) {
        endFirst();
      }
    }
  }
}
