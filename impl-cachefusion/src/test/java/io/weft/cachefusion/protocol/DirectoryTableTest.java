// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.cachefusion.protocol.DirectoryEntry.Queued;
import io.weft.cachefusion.protocol.DirectoryEntry.State;
import io.weft.spi.directory.Buckets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class DirectoryTableTest {
  private static final int NODES = 1_024;

  /** What the model remembers of an entry at rest. */
  private record Known(State state, int owner, NodeSet sharers, int stamp, long sharedVersion) {
    static Known of(DirectoryEntry entry) {
      return new Known(
          entry.state,
          entry.owner,
          entry.sharers(),
          entry.stamp,
          entry.state == State.REBUILD ? entry.sharedVersion : 0);
    }
  }

  private final DirectoryTable table = new DirectoryTable(1);
  private final Map<BlockId, Known> model = new HashMap<>();

  private void put(BlockId block, int owner, int... sharers) {
    DirectoryEntry entry = table.make(block, State.SERVE);
    entry.owner = owner;
    for (int sharer : sharers) {
      entry.addSharer(sharer);
    }
    assertFalse(table.settle(entry));
  }

  @Test
  void behavesLikeAMapOfObjects() {
    for (int seed = 1; seed <= 8; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int blocks = seed % 2 == 0 ? 500 : 20_000; // full tables, or sparse ones that grow and shrink
      int bias = 2 + seed % 3;
      for (int step = 0; step < 20_000; step++) {
        // Few extents of a few files, so that tables of buckets get long.
        BlockId block = new BlockId(random.nextInt(2) - 1, random.nextInt(blocks));
        if (random.nextInt(bias) > 0 ^ step > 15_000) {
          change(random, block);
        } else {
          forget(block);
        }
      }
      compare();
    }
  }

  private void change(SplittableRandom random, BlockId block) {
    DirectoryEntry entry = table.find(block);
    assertEquals(model.get(block), entry == null ? null : Known.of(entry));
    if (entry == null) {
      entry = table.make(block, random.nextBoolean() ? State.SERVE : State.REBUILD);
    }
    entry.forget();
    entry.state = random.nextInt(4) == 0 ? State.REBUILD : State.SERVE;
    entry.stamp = random.nextInt();
    if (random.nextBoolean()) {
      entry.owner = random.nextInt(NODES);
    } else {
      int most = random.nextBoolean() ? NODES : 64;
      int count = 1 + random.nextInt(random.nextBoolean() ? 10 : 3);
      for (int i = 0; i < count; i++) {
        entry.addSharer(random.nextInt(most));
      }
    }
    entry.sharedVersion = entry.state == State.REBUILD ? random.nextLong(1L << 56) : 0;
    model.put(block, Known.of(entry));
    assertFalse(table.settle(entry));
    assertNull(table.findActive(block));
  }

  private void forget(BlockId block) {
    DirectoryEntry entry = table.find(block);
    assertEquals(model.remove(block) != null, entry != null);
    if (entry != null) {
      entry.forget();
      entry.state = State.SERVE;
      assertTrue(table.settle(entry));
    }
    assertNull(table.peek(block));
  }

  private void compare() {
    assertEquals(model.size(), table.size());
    assertEquals(0, table.activeCount());
    model.forEach((block, known) -> assertEquals(known, Known.of(table.peek(block))));
    Map<BlockId, Known> visited = new HashMap<>();
    table.forEach(entry -> assertNull(visited.put(entry.block(), Known.of(entry))));
    assertEquals(model, visited);
  }

  @Test
  void keepsWhatIsUnderWayAsTheSameObject() {
    BlockId block = new BlockId(1, 1);
    DirectoryEntry entry = table.make(block, State.SERVE);
    entry.enqueue(new Queued(3, Access.SHARED, 1));
    assertFalse(table.settle(entry));
    for (int i = 2; i < 1_000; i++) {
      put(new BlockId(1, i), 2);
    }
    assertSame(entry, table.find(block));
    assertSame(entry, table.findActive(block));
    assertEquals(List.of(entry), table.activeEntries());
    entry.queue.clear();
    entry.owner = 5;
    table.settle(entry);
    assertEquals(0, table.activeCount());
    assertEquals(5, table.peek(block).owner);
  }

  @Test
  void usesObjectsAgainWithoutWhatTheyHadBefore() {
    BlockId block = new BlockId(1, 1);
    DirectoryEntry entry = table.make(block, State.SERVE);
    entry.owner = 7;
    entry.stamp = 9;
    entry.pastVersion = 3;
    entry.pastKeeper = 4;
    entry.lookWanted = true;
    table.settle(entry);
    DirectoryEntry next = table.make(new BlockId(1, 2), State.SERVE);
    assertSame(entry, next);
    assertFalse(next.isHeld());
    assertFalse(next.hasHadNewer());
    assertFalse(next.lookWanted);
    assertEquals(0, next.stamp);
    assertEquals(new BlockId(1, 2), next.block());
  }

  @Test
  void anEntryWithMoreToRememberStaysAnObject() {
    BlockId block = new BlockId(1, 1);
    DirectoryEntry entry = table.make(block, State.REBUILD);
    entry.pastVersion = 3;
    table.settle(entry);
    assertSame(entry, table.findActive(block));
    entry.pastVersion = 0;
    entry.sharedVersion = 1L << 56; // does not fit
    table.settle(entry);
    assertSame(entry, table.findActive(block));
    entry.state = State.SERVE;
    entry.quarantined = true;
    table.settle(entry);
    assertSame(entry, table.findActive(block));
    entry.quarantined = false;
    entry.parkRelease(3);
    assertFalse(table.settle(entry));
    assertSame(entry, table.findActive(block));
  }

  /** Every order of dropping the members of one bucket leaves the others to be found. */
  @Test
  void closesGapsAlsoAroundTheEndOfATable() {
    SplittableRandom random = new SplittableRandom(7);
    for (int count = 1; count <= 64; count++) {
      for (int round = 0; round < 20; round++) {
        List<BlockId> extent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          extent.add(new BlockId(3, i));
          put(extent.getLast(), i);
        }
        while (!extent.isEmpty()) {
          forgetHeld(extent.remove(random.nextInt(extent.size())));
          extent.forEach(block -> assertEquals(block.number(), table.peek(block).owner));
        }
        assertEquals(0, table.size());
      }
    }
  }

  private void forgetHeld(BlockId block) {
    DirectoryEntry entry = table.find(block);
    entry.withdraw(entry.owner);
    assertTrue(table.settle(entry));
  }

  @Test
  void dropsOnTheWayWhatAVisitLeavesWithoutAHolder() {
    for (int i = 0; i < 2_000; i++) {
      put(new BlockId(1, i), i % 7);
    }
    List<Long> visited = new ArrayList<>();
    table.forEach(
        entry -> {
          visited.add(entry.number());
          if (entry.owner != 3) {
            entry.withdraw(entry.owner);
          } else {
            entry.enqueue(new Queued(1, Access.SHARED, 1)); // becomes active
          }
        });
    assertEquals(2_000, visited.stream().distinct().count());
    assertEquals(2_000, visited.size());
    assertEquals(table.size(), table.activeCount());
    table.activeEntries().forEach(entry -> assertEquals(3, entry.number() % 7));
  }

  @Test
  void listsAndRemovesOneBucket() {
    Map<Integer, TreeMap<BlockId, Integer>> byBucket = new HashMap<>();
    for (int i = 0; i < 1_000; i++) {
      BlockId block = new BlockId(i % 3, i);
      byBucket
          .computeIfAbsent(Buckets.of(block.file(), block.number()), _ -> new TreeMap<>())
          .put(block, i);
      put(block, i);
    }
    assertNotNull(table.find(new BlockId(0, 0))); // one of them is active
    int left = 1_000;
    for (var each : byBucket.entrySet()) {
      assertEquals(
          List.copyOf(each.getValue().keySet()),
          table.of(each.getKey()).stream().map(DirectoryEntry::block).toList());
      table.remove(each.getKey());
      left -= each.getValue().size();
      assertEquals(left, table.size());
      assertEquals(List.of(), table.of(each.getKey()));
    }
    assertEquals(0, table.activeCount());
  }

  @Test
  void retainsTheBucketsThatAreAskedFor() {
    for (int i = 0; i < 1_000; i++) {
      put(new BlockId(1, i * 64L), 1);
    }
    table.retain(bucket -> bucket % 2 == 0);
    table.forEach(entry -> assertEquals(0, entry.bucket % 2));
    assertTrue(table.size() > 300 && table.size() < 700, "" + table.size());
  }

  @Test
  void goesAroundTheEntriesAtRest() {
    assertNull(table.nextAtRest());
    DirectoryEntry busy = table.make(new BlockId(1, 0), State.SERVE);
    busy.enqueue(new Queued(1, Access.SHARED, 1));
    table.settle(busy);
    assertNull(table.nextAtRest());
    for (int i = 1; i <= 100; i++) {
      put(new BlockId(1, i), 1);
    }
    for (int round = 0; round < 3; round++) {
      assertEquals(
          100,
          java.util.stream.Stream.generate(() -> table.nextAtRest().block())
              .limit(100)
              .distinct()
              .count());
    }
  }

  /** A shard has every bucket that is congruent to its number. */
  @Test
  void aTableOfOneShardOfMany() {
    DirectoryTable one = new DirectoryTable(256);
    int count = 0;
    for (int i = 0; count < 500; i++) {
      BlockId block = new BlockId(9, i * 64L);
      if (Buckets.of(block.file(), block.number()) % 256 == 77) {
        DirectoryEntry entry = one.make(block, State.SERVE);
        entry.owner = 70;
        one.settle(entry);
        assertEquals(70, one.peek(block).owner);
        count++;
      }
    }
    assertEquals(500, one.size());
  }
}
