// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.NodeSet;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NodeSetCodecTest {
  private static final int LARGEST = NodeSet.MAX_WORDS * Long.SIZE - 1;

  static Stream<NodeSet> sets() {
    return Stream.of(
        NodeSet.NONE,
        NodeSet.of(0),
        NodeSet.of(63),
        NodeSet.of(64),
        NodeSet.of(127),
        NodeSet.of(128),
        NodeSet.of(LARGEST),
        NodeSet.ofFirst(64),
        NodeSet.ofFirst(65),
        NodeSet.ofFirst(LARGEST + 1));
  }

  private static ByteBuffer encoded(NodeSet set) {
    return NodeSetCodec.put(ByteBuffer.allocate(NodeSetCodec.bytes(set)), set).flip();
  }

  @ParameterizedTest
  @MethodSource("sets")
  void comesBack(NodeSet set) {
    ByteBuffer bytes = encoded(set);
    assertEquals(NodeSetCodec.bytes(set), bytes.remaining());
    assertEquals(set, NodeSetCodec.get(bytes));
    assertFalse(bytes.hasRemaining());
  }

  @ParameterizedTest
  @MethodSource("sets")
  void isRefusedIfItIsCutShort(NodeSet set) {
    ByteBuffer bytes = encoded(set);
    bytes.limit(bytes.limit() - 1);
    assertThrows(BufferUnderflowException.class, () -> NodeSetCodec.get(bytes));
  }

  @Test
  void oneWordIsEnoughForASmallCluster() {
    assertEquals(1, NodeSetCodec.bytes(NodeSet.NONE));
    assertEquals(9, NodeSetCodec.bytes(NodeSet.ofFirst(64)));
    assertEquals(1 + 8 * NodeSet.MAX_WORDS, NodeSetCodec.bytes(NodeSet.of(LARGEST)));
  }

  @Test
  void noMoreWordsThanASetHasAreRead() {
    ByteBuffer bytes = ByteBuffer.allocate(256);
    for (int count : new int[] {NodeSet.MAX_WORDS + 1, 255}) {
      bytes.clear().put(0, (byte) count);
      assertThrows(IllegalArgumentException.class, () -> NodeSetCodec.get(bytes));
    }
  }

  /** Every set has one form. */
  @Test
  void aLastWordOfZerosIsRefused() {
    for (int count : new int[] {1, 2, NodeSet.MAX_WORDS}) {
      ByteBuffer bytes = ByteBuffer.allocate(256).put(0, (byte) count).putLong(1, count - 1);
      assertThrows(IllegalArgumentException.class, () -> NodeSetCodec.get(bytes));
    }
  }
}
