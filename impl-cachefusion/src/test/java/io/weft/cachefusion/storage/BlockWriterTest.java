// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.WeftException;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.runtime.Setback;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Writes to a storage that is full for a while. */
final class BlockWriterTest {
  private final List<Long> delays = new ArrayList<>();
  private final List<String> seen = new ArrayList<>();
  private WeftException refusal = new WeftException(StoreErrors.STORE_FULL, "no space");
  private boolean full = true;
  private final BlockWriter writer = new BlockWriter(new Store(), () -> 0, Rules.STANDARD);

  private void write() {
    writer.write(
        1,
        2,
        3,
        4,
        MemorySegment.NULL,
        new WriteAttempt() {
          @Override
          public void onWritten() {
            seen.add("written");
          }

          @Override
          public void onNoSpace(long delayNs) {
            delays.add(delayNs);
          }

          @Override
          public void onWriteFailed(WeftException reason) {
            seen.add("failed: " + reason.getMessage());
          }
        });
  }

  @Test
  void aWriteThatFindsNoSpaceIsToldToWaitForLongerAndLonger() {
    for (int i = 0; i < 10; i++) {
      write();
    }
    assertEquals(List.of(), seen);
    assertEquals(Setback.FIRST_NS, delays.getFirst());
    assertEquals(Setback.LONGEST_NS, delays.getLast());
    full = false;
    write();
    assertEquals(List.of("written"), seen);
    full = true;
    write();
    assertEquals(Setback.FIRST_NS, delays.getLast());
  }

  @Test
  void anyOtherFailureIsReportedAtOnce() {
    refusal = new WeftException(StoreErrors.WRITE_FAILED, "broken");
    write();
    assertEquals(List.of("failed: broken"), seen);
    assertEquals(List.of(), delays);
  }

  private final class Store implements BlockStore {
    @Override
    public BlockLayout layout() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void open() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void read(int file, long number, MemorySegment physical, ReadCompletion completion) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void write(
        int file,
        long number,
        long version,
        long fenceToken,
        MemorySegment physical,
        WriteCompletion completion) {
      if (full) {
        completion.onWriteFailed(refusal);
      } else {
        assertEquals(List.of(1L, 2L, 3L, 4L), List.of((long) file, number, version, fenceToken));
        completion.onWritten();
      }
    }

    @Override
    public void fence(int node, long incarnation) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void force() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
