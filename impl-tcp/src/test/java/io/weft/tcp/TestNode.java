// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.session.LamportClock;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.view.Views;
import io.weft.tcp.tls.TlsSettings;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A transport with everything around it, for tests. */
final class TestNode implements AutoCloseable {
  static final int SERVICE = 7;
  static final String HOST = "127.0.0.1";
  private static final long PATIENCE_SECONDS = 60;

  /** Where systems begin to number the outgoing connections, from which ports are kept away. */
  private static final int FIRST_EPHEMERAL = 32_768;

  private static final int FIRST_PORT = 10_000;

  /** The next port to be tried; processes begin at places of their own. */
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 97));

  final TcpTransport transport;
  private final int id;
  final LamportClock clock = new LamportClock();
  final PlainMetrics metrics = new PlainMetrics();
  final BlockingQueue<String> news = new LinkedBlockingQueue<>();
  final BlockingQueue<String> incarnations = new LinkedBlockingQueue<>();
  final BlockingQueue<String> breaks = new LinkedBlockingQueue<>();
  final BlockingQueue<WeftException> failures = new LinkedBlockingQueue<>();
  final BlockingQueue<WeftException> losses = new LinkedBlockingQueue<>();
  final Views views = new Views(() -> 0);
  final StorageIdentity storage = new StorageIdentity();

  /** In the first view, of all configured nodes. */
  TestNode(NodeSettings settings, TcpSettings tcp) {
    this(settings, tcp, true);
  }

  /** With the first view, or without any. */
  TestNode(NodeSettings settings, TcpSettings tcp, boolean inView) {
    if (inView) {
      install(Epoch.FIRST.value(), settings.members(), Map.of());
    }
    id = settings.nodeId().value();
    storage.formed(0);
    transport = new TcpTransport(tcp, settings, failures::add, clock, views, storage, metrics);
  }

  int id() {
    return id;
  }

  /** Puts a view in force, with a lease for ever, without telling the transport. */
  void install(long epoch, List<Member> members, Map<NodeId, Long> incarnations) {
    views.lease(Long.MAX_VALUE);
    views.install(new View(new Epoch(epoch), members, incarnations));
  }

  /** Sends in the epoch in force. */
  void send(int to, Lane lane, byte[] header, Payload payload) {
    transport.send(to, SERVICE, lane, views.epoch(), header, payload);
  }

  TestNode handling(MessageHandler handler) {
    transport.register(SERVICE, handler);
    return this;
  }

  TestNode start() {
    transport.start(
        new PeerListener() {
          @Override
          public void onConnected(NodeId peer, long incarnation) {
            incarnations.add(peer + " in life " + incarnation);
            news.add("connected " + peer);
          }

          @Override
          public void onDisconnected(NodeId peer, long incarnation) {
            breaks.add(peer + " in life " + incarnation);
          }

          @Override
          public void onGoodbye(NodeId peer, long incarnation) {
            news.add("goodbye " + peer);
          }

          @Override
          public void onLost(NodeId peer, long incarnation, WeftException reason) {
            losses.add(reason);
            news.add("lost " + peer);
          }
        });
    return this;
  }

  /** The next piece of news; fails if none comes. */
  String nextNews() throws InterruptedException {
    return next(news);
  }

  /** Waits until something becomes true that nobody reports. */
  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("did not happen within " + PATIENCE_SECONDS + " s");
      }
      LockSupport.parkNanos(100_000);
    }
  }

  static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T item = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (item == null) {
      throw new AssertionError("nothing came within " + PATIENCE_SECONDS + " s");
    }
    return item;
  }

  long count(String counter) {
    return metrics.count("transport." + counter);
  }

  @Override
  public void close() {
    transport.close();
  }

  static List<Member> members(int count) {
    List<Member> members = new ArrayList<>();
    while (members.size() < count) {
      int port =
          FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), FIRST_EPHEMERAL - FIRST_PORT);
      if (isFree(port)) {
        members.add(new Member(new NodeId(members.size()), HOST, port));
      }
    }
    return members;
  }

  /**
   * Whether nobody listens there, on any address. Nobody else in this process will: no port is
   * tried twice. A port that the system chose would be no better: while its node is down, the
   * system might give it to an outgoing connection, even to one of those who look for the node.
   */
  private static boolean isFree(int port) {
    try (ServerSocket _ = new ServerSocket(port, 1)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  static NodeSettings node(List<Member> members, int id) {
    return node("test", members, id, 1);
  }

  static NodeSettings node(String cluster, List<Member> members, int id, long incarnation) {
    return new NodeSettings(cluster, new NodeId(id), incarnation, members, 8_192, Map.of());
  }

  static TcpSettings settings() {
    return settings(TcpSettings.EventLoopKind.AUTO, 1, Duration.ZERO, Duration.ofSeconds(60));
  }

  static TcpSettings settings(
      TcpSettings.EventLoopKind kind, int ioThreads, Duration window, Duration resume) {
    return settings(kind, ioThreads, window, resume, Duration.ofSeconds(30), TlsSettings.none());
  }

  /** With two loops, so that some connections move to that of their peer. */
  static TcpSettings encrypted(TlsSettings tls) {
    return settings(
        TcpSettings.EventLoopKind.AUTO,
        2,
        Duration.ZERO,
        Duration.ofSeconds(60),
        Duration.ofSeconds(30),
        tls);
  }

  static TcpSettings settings(
      TcpSettings.EventLoopKind kind,
      int ioThreads,
      Duration window,
      Duration resume,
      Duration handshake,
      TlsSettings tls) {
    return new TcpSettings(
        kind,
        ioThreads,
        "",
        window,
        100,
        Duration.ZERO,
        Duration.ofMillis(1),
        resume,
        handshake,
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        new ByteSize(0),
        new ByteSize(0),
        tls);
  }
}
