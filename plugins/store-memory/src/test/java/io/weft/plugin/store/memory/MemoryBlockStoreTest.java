// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** Rules BS-1 to BS-7 in memory. */
final class MemoryBlockStoreTest {
  private static final int BLOCK_BYTES = 8_192;
  private static final long INCARNATION = 20;
  private static final int CONTENT = BlockLayout.HEADER_BYTES;

  private final MemorySegment block = Arena.ofAuto().allocate(BLOCK_BYTES, Long.BYTES);
  private final Results results = new Results();

  @Test
  void aBlockNeverWrittenIsVersionZeroAndZeroContent() {
    try (var store = open("never", 0)) {
      block.fill((byte) 1);
      assertEquals(0, read(store, 1, 7));
      assertEquals(-1, block.mismatch(MemorySegment.ofArray(new byte[BLOCK_BYTES])));
    }
  }

  @Test
  void everyNodeReadsWhatAnyNodeWrote() {
    try (var one = open("shared", 0);
        var two = open("shared", 1);
        var other = open("other", 0)) {
      write(one, 3, 17, 1, 111);
      block.fill((byte) 0);
      assertEquals(1, read(two, 3, 17));
      assertEquals(111, block.get(JAVA_LONG, CONTENT));
      write(two, 3, 17, 2, 222);
      assertEquals(2, read(one, 3, 17));
      assertEquals(222, block.get(JAVA_LONG, CONTENT));
      assertEquals(0, read(one, 3, 18));
      assertEquals(0, read(one, 4, 17));
      assertEquals(0, read(other, 3, 17));
    }
  }

  @Test
  void keepsACopyOfWhatWasWritten() {
    try (var store = open("copy", 0)) {
      write(store, 1, 1, 1, 5);
      block.set(JAVA_LONG, CONTENT, 6);
      assertEquals(1, read(store, 1, 1));
      assertEquals(5, block.get(JAVA_LONG, CONTENT));
    }
  }

  @Test
  void livesAsLongAsOneNodeHasItOpen() {
    var one = open("life", 0);
    write(one, 1, 1, 1, 5);
    var two = open("life", 1);
    one.close();
    assertEquals(1, read(two, 1, 1));
    try (var again = open("life", 0)) {
      assertEquals(1, read(again, 1, 1));
    }
    two.close();
    try (var fresh = open("life", 0)) {
      assertEquals(0, read(fresh, 1, 1));
    }
  }

  @Test
  void refusesStrangersAndDuplicatesAndStaysAsItWas() {
    try (var store = open("guarded", 0)) {
      write(store, 1, 1, 1, 5);
      assertFails(StoreErrors.FOREIGN_STORE, () -> store("guarded", "else", 1, 8_192).open());
      assertFails(
          StoreErrors.BLOCK_SIZE_MISMATCH, () -> store("guarded", "test", 1, 16_384).open());
      assertFails(MembershipErrors.DUPLICATE_NODE, () -> store("guarded", "test", 0, 8_192).open());
      assertEquals(1, read(store, 1, 1));
      open("guarded", 1).close();
    }
  }

  @Test
  void refusesAFenceTokenBelowTheFirstEpochAndWritesNothing() {
    try (var store = open("fenced", 0)) {
      store.write(1, 1, 1, 0, block, results);
      assertFails(StoreErrors.FENCED, results::next);
      assertEquals(0, read(store, 1, 1));
    }
  }

  @Test
  void aLifeThatHasBeenFencedOffChangesNothing() {
    try (var evictor = open("fences", 0);
        var evicted = open("fences", 1)) {
      write(evicted, 1, 1, 1, 5);
      evictor.fence(1, INCARNATION);
      evictor.fence(1, INCARNATION - 1);
      assertFails(StoreErrors.FENCED, () -> write(evicted, 1, 1, 2, 6));
      assertEquals(1, read(evicted, 1, 1));
      assertEquals(5, block.get(JAVA_LONG, CONTENT));
      write(evictor, 1, 1, 2, 7);
    }
  }

  @Test
  void theNextLifeOfANodeIsNotFencedOff() {
    try (var evictor = open("lives", 0);
        var evicted = open("lives", 1)) {
      evictor.fence(1, INCARNATION - 1);
      write(evicted, 1, 1, 1, 5);
    }
  }

  @Test
  void aClosedStoreRefusesAndMayBeClosedAgain() {
    var store = open("closed", 0);
    store.close();
    store.close();
    assertFails(CoreErrors.NODE_CLOSED, () -> read(store, 1, 1));
    assertFails(CoreErrors.NODE_CLOSED, () -> write(store, 1, 1, 1, 1));
    assertFails(CoreErrors.NODE_CLOSED, store::force);
    assertFails(CoreErrors.NODE_CLOSED, () -> store.fence(1, 1));
  }

  @Test
  void nodesOfTheProcessHaveOneIdentityForEachName() {
    StoragePlace a = store("a", "test", 0, BLOCK_BYTES).place().orElseThrow();
    assertEquals(a.identity(), store("a", "test", 1, BLOCK_BYTES).place().orElseThrow().identity());
    assertNotEquals(
        a.identity(), store("b", "test", 0, BLOCK_BYTES).place().orElseThrow().identity());
    assertFalse(a.outlivesProcess());
  }

  @Test
  void settingsRefuseABlankName() {
    var error = assertThrows(IllegalArgumentException.class, () -> new MemoryStoreSettings(" "));
    assertTrue(error.getMessage().contains("weft.store.memory.name"), error.getMessage());
  }

  private static MemoryBlockStore store(String name, String cluster, int id, int blockBytes) {
    NodeId node = new NodeId(id);
    List<Member> members = List.of(new Member(node, "localhost", 1));
    return new MemoryBlockStore(
        new MemoryStoreSettings(name),
        new NodeSettings(cluster, node, INCARNATION, members, blockBytes, Map.of()));
  }

  private static MemoryBlockStore open(String name, int id) {
    MemoryBlockStore store = store(name, "test", id, BLOCK_BYTES);
    store.open();
    return store;
  }

  private long read(BlockStore store, int file, long number) {
    store.read(file, number, block, results);
    return (long) results.next();
  }

  private void write(BlockStore store, int file, long number, long version, long value) {
    block.set(JAVA_LONG, CONTENT, value);
    store.write(file, number, version, 1, block, results);
    results.next();
  }

  private static void assertFails(ErrorCode code, Runnable call) {
    assertEquals(code, assertThrows(WeftException.class, call::run).code());
  }

  /** Keeps completions until they are asked for; there is always exactly one. */
  private static final class Results
      implements BlockStore.ReadCompletion, BlockStore.WriteCompletion {
    private final Queue<Object> completions = new ArrayDeque<>();

    Object next() {
      Object result = completions.remove();
      assertTrue(completions.isEmpty(), "completed more than once");
      if (result instanceof WeftException failure) {
        throw failure;
      }
      return result;
    }

    @Override
    public void onRead(long version) {
      completions.add(version);
    }

    @Override
    public void onReadFailed(WeftException reason) {
      completions.add(reason);
    }

    @Override
    public void onWritten() {
      completions.add("written");
    }

    @Override
    public void onWriteFailed(WeftException reason) {
      completions.add(reason);
    }
  }
}
