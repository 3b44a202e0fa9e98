// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.weft.api.NodeId;
import io.weft.spi.session.HandshakeMessage.Hello;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The other nodes, by id. Read by any thread; a node that has once been added stays. */
final class PeerTable {
  /** By id, up to the largest one. */
  private volatile Peer[] peers = {};

  private final NodeId self;

  PeerTable(NodeId self) {
    this.self = self;
  }

  /** Adds a node; by one thread at a time. */
  void add(Peer peer) {
    int id = peer.id().value();
    Peer[] more = Arrays.copyOf(peers, Math.max(peers.length, id + 1));
    more[id] = peer;
    peers = more;
  }

  /**
   * The peer with that id.
   *
   * @throws IllegalArgumentException if there is none
   */
  Peer get(int node) {
    Peer[] known = peers;
    if (node >= known.length || known[node] == null) {
      throw new IllegalArgumentException("node " + node + " is not a peer of " + self);
    }
    return known[node];
  }

  /** Whether there is a peer with that id, 0 or larger. */
  boolean contains(int id) {
    Peer[] known = peers;
    return id < known.length && known[id] != null;
  }

  List<Peer> all() {
    List<Peer> all = new ArrayList<>();
    for (Peer peer : peers) {
      if (peer != null) {
        all.add(peer);
      }
    }
    return all;
  }

  /** Passes a caller whose configuration fits to its peer, on the peer's event loop. */
  void introduce(HandshakeHandler handshake, Hello hello) {
    Peer peer = peers[hello.from()];
    if (peer.loop().isCurrent()) {
      peer.onHello(handshake, hello);
      return;
    }
    Channel channel = handshake.channel();
    IoLoop loop = peer.loop();
    ChannelFutureListener arrived =
        loop.listener(
            registered -> {
              if (registered.isSuccess()) {
                loop.execute(() -> peer.onHello(handshake, hello));
              } else {
                channel.unsafe().closeForcibly();
              }
            });
    channel
        .deregister()
        .addListener(loop.listener(f -> loop.eventLoop().register(channel).addListener(arrived)));
  }

  /**
   * Runs a task for each peer on its event loop, after the tasks already queued there; then runs
   * {@code then}.
   */
  void onLoops(Consumer<Peer> task, Runnable then) {
    List<Peer> all = all();
    AtomicInteger left = new AtomicInteger(all.size() + 1);
    Runnable arrived =
        () -> {
          if (left.decrementAndGet() == 0) {
            then.run();
          }
        };
    for (Peer peer : all) {
      boolean runs =
          onLoop(
              peer,
              () -> {
                try {
                  task.accept(peer);
                } finally {
                  arrived.run(); // the loop reports an exception, and the others continue
                }
              });
      if (!runs) {
        arrived.run();
      }
    }
    arrived.run();
  }

  /** Runs a task on a peer's event loop; false if that has ended. */
  static boolean onLoop(Peer peer, Runnable task) {
    try {
      peer.loop().execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }
}
