// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.HandshakeMessage.Hello;
import io.weft.tcp.HandshakeMessage.Refused;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.UUID;

/** The handshake as the side that was dialled: checks that the caller belongs here. */
final class Accepting implements HandshakeHandler.Side {
  private final TcpTransport transport;

  Accepting(TcpTransport transport) {
    this.transport = transport;
  }

  @Override
  public Optional<HandshakeMessage> opening() {
    return Optional.empty();
  }

  @Override
  public void onMessage(HandshakeHandler handshake, HandshakeMessage message) {
    if (!(message instanceof Hello hello)) {
      throw new WeftException(TransportErrors.NOT_WEFT, "the caller did not begin with a hello");
    }
    Optional<Refused> refusal = refusalOf(hello);
    if (refusal.isPresent()) {
      transport.refuse(handshake, refusal.get(), false);
    } else {
      transport.introduce(handshake, hello);
    }
  }

  private Optional<Refused> refusalOf(Hello hello) {
    Hello own = transport.hello(hello.from(), false, 0, 0, 0, 0);
    String me = "n" + own.from();
    String caller = "n" + hello.from();
    if (hello.version() != own.version()) {
      return refused(
          own,
          TransportErrors.PROTOCOL_VERSION,
          me
              + " speaks protocol version "
              + own.version()
              + ", this node version "
              + hello.version()
              + "; run the same release on all nodes");
    }
    if (!hello.cluster().equals(own.cluster())) {
      return refused(
          own,
          TransportErrors.FOREIGN_CLUSTER,
          me
              + " belongs to cluster '"
              + own.cluster()
              + "', this node to '"
              + hello.cluster()
              + "'; check weft.cluster-name and the members' ports");
    }
    if (hello.from() == own.from()) {
      return refused(
          own,
          TransportErrors.DUPLICATE_NODE_ID,
          "node id " + own.from() + " is taken; give this node an id of its own");
    }
    if (!hello.settings().equals(own.settings())) {
      return mismatch(
          own,
          hello,
          TransportErrors.SETTINGS_DIFFER,
          own.settings().differences("at " + me, hello.settings(), "at " + caller)
              + "; set what differs alike on all nodes, and start again");
    }
    if (!isSame(hello.storage(), own.storage())) {
      return mismatch(
          own,
          hello,
          isUndecided(hello, own) ? TransportErrors.NOT_READY : TransportErrors.STORAGE_DIFFERS,
          me
              + " and "
              + caller
              + " work on different storage: "
              + me
              + " on "
              + own.where()
              + ", "
              + caller
              + " on "
              + hello.where()
              + "; check the directories, and that every file system is mounted");
    }
    if (hello.to() != own.from() || !transport.isPeer(hello.from())) {
      return refused(
          own,
          TransportErrors.MEMBERS_DIFFER,
          caller + " calls n" + hello.to() + " but reaches " + me + "; check the members' ports");
    }
    return Optional.empty();
  }

  /** Takes the same time however much is alike: the identity is what a stranger cannot know. */
  private static boolean isSame(UUID a, UUID b) {
    return MessageDigest.isEqual(bytes(a), bytes(b));
  }

  private static byte[] bytes(UUID id) {
    return ByteBuffer.allocate(16)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .array();
  }

  /**
   * Refuses a caller that does not fit. Only the one of the two that is wrong is told to stop; the
   * other one is told to wait until that has happened.
   */
  private static Optional<Refused> mismatch(Hello own, Hello hello, ErrorCode code, String text) {
    return isWrong(hello, own)
        ? refused(own, code, text)
        : refused(own, TransportErrors.NOT_READY, text);
  }

  /**
   * Whether the caller is the one that does not fit: of two that differ that is the one of which
   * the registry knows no view, or the one that started later if it knows as much of both. As long
   * as one of them has not read its registry, it is neither.
   */
  private static boolean isWrong(Hello caller, Hello own) {
    if (caller.formed() == StorageIdentity.UNKNOWN || own.formed() == StorageIdentity.UNKNOWN) {
      return false;
    }
    boolean formed = own.formed() > 0;
    return formed == caller.formed() > 0 ? caller.incarnation() >= own.incarnation() : formed;
  }

  /**
   * Whether it will show by itself whose storage is the right one: on neither has there been a
   * view, and of an odd number of nodes only those of one storage can be enough for the first. Who
   * started later may be the majority.
   */
  private boolean isUndecided(Hello caller, Hello own) {
    return caller.formed() == 0 && own.formed() == 0 && transport.members() % 2 == 1;
  }

  private static Optional<Refused> refused(Hello own, ErrorCode code, String text) {
    return Optional.of(new Refused(own.incarnation(), code.number(), text));
  }

  @Override
  public void onFailed(WeftException reason) {
    transport.onRejected(reason);
  }
}
