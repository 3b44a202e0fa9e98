// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.peer.Connecting;
import io.weft.spi.peer.HandshakeSide;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.NodeStop;
import io.weft.spi.session.HandshakeMessage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;

/**
 * Connects to one peer: a call, with the file of a new connection, for each attempt. Owned by the
 * receiving thread.
 */
final class RingDialling implements Connecting.Dialler<RingHandshake> {
  private final LocalNode local;
  private final int ringBytes;
  private final ShmLoop loop;
  private final NodePlace place;
  private final NodeStop stop;

  /** Makes connections with rings of {@code ringBytes}. */
  RingDialling(LocalNode local, int ringBytes, ShmLoop loop, NodePlace place, NodeStop stop) {
    this.local = local;
    this.ringBytes = ringBytes;
    this.loop = loop;
    this.place = place;
    this.stop = stop;
  }

  @Override
  public void dial(Connecting<RingHandshake>.Attempt attempt) {
    try {
      Optional<String> found = find(attempt.addresses());
      if (found.isPresent()) {
        call(found.get(), attempt);
      } else {
        onAbsent(attempt, "no process of it runs here, says " + place.directory());
      }
    } catch (NoSuchFileException e) {
      onAbsent(attempt, "its process is about to end");
    } catch (IOException | WeftException e) {
      attempt.onRejected("cannot call " + attempt.member() + ": " + e.getMessage());
    }
  }

  private static void onAbsent(Connecting<RingHandshake>.Attempt attempt, String why) {
    attempt.onAbsent(attempt.member() + " cannot be reached: " + why);
  }

  /** The first address says under which name a process of the peer lives. */
  private Optional<String> find(List<Member> addresses) throws IOException {
    for (Member address : addresses) {
      Optional<String> found = place.directory().find(address);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private void call(String incarnation, Connecting<RingHandshake>.Attempt attempt)
      throws IOException {
    Wire wire =
        Wire.make(
            place.directory(),
            incarnation,
            place.self(),
            place.nextNumber(),
            new Wire.Ends(
                local.node().nodeId().value(),
                local.node().incarnation(),
                attempt.member().id().value(),
                FileName.incarnationOf(incarnation)),
            attempt.isProbe() ? Ring.MIN_BYTES : ringBytes);
    RingHandshake handshake =
        new RingHandshake(
            new Side(wire, attempt), wire, loop, local.times().handshake(), stop::onThrown);
    handshake.begin();
    try {
      wire.call();
    } catch (IOException e) {
      handshake.close();
      wire.withdraw();
      throw e;
    }
  }

  /**
   * The dialling side of the handshake.
   *
   * @param wire the new connection
   * @param attempt what says and answers
   */
  private record Side(Wire wire, Connecting<RingHandshake>.Attempt attempt)
      implements HandshakeSide<RingHandshake> {
    @Override
    public Optional<HandshakeMessage> opening() {
      return attempt.opening();
    }

    @Override
    public void onMessage(RingHandshake handshake, HandshakeMessage message) {
      attempt.onMessage(handshake, message);
    }

    /** Deletes the file, which is still there if the peer has not looked at it. */
    @Override
    public void onFailed(WeftException reason) {
      try {
        wire.withdraw();
      } catch (IOException e) {
        attempt.warn("cannot withdraw a call of " + attempt.member() + ": " + e);
      }
      attempt.onFailed(reason);
    }
  }
}
