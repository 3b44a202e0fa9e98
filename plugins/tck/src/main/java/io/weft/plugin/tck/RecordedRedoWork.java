// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import io.weft.api.BlockId;
import io.weft.spi.recovery.RedoStrategy.RedoRun;
import io.weft.spi.recovery.RedoStrategy.RedoWork;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Work that recovers nothing and remembers what it was asked for. Recoveries end when the test says
 * so. Thread-safe.
 */
final class RecordedRedoWork implements RedoWork {
  private final List<BlockId> blocks;
  private final List<BlockId> begun = new ArrayList<>();
  private final Map<BlockId, Runnable> underWay = new LinkedHashMap<>();
  private final Map<BlockId, Integer> waiting = new HashMap<>();

  RecordedRedoWork(int blocks) {
    this.blocks = IntStream.range(0, blocks).mapToObj(number -> new BlockId(7, number)).toList();
  }

  @Override
  public List<BlockId> blocks() {
    return blocks;
  }

  @Override
  public synchronized void recover(BlockId block, Runnable done) {
    begun.add(block);
    underWay.put(block, done);
  }

  @Override
  public synchronized int waiting(BlockId block) {
    return waiting.getOrDefault(block, 0);
  }

  BlockId block(int number) {
    return blocks.get(number);
  }

  /** More requests come for a block, each of which touches it. */
  void request(RedoRun run, BlockId block, int requests) {
    for (int request = 0; request < requests; request++) {
      expect(block, 1);
      run.touched(block);
    }
  }

  /** Requests come before there is a run that they could touch the block in. */
  synchronized void expect(BlockId block, int requests) {
    waiting.merge(block, requests, Integer::sum);
  }

  /** Ends a recovery that is under way. */
  void end(BlockId block) {
    Runnable done;
    synchronized (this) {
      done = underWay.remove(block);
    }
    done.run();
  }

  /** Ends one of the recoveries under way, unless there are none. */
  boolean endAny(Random random) {
    Optional<Runnable> done = takeAny(random);
    done.ifPresent(Runnable::run);
    return done.isPresent();
  }

  private synchronized Optional<Runnable> takeAny(Random random) {
    if (underWay.isEmpty()) {
      return Optional.empty();
    }
    List<BlockId> candidates = List.copyOf(underWay.keySet());
    return Optional.of(underWay.remove(candidates.get(random.nextInt(candidates.size()))));
  }

  synchronized List<BlockId> begun() {
    return List.copyOf(begun);
  }

  synchronized List<BlockId> underWay() {
    return List.copyOf(underWay.keySet());
  }
}
