// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.NodeSet;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * The form of a {@link NodeSet} in messages: u8 number of words n, 0 to {@value NodeSet#MAX_WORDS},
 * then n words of 8 bytes, in the byte order of the buffer; the last word is not 0. Bit i of word w
 * stands for node 64 w + i. Stateless and thread-safe.
 */
public final class NodeSetCodec {
  private NodeSetCodec() {}

  /** Bytes of an encoded set. */
  public static int bytes(NodeSet set) {
    return 1 + set.words() * Long.BYTES;
  }

  /** Writes a set at the buffer's position; returns the buffer. */
  public static ByteBuffer put(ByteBuffer out, NodeSet set) {
    out.put((byte) set.words()); // at most MAX_WORDS
    for (int index = 0; index < set.words(); index++) {
      out.putLong(set.word(index));
    }
    return out;
  }

  /**
   * Reads a set at the buffer's position.
   *
   * @throws BufferUnderflowException if it is cut short
   * @throws IllegalArgumentException if it has too many words, or words that say nothing
   */
  public static NodeSet get(ByteBuffer in) {
    int count = Byte.toUnsignedInt(in.get());
    if (count > NodeSet.MAX_WORDS) {
      throw new IllegalArgumentException(
          "a set of nodes has " + count + " words, more than " + NodeSet.MAX_WORDS);
    }
    if (count == 0) {
      return NodeSet.NONE;
    }
    long low = in.getLong();
    NodeSet set = count == 1 ? NodeSet.ofWord(low) : manyWords(low, count, in);
    if (set.words() != count) {
      throw new IllegalArgumentException("a set of nodes ends with a word of value 0");
    }
    return set;
  }

  private static NodeSet manyWords(long low, int count, ByteBuffer in) {
    long[] words = new long[count];
    words[0] = low;
    for (int index = 1; index < count; index++) {
      words[index] = in.getLong();
    }
    return NodeSet.ofWords(words);
  }
}
