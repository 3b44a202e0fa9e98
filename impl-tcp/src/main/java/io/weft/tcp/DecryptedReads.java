// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Copies what has been decrypted into the {@link ReceiveBuffer} of the connection. Without
 * encryption the socket is read into that buffer, and this handler is not there. Owned by the event
 * loop of the channel.
 */
final class DecryptedReads extends ChannelInboundHandlerAdapter {
  /** Sizes of a read of encrypted bytes: at least, at first and at most. */
  private static final int LEAST_READ = 4 << 10;

  private static final int FIRST_READ = 64 << 10;
  private static final int MOST_READ = 256 << 10;

  private final ReceiveBuffer receive;

  private DecryptedReads(ReceiveBuffer receive) {
    this.receive = receive;
  }

  /** Has a channel received into a buffer, behind TLS if it is encrypted. */
  static void receive(Channel channel, ReceiveBuffer receive, boolean encrypted) {
    if (encrypted) {
      channel
          .config()
          .setRecvByteBufAllocator(
              new AdaptiveRecvByteBufAllocator(LEAST_READ, FIRST_READ, MOST_READ)
                  .maxMessagesPerRead(1));
      channel.pipeline().addLast(new DecryptedReads(receive));
    } else {
      channel.config().setRecvByteBufAllocator(receive);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object read) {
    ByteBuf decrypted = (ByteBuf) read;
    try {
      while (decrypted.isReadable() && ctx.channel().isOpen()) {
        ByteBuf buffer = receive.buffer();
        int bytes = Math.min(decrypted.readableBytes(), buffer.writableBytes());
        if (bytes == 0) { // nobody takes what is in the buffer, so the connection is at its end
          ctx.close();
          return;
        }
        buffer.writeBytes(decrypted, bytes);
        ctx.fireChannelRead(buffer.retain());
      }
    } finally {
      decrypted.release();
    }
  }
}
