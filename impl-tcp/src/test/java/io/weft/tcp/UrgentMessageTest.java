// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weft.api.Member;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.session.Frame;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.view.Views;
import io.weft.tcp.tls.TlsSettings;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a peer that does not read for a while finds when it reads again. */
@Timeout(300)
class UrgentMessageTest {
  private static final int IMAGES = 1_500;
  private static final int BLOCK = 8_192;
  private static final int SMALL_BUFFER = 64 << 10;

  /** A batch that the channel has, and what the kernels hold on both sides, generously. */
  private static final int UNDER_WAY = (512 << 10) + (2 << 20);

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "NIO"})
  @Tag("TR-4")
  void overtakesImagesThatWaitForTheSocket(TcpSettings.EventLoopKind kind) throws Exception {
    List<Member> members = TestNode.members(2);
    TestNode peer = new TestNode(TestNode.node(members, 1), TestNode.settings());
    try (TestNode node = new TestNode(TestNode.node(members, 0), settings(kind));
        Socket socket = new Socket()) {
      node.handling((from, header, payload) -> {}).start();
      socket.setReceiveBufferSize(SMALL_BUFFER);
      socket.connect(new InetSocketAddress(TestNode.HOST, members.get(0).port()));
      greet(socket, peer);
      node.nextNews();
      for (int i = 0; i < IMAGES; i++) {
        node.send(1, Lane.RESPONSE, new byte[16], CountedPayload.filled(BLOCK, (byte) i, () -> {}));
      }
      node.transport.send(
          1, TestNode.SERVICE, Lane.CONTROL, Views.NO_EPOCH, new byte[16], Payload.NONE);
      List<Integer> lanes = readLanes(new DataInputStream(socket.getInputStream()));
      int before = lanes.indexOf(Lane.CONTROL.ordinal());
      assertTrue(before <= UNDER_WAY / BLOCK, before + " images went first");
      assertEquals(IMAGES + 1, lanes.size());
    }
  }

  private static TcpSettings settings(TcpSettings.EventLoopKind kind) {
    return new TcpSettings(
        kind,
        1,
        "",
        Duration.ZERO,
        100,
        Duration.ZERO,
        Duration.ofMillis(1),
        Duration.ofSeconds(60),
        Duration.ofSeconds(30),
        Duration.ZERO,
        Duration.ofSeconds(30),
        new ByteSize(SMALL_BUFFER),
        new ByteSize(SMALL_BUFFER),
        TlsSettings.none());
  }

  /** Introduces itself as the other node. */
  private static void greet(Socket socket, TestNode peer) throws IOException {
    ByteBuf hello = Unpooled.buffer();
    HandshakeBytes.encode(peer.transport.local().hello(0, false, 0, 0, 0, 0), hello);
    hello.readBytes(socket.getOutputStream(), hello.readableBytes());
    ByteBuf answer = Unpooled.buffer();
    var message = HandshakeBytes.decode(answer);
    while (message.isEmpty()) {
      answer.writeByte(socket.getInputStream().read());
      message = HandshakeBytes.decode(answer);
    }
    assertInstanceOf(HandshakeMessage.Welcome.class, message.get());
  }

  private static List<Integer> readLanes(DataInputStream in) throws IOException {
    List<Integer> lanes = new ArrayList<>();
    ByteBuffer frame = ByteBuffer.allocate(Frame.MAX_BYTES);
    while (lanes.size() <= IMAGES) {
      in.readFully(frame.array(), 0, Frame.PREFIX_BYTES);
      in.readFully(frame.array(), Frame.PREFIX_BYTES, Frame.length(frame, 0) - Frame.PREFIX_BYTES);
      lanes.add(Frame.lane(frame, 0));
    }
    return lanes;
  }
}
