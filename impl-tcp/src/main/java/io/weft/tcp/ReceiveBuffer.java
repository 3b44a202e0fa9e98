// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.weft.spi.session.Frame;

/**
 * The receive buffer of one connection. A read continues directly after an incomplete frame, so
 * that every frame is contiguous without being copied. Owned by the connection's event loop.
 *
 * <pre>
 *   0 ........ reader ........ writer ........ capacity
 *     handled         incomplete      next read
 * </pre>
 */
final class ReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
  /** Size of the buffer: 256 KiB; several frames of the largest size fit. */
  static final int BYTES = 256 << 10;

  private final ByteBuf buffer = Unpooled.directBuffer(BYTES, BYTES);

  ReceiveBuffer() {
    super(1); // one read at a time, so that its answers leave before the next one
  }

  /** The buffer; the same one until the connection closes. */
  ByteBuf buffer() {
    return buffer;
  }

  /** Moves an incomplete frame to the start, to make room for its rest. */
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
