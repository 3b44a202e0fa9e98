// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.plugin.tck.BlockStoreContract;
import io.weft.plugin.tck.Expect;
import io.weft.plugin.tck.SynchronousStore;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.store.BlockStore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The contract, and how long storage in memory lives. */
final class MemoryBlockStoreTest extends BlockStoreContract {
  private static final AtomicInteger TESTS = new AtomicInteger();

  private final String name = "storage of test " + TESTS.incrementAndGet();

  @Override
  protected BlockStore store(NodeSettings node) {
    return store(name, node);
  }

  @Override
  protected boolean damage(int file, long number) {
    stored(new BlockId(file, number))[5_000] ^= 1;
    return true;
  }

  @Override
  protected boolean misplace(int file, long number, long to) {
    byte[] block = stored(new BlockId(file, number));
    System.arraycopy(block, 0, stored(new BlockId(file, to)), 0, block.length);
    return true;
  }

  /** The bytes themselves, as the table of the process has them. */
  private byte[] stored(BlockId block) {
    NodeSettings intruder = TestNodes.node(63);
    SharedBlocks shared = SharedBlocks.join(name, intruder);
    shared.leave(intruder.nodeId());
    return shared.get(block).orElseThrow();
  }

  private static MemoryBlockStore store(String name, NodeSettings node) {
    return new MemoryBlockStore(new MemoryStoreSettings(name), node);
  }

  @Test
  void livesAsLongAsOneNodeHasItOpen() {
    var one = open(0);
    one.write(1, 1, 1, 5);
    var two = open(1);
    one.close();
    assertEquals(1, two.read(1, 1));
    try (var again = open(0)) {
      assertEquals(1, again.read(1, 1));
    }
    two.close();
    try (var fresh = open(0)) {
      assertEquals(0, fresh.read(1, 1));
    }
  }

  @Test
  void refusesANodeThatHasItOpenAlready() {
    try (SynchronousStore store = open(0)) {
      Expect.failure(MembershipErrors.DUPLICATE_NODE, () -> open(0));
      store.write(1, 1, 1, 5);
    }
  }

  @Test
  void nodesOfTheProcessHaveOneIdentityForEachName() {
    StoragePlace a = store("a", TestNodes.node(0)).place().orElseThrow();
    assertEquals(a.identity(), store("a", TestNodes.node(1)).place().orElseThrow().identity());
    assertNotEquals(a.identity(), store("b", TestNodes.node(0)).place().orElseThrow().identity());
    assertFalse(a.outlivesProcess());
  }

  @Test
  void settingsRefuseABlankName() {
    var error = assertThrows(IllegalArgumentException.class, () -> new MemoryStoreSettings(" "));
    assertTrue(error.getMessage().contains("weft.store.memory.name"), error.getMessage());
  }
}
