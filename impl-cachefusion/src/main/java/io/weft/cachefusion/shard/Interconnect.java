// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.cachefusion.protocol.CacheFusionMessage;
import io.weft.cachefusion.protocol.MessageCodec;
import io.weft.cachefusion.protocol.MoveCodec;
import io.weft.cachefusion.protocol.MoveMessage;
import io.weft.cachefusion.protocol.RecoveryMessage;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import java.util.Arrays;

/** Encodes this node's messages and sends them to other nodes. Thread-safe. */
public final class Interconnect {
  /** Number of the service on the interconnect. */
  public static final int SERVICE = 1;

  private final Transport transport;

  /** The other members of the view in force. */
  private volatile int[] peers = {};

  public Interconnect(Transport transport) {
    this.transport = transport;
  }

  /** A view is being installed: these are its other members. */
  public void peers(int[] others) {
    peers = others.clone();
  }

  void send(int to, long epoch, CacheFusionMessage message, Payload payload) {
    transport.send(
        to, SERVICE, message.lane(), epoch, MessageCodec.encode(epoch, message), payload);
  }

  public void send(int to, long epoch, RecoveryMessage message) {
    transport.send(
        to, SERVICE, Lane.RESPONSE, epoch, MessageCodec.encode(epoch, message), Payload.NONE);
  }

  void send(int to, long epoch, MoveMessage message) {
    transport.send(
        to, SERVICE, Lane.RESPONSE, epoch, MoveCodec.encode(epoch, message), Payload.NONE);
  }

  void broadcast(long epoch, MoveMessage message) {
    for (int peer : peers) {
      send(peer, epoch, message);
    }
  }

  /** Whether a node is another member of the view in force. */
  public boolean isPeer(int node) {
    return Arrays.stream(peers).anyMatch(peer -> peer == node);
  }

  void broadcast(long epoch, CacheFusionMessage message) {
    for (int peer : peers) {
      send(peer, epoch, message, Payload.NONE);
    }
  }
}
