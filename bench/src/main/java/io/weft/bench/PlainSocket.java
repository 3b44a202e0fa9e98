// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * The minimum cost of a block over TCP: a small request and a reply of 8 KiB, one at a time, over a
 * plain socket.
 */
final class PlainSocket {
  /** Size of a request. */
  static final int REQUEST_BYTES = 64;

  /** Size of a reply: a block of 8 KiB. */
  static final int REPLY_BYTES = 8 << 10;

  private final SocketChannel channel;
  private final long spinNs;
  private final Selector selector;
  private final ByteBuffer request = ByteBuffer.allocateDirect(REQUEST_BYTES);
  private final ByteBuffer reply = ByteBuffer.allocateDirect(REPLY_BYTES);

  private PlainSocket(SocketChannel channel, long spinNs) throws IOException {
    this.channel = channel;
    this.spinNs = spinNs;
    this.selector = Selector.open();
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    if (spinNs > 0) {
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
    }
  }

  /**
   * Listens on a free port and answers one client on a thread of its own.
   *
   * @param spinNs how long to poll before blocking; 0 blocks at once
   */
  static int serve(long spinNs) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread thread = new Thread(() -> answer(server, spinNs), "plain-server");
    thread.setDaemon(true);
    thread.start();
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  private static void answer(ServerSocketChannel server, long spinNs) {
    try (server) {
      PlainSocket socket = new PlainSocket(server.accept(), spinNs);
      while (true) {
        socket.read(socket.request);
        socket.write(socket.reply);
      }
    } catch (IOException e) {
      return; // the client has left
    }
  }

  static PlainSocket connect(int port, long spinNs) throws IOException {
    return new PlainSocket(
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)), spinNs);
  }

  /** One round trip. */
  void ping() throws IOException {
    write(request);
    read(reply);
  }

  private void write(ByteBuffer buffer) throws IOException {
    buffer.clear();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private void read(ByteBuffer buffer) throws IOException {
    buffer.clear();
    while (buffer.hasRemaining()) {
      if (spinNs > 0) {
        awaitReadable(buffer);
      } else if (channel.read(buffer) < 0) {
        throw new EOFException();
      }
    }
  }

  private void awaitReadable(ByteBuffer buffer) throws IOException {
    long begin = System.nanoTime();
    int bytes = channel.read(buffer);
    while (bytes == 0) {
      if (System.nanoTime() - begin < spinNs) {
        Thread.onSpinWait();
      } else {
        selector.select();
        selector.selectedKeys().clear();
      }
      bytes = channel.read(buffer);
    }
    if (bytes < 0) {
      throw new EOFException();
    }
  }
}
