// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.decoders;

import io.weft.api.NodeSet;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.membership.NodeSetCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The decoder of sets of nodes in messages, given bytes of any kind. */
final class NodeSetDecoderTest extends DecoderContract<NodeSet> {
  @Override
  protected List<byte[]> valid() {
    return Stream.of(NodeSet.NONE, NodeSet.of(0), NodeSet.of(63, 64, 1_023), NodeSet.ofFirst(1_024))
        .map(set -> encode(set).orElseThrow())
        .toList();
  }

  /** What follows a set belongs to another field. */
  @Override
  protected NodeSet decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    NodeSet set = NodeSetCodec.get(in);
    if (in.hasRemaining()) {
      throw new IllegalArgumentException("too long");
    }
    return set;
  }

  @Override
  protected Optional<byte[]> encode(NodeSet set) {
    return Optional.of(NodeSetCodec.put(ByteBuffer.allocate(NodeSetCodec.bytes(set)), set).array());
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof IllegalArgumentException || thrown instanceof BufferUnderflowException;
  }
}
