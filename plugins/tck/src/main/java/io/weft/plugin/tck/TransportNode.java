// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.LamportClock;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** A transport of {@link TransportContract} with everything around it: one life of a node. */
final class TransportNode implements AutoCloseable {
  static final int SERVICE = 7;
  private static final long PATIENCE_SECONDS = 60;

  final LamportClock clock = new LamportClock();
  final Views views = new Views(() -> 0);
  final StorageIdentity storage = new StorageIdentity();
  final Transport transport;

  /** What the listener hears, in order, as text: the event, the peer and its incarnation. */
  final BlockingQueue<String> news = new LinkedBlockingQueue<>();

  final BlockingQueue<WeftException> losses = new LinkedBlockingQueue<>();
  final BlockingQueue<WeftException> failures = new LinkedBlockingQueue<>();
  private final int id;

  TransportNode(
      Function<TransportParts, Transport> factory,
      List<Member> members,
      int id,
      long incarnation,
      Duration resumeTime,
      boolean inView) {
    this.id = id;
    if (inView) {
      install(Epoch.FIRST.value(), members, Map.of());
    }
    storage.formed(0);
    NodeSettings settings =
        new NodeSettings("contract", new NodeId(id), incarnation, members, 8_192, Map.of());
    transport =
        factory.apply(
            new TransportParts(
                settings, failures::add, clock, views, storage, new PlainMetrics(), resumeTime));
  }

  int id() {
    return id;
  }

  TransportNode handling(MessageHandler handler) {
    transport.register(SERVICE, handler);
    return this;
  }

  TransportNode start() {
    transport.start(new Listener());
    return this;
  }

  /** Puts a view in force, with a lease for ever, without telling the transport. */
  void install(long epoch, List<Member> members, Map<NodeId, Long> incarnations) {
    views.lease(Long.MAX_VALUE);
    views.install(new View(new Epoch(epoch), members, incarnations));
  }

  /** Sends in the epoch in force. */
  void send(int to, Lane lane, byte[] header, Payload payload) {
    send(to, lane, views.epoch(), header, payload);
  }

  void send(int to, Lane lane, long epoch, byte[] header, Payload payload) {
    transport.send(to, SERVICE, lane, epoch, header, payload);
  }

  /** The next piece of news; fails if none comes. */
  String nextNews() {
    return next(news);
  }

  static <T> T next(BlockingQueue<T> queue) {
    try {
      T item = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (item == null) {
        throw new AssertionError("nothing came within " + PATIENCE_SECONDS + " s");
      }
      return item;
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while waiting", e);
    }
  }

  /** Waits until something becomes true that nobody reports. */
  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(what + " did not happen within " + PATIENCE_SECONDS + " s");
      }
      LockSupport.parkNanos(100_000);
    }
  }

  @Override
  public void close() {
    transport.close();
  }

  private final class Listener implements PeerListener {
    @Override
    public void onConnected(NodeId peer, long incarnation) {
      news.add("connected " + peer + "." + incarnation);
    }

    @Override
    public void onDisconnected(NodeId peer, long incarnation) {
      news.add("broken " + peer + "." + incarnation);
    }

    @Override
    public void onGoodbye(NodeId peer, long incarnation) {
      news.add("goodbye " + peer + "." + incarnation);
    }

    @Override
    public void onLost(NodeId peer, long incarnation, WeftException reason) {
      losses.add(reason);
      news.add("lost " + peer + "." + incarnation);
    }
  }
}
