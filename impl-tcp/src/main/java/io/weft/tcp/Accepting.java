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
      return mismatch(
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
      return mismatch(
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
          TransportErrors.SETTINGS_DIFFER,
          own.settings().differences("at " + me, hello.settings(), "at " + caller)
              + "; set what differs alike on all nodes, and start again");
    }
    if (!isSame(hello.storage(), own.storage())) {
      return refused(own, storageCode(hello, own), differentStorage(own, hello));
    }
    if (hello.to() != own.from() || !transport.isPeer(hello.from())) {
      return mismatch(
          own,
          TransportErrors.MEMBERS_DIFFER,
          caller + " calls n" + hello.to() + " but reaches " + me + "; check the members' ports");
    }
    return Optional.empty();
  }

  private static String differentStorage(Hello own, Hello caller) {
    return "n"
        + own.from()
        + " and n"
        + caller.from()
        + " work on different storage: "
        + storage(own)
        + ", "
        + storage(caller)
        + "; check the directories, and that every file system is mounted";
  }

  private static String storage(Hello of) {
    String history =
        of.formed() > 0
            ? "newest view " + of.formed()
            : of.formed() == 0 ? "without a view yet" : "its views not read yet";
    return "n" + of.from() + " on " + of.where() + " (" + history + ")";
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
   * Refuses a caller of other settings. It is told to stop only by a node that is in a view: then
   * the others have agreed with this one. As long as neither is, the one that is wrong may be this
   * one, whoever started first and whatever views there were before: a quorum that agrees will form
   * one, and both wait for that.
   */
  private Optional<Refused> mismatch(Hello own, ErrorCode code, String text) {
    return refused(own, transport.isInView() ? code : TransportErrors.NOT_READY, text);
  }

  private ErrorCode storageCode(Hello caller, Hello own) {
    return isWrong(caller, own) && !isUndecided(caller, own)
        ? TransportErrors.STORAGE_DIFFERS
        : TransportErrors.NOT_READY;
  }

  /**
   * Whether the caller is the one on the wrong storage: of two, that is the one whose storage has
   * the shorter history of views, or the one that started later if there is no other difference.
   * The other one is told to wait until that has happened. As long as one of them has not read its
   * registry, it is neither.
   */
  private static boolean isWrong(Hello caller, Hello own) {
    if (caller.formed() == StorageIdentity.UNKNOWN || own.formed() == StorageIdentity.UNKNOWN) {
      return false;
    }
    return caller.formed() == own.formed()
        ? caller.incarnation() >= own.incarnation()
        : caller.formed() < own.formed();
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
