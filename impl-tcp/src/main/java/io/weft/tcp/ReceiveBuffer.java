// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.weft.spi.session.Frame;

/**
 * The memory that one connection receives into: always the same buffer, so that a read continues
 * right behind a frame that is still incomplete and every frame ends up in one piece without being
 * copied. Owned by the connection's event loop.
 *
 * <pre>
 *   0 ........ reader ........ writer ........ capacity
 *     handled         incomplete      next read
 * </pre>
 */
final class ReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
  /** Room for one read; several frames of any size fit. */
  static final int BYTES = 256 << 10;

  private final ByteBuf buffer = Unpooled.directBuffer(BYTES, BYTES);

  ReceiveBuffer() {
    super(1); // one read, then the answers to it leave
  }

  /** The buffer, for the life of the connection. */
  ByteBuf buffer() {
    return buffer;
  }

  /** Makes room behind the incomplete frame for the rest of it. */
  void makeRoom() {
    if (!buffer.isReadable()) {
      buffer.clear();
    } else if (buffer.capacity() - buffer.writerIndex() < Frame.MAX_BYTES) {
      buffer.discardReadBytes();
    }
  }

  /** Frees the memory after the connection has closed. */
  void free() {
    buffer.release();
  }

  @Override
  @SuppressWarnings("deprecation") // the interface of the newer call extends the deprecated one
  public Handle newHandle() {
    return new MaxMessageHandle() {
      @Override
      public ByteBuf allocate(ByteBufAllocator alloc) {
        return buffer.retain();
      }

      @Override
      public int guess() {
        return buffer.writableBytes();
      }
    };
  }
}
