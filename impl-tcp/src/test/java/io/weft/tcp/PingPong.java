// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures round trips between two processes: this transport beside a plain blocking socket, in
 * turns. Not a test: run {@code main} with the test class path, arguments: rounds, spin of the
 * waiting thread in microseconds, spin of the event loop in microseconds, kind of event loop.
 */
final class PingPong {
  private static final int REQUEST_BYTES = 64;
  private static final int[] REPLY_BYTES = {64, 8_192};
  private static final int WARM_UP = 20_000;
  private static final int TURNS = 3;

  private static volatile long answered;

  private PingPong() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("child")) {
      child(arguments);
      return;
    }
    int rounds = Integer.parseInt(arguments[0]);
    long waitSpinNs = Long.parseLong(arguments[1]) * 1_000;
    List<Member> members = TestNode.members(3);
    Process child = startChild(members, arguments[2], arguments[3]);
    try (SocketChannel plain = dial(members.get(2).port());
        TestNode node =
            new TestNode(TestNode.node(members.subList(0, 2), 0), settings(arguments))) {
      Thread me = Thread.currentThread();
      node.handling(
          (from, header, payload) -> {
            answered++;
            LockSupport.unpark(me);
          });
      node.start();
      System.out.println("news: " + node.nextNews());
      for (int turn = 0; turn < TURNS; turn++) {
        for (int reply : REPLY_BYTES) {
          report("socket", reply, plain(plain, reply, rounds));
          report("weft", reply, weft(node, reply, rounds, waitSpinNs));
        }
      }
    } finally {
      child.destroy();
    }
  }

  private static TcpSettings settings(String[] arguments) {
    TcpSettings s =
        TestNode.settings(
            TcpSettings.EventLoopKind.valueOf(arguments[3]),
            1,
            Duration.ZERO,
            Duration.ofSeconds(5));
    return new TcpSettings(
        s.eventLoop(),
        1,
        "",
        Duration.ZERO,
        100,
        Duration.ofNanos(Long.parseLong(arguments[2]) * 1_000),
        s.acknowledgeDelay(),
        s.resumeTime(),
        s.handshakeTimeout(),
        s.goodbyeTime(),
        s.stallTime(),
        s.sendBuffer(),
        s.receiveBuffer(),
        s.tls());
  }

  private static long[] plain(SocketChannel socket, int reply, int rounds) throws IOException {
    ByteBuffer request = ByteBuffer.allocateDirect(REQUEST_BYTES);
    ByteBuffer answer = ByteBuffer.allocateDirect(reply);
    long[] times = new long[rounds];
    for (int i = -WARM_UP; i < rounds; i++) {
      long start = System.nanoTime();
      socket.write(request.clear().putInt(0, reply));
      answer.clear();
      while (answer.hasRemaining()) {
        socket.read(answer);
      }
      if (i >= 0) {
        times[i] = System.nanoTime() - start;
      }
    }
    return times;
  }

  private static long[] weft(TestNode node, int reply, int rounds, long spinNs) {
    long[] times = new long[rounds];
    long expected = answered;
    for (int i = -WARM_UP; i < rounds; i++) {
      byte[] header = new byte[REQUEST_BYTES];
      ByteBuffer.wrap(header).putInt(reply);
      expected++;
      long start = System.nanoTime();
      node.send(1, Lane.REQUEST, header, Payload.NONE);
      while (answered < expected) {
        if (System.nanoTime() - start < spinNs) {
          Thread.onSpinWait();
        } else {
          LockSupport.park();
        }
      }
      if (i >= 0) {
        times[i] = System.nanoTime() - start;
      }
    }
    return times;
  }

  private static void report(String who, int reply, long[] times) {
    Arrays.sort(times);
    System.out.printf(
        "%-7s reply %5d B   p50 %7.1f us   p99 %7.1f us   p99.9 %7.1f us%n",
        who,
        reply,
        times[times.length / 2] / 1e3,
        times[times.length * 99 / 100] / 1e3,
        times[(int) (times.length * 999L / 1000)] / 1e3);
  }

  // The other process

  private static Process startChild(List<Member> members, String spin, String kind)
      throws IOException {
    return new ProcessBuilder(
            System.getProperty("java.home") + "/bin/java",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            PingPong.class.getName(),
            "child",
            members.get(0).port() + "," + members.get(1).port() + "," + members.get(2).port(),
            spin,
            kind)
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void child(String[] arguments) throws Exception {
    String[] ports = arguments[1].split(",");
    Thread.ofPlatform().daemon().start(() -> servePlain(Integer.parseInt(ports[2])));
    List<Member> members =
        List.of(
            new Member(new NodeId(0), TestNode.HOST, Integer.parseInt(ports[0])),
            new Member(new NodeId(1), TestNode.HOST, Integer.parseInt(ports[1])));
    MemorySegment block = Arena.global().allocate(8_192);
    Payload payload = new CountedPayload(block);
    TestNode node = new TestNode(TestNode.node(members, 1), settings(arguments));
    node.handling(
        (from, header, ignored) -> {
          boolean small = header.getInt(header.position()) == REQUEST_BYTES;
          node.send(
              from,
              Lane.RESPONSE,
              new byte[small ? REQUEST_BYTES : 16],
              small ? Payload.NONE : payload);
        });
    node.start();
    System.in.read(); // until the parent ends
  }

  private static void servePlain(int port) {
    ByteBuffer request = ByteBuffer.allocateDirect(REQUEST_BYTES);
    ByteBuffer answer = ByteBuffer.allocateDirect(8_192);
    try (ServerSocketChannel server =
            ServerSocketChannel.open().bind(new InetSocketAddress(TestNode.HOST, port));
        SocketChannel socket = server.accept()) {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      while (true) {
        request.clear();
        while (request.hasRemaining()) {
          if (socket.read(request) < 0) {
            return;
          }
        }
        answer.clear().limit(request.getInt(0));
        while (answer.hasRemaining()) {
          socket.write(answer);
        }
      }
    } catch (IOException e) {
      System.err.println("plain server: " + e);
    }
  }

  private static SocketChannel dial(int port) throws IOException {
    while (true) {
      SocketChannel socket = SocketChannel.open();
      try {
        socket.connect(new InetSocketAddress(TestNode.HOST, port));
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return socket;
      } catch (IOException e) {
        socket.close();
        LockSupport.parkNanos(20_000_000);
      }
    }
  }
}
