// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Writes a block, reads it back, writes it again, each from the completion of the one before.
 * Thread-safe, as a completion that comes too often comes from any thread.
 */
final class StoreChain implements BlockStore.WriteCompletion, BlockStore.ReadCompletion {
  private static final int FILES = 3;

  private final BlockStore store;
  private final int number;
  private final int rounds;
  private final CountDownLatch end;
  private final MemorySegment block;
  private final List<WeftException> failures = new ArrayList<>();
  private int completions;
  private int round;

  StoreChain(BlockStore store, int number, int rounds, CountDownLatch end) {
    this.store = store;
    this.number = number;
    this.rounds = rounds;
    this.end = end;
    this.block = Arena.ofAuto().allocate(store.layout().physicalBytes(), 4_096);
  }

  void start() {
    write(1);
  }

  synchronized List<WeftException> failures() {
    return List.copyOf(failures);
  }

  synchronized int completions() {
    return completions;
  }

  private void write(int version) {
    synchronized (this) {
      round = version;
    }
    block.asSlice(BlockLayout.HEADER_BYTES).fill((byte) (number + version));
    store.write(number % FILES, number, version, 1, block, this);
  }

  @Override
  public void onWritten() {
    synchronized (this) {
      completions++;
    }
    store.read(number % FILES, number, block, this);
  }

  @Override
  public void onRead(long version) {
    int now;
    synchronized (this) {
      completions++;
      now = round;
    }
    if (version != now) {
      fail(new WeftException(CoreErrors.INVARIANT_BROKEN, version + " instead of " + now));
    } else if (now == rounds) {
      end.countDown();
    } else {
      write(now + 1);
    }
  }

  @Override
  public void onReadFailed(WeftException reason) {
    fail(reason);
  }

  @Override
  public void onWriteFailed(WeftException reason) {
    fail(reason);
  }

  private void fail(WeftException reason) {
    synchronized (this) {
      failures.add(reason);
    }
    end.countDown();
  }
}
