// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Waits for the completions of a store, so that tests read from top to bottom. */
public final class SynchronousStore
    implements AutoCloseable, BlockStore.ReadCompletion, BlockStore.WriteCompletion {
  private static final long PATIENCE_S = 30;

  private final BlockStore store;
  private final MemorySegment block;
  private final BlockingQueue<Object> results = new LinkedBlockingQueue<>();

  /** Drives a store that is open. */
  public SynchronousStore(BlockStore store) {
    this.store = store;
    this.block = Arena.ofAuto().allocate(store.layout().physicalBytes(), Long.BYTES);
  }

  /** The store itself, for what does not complete later. */
  public BlockStore store() {
    return store;
  }

  /** The memory of all reads and writes, header and content. */
  public MemorySegment block() {
    return block;
  }

  /** Writes a block whose content is {@code value} and zeros. */
  public void write(int file, long number, long version, long value) {
    block.fill((byte) 0);
    block.set(JAVA_LONG, BlockLayout.HEADER_BYTES, value);
    store.write(file, number, version, 1, block, this);
    result();
  }

  /** Reads a block into {@link #block} and returns its version. */
  public long read(int file, long number) {
    block.fill((byte) 0xEE);
    store.read(file, number, block, this);
    return (long) result();
  }

  /** The first eight bytes of the content that was read last. */
  public long value() {
    return block.get(JAVA_LONG, BlockLayout.HEADER_BYTES);
  }

  /** Waits for the next completion; throws what it reports. */
  public Object result() {
    try {
      Object result = results.poll(PATIENCE_S, TimeUnit.SECONDS);
      switch (result) {
        case null -> throw new AssertionError("no completion within " + PATIENCE_S + " s");
        case WeftException failure -> throw failure;
        default -> {
          return result;
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void onRead(long version) {
    results.add(version);
  }

  @Override
  public void onReadFailed(WeftException reason) {
    results.add(reason);
  }

  @Override
  public void onWritten() {
    results.add("written");
  }

  @Override
  public void onWriteFailed(WeftException reason) {
    results.add(reason);
  }

  /** Whether there are completions that nobody has asked for. */
  public boolean hasMore() {
    return !results.isEmpty();
  }

  @Override
  public void close() {
    store.close();
  }
}
