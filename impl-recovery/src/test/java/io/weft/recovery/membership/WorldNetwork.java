// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.transport.TransportErrors;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A node's transport in a {@link World}: unordered, delayed, reliable while nothing is cut. */
final class WorldNetwork implements Transport {
  private final WorldNode node;
  private final Map<Integer, WorldNode> sessions = new HashMap<>();
  private MessageHandler handler;

  /** The nodes that this one has ever been told of. */
  private final Set<Integer> known = new HashSet<>();

  /** Heartbeats go out, and nothing else: whoever asks for something hears no answer. */
  boolean mute;

  /** Messages and bytes that this node has sent and received, without frames of the transport. */
  long sent;

  long sentBytes;
  long received;
  long receivedBytes;

  WorldNetwork(WorldNode node) {
    this.node = node;
    contacts(node.world.membersAt(node.id));
  }

  void connected(WorldNode peer) {
    if (!peer.alive || node.world.nodes.get(peer.id) != peer) {
      return;
    }
    if (!known.contains(peer.id) || !peer.network.known.contains(node.id)) {
      node.world.schedule(node, 50 * World.MS, () -> connected(peer)); // dials until it is known
      return;
    }
    Optional.ofNullable(sessions.get(peer.id)).ifPresent(this::lost);
    sessions.put(peer.id, peer);
    node.membership.onConnected(new NodeId(peer.id), peer.incarnation);
  }

  void disconnected(WorldNode peer) {
    if (hasSession(peer)) {
      node.membership.onDisconnected(new NodeId(peer.id), peer.incarnation);
      node.world.schedule(node, 5_000 * World.MS, () -> lost(peer));
    }
  }

  private boolean hasSession(WorldNode peer) {
    return sessions.get(peer.id) == peer;
  }

  private void lost(WorldNode peer) {
    if (sessions.remove(peer.id, peer)) {
      node.membership.onLost(
          new NodeId(peer.id),
          peer.incarnation,
          new WeftException(TransportErrors.PEER_LOST, "n" + peer.id + " is lost"));
    }
  }

  /** Ends all sessions as planned; what has been sent arrives before the goodbye. */
  void goodbye() {
    for (WorldNode peer : node.world.running()) {
      if (peer != node) {
        node.world.schedule(
            peer,
            30 * World.MS,
            () -> {
              if (peer.network.sessions.remove(node.id, node)) {
                peer.membership.onGoodbye(new NodeId(node.id), node.incarnation);
              }
            });
      }
    }
    sessions.clear();
  }

  private void receive(WorldNode from, byte[] header, MemorySegment payload) {
    if (hasSession(from)) {
      received++;
      receivedBytes += bytes(header, payload);
      handler.onMessage(from.id, ByteBuffer.wrap(header), payload);
    }
  }

  private static long bytes(byte[] header, MemorySegment payload) {
    return header.length + payload.byteSize();
  }

  @Override
  public String name() {
    return "world";
  }

  @Override
  public void register(int service, MessageHandler receiver) {
    handler = receiver;
  }

  @Override
  public void start(PeerListener listener) {}

  @Override
  public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
    WorldNode peer = node.world.nodes.get(to);
    boolean status = header[0] == 1;
    if (peer == null || !hasSession(peer) || mute && !status) {
      return;
    }
    if (header.length > 1024) {
      throw new AssertionError("a header of " + header.length + " bytes");
    }
    sent++;
    sentBytes += bytes(header, payload.segment());
    deliver(peer, header, payload.segment());
  }

  /** What cannot go through waits, as in a session. */
  private void deliver(WorldNode peer, byte[] header, MemorySegment payload) {
    long delay = node.world.isCut(node.id, peer.id) ? 100 * World.MS : node.world.shortDelay();
    node.world.schedule(
        peer,
        delay,
        () -> {
          if (node.world.isCut(node.id, peer.id)) {
            if (node.alive) {
              deliver(peer, header, payload);
            }
          } else {
            peer.network.receive(node, header, payload);
          }
        });
  }

  @Override
  public void viewInstalled(Runnable quiet) {
    quiet.run();
  }

  @Override
  public void contacts(List<Member> members) {
    members.forEach(member -> known.add(member.id().value()));
  }

  @Override
  public void evict(int id, long incarnation) {
    if (!known.contains(id)) {
      throw new IllegalArgumentException("node " + id + " is not a peer");
    }
    sessions.values().removeIf(peer -> peer.id == id && peer.incarnation <= incarnation);
    node.world.whileEvicting.run();
  }

  @Override
  public void close() {}
}
