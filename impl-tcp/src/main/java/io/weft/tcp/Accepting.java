// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.session.Terms;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.HandshakeMessage.Hello;
import io.weft.tcp.HandshakeMessage.Refused;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The handshake on the dialled side: checks that the caller is a configured node of this cluster.
 */
final class Accepting implements HandshakeHandler.Side {
  /**
   * First protocol version whose nodes keep running after a refusal for their version. Callers of
   * earlier versions stop, so only a member of a view may refuse them for it.
   */
  private static final int FIRST_TOLERANT_VERSION = 4;

  /** Receives callers that fit. */
  interface Introductions {
    /** Whether another node with that id, 0 or larger, is a member or was configured as one. */
    boolean isPeer(int id);

    /** Takes over a caller that fits; its hello has been read. */
    void introduce(HandshakeHandler handshake, Hello hello);
  }

  private final LocalNode local;
  private final Refusals refusals;
  private final Introductions introductions;

  Accepting(LocalNode local, Refusals refusals, Introductions introductions) {
    this.local = local;
    this.refusals = refusals;
    this.introductions = introductions;
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
      boolean known = hello.version() == HandshakeMessage.VERSION; // otherwise its id is unknown
      refusals.refuse(
          handshake,
          known ? OptionalInt.of(hello.from()) : OptionalInt.empty(),
          refusal.get(),
          false);
    } else {
      introductions.introduce(handshake, hello);
    }
  }

  private Optional<Refused> refusalOf(Hello hello) {
    Hello own = local.hello(hello.from(), false, 0, 0, 0, 0);
    String me = "n" + own.from();
    if (hello.version() != own.version()) { // no other field can be read
      boolean stops = hello.version() < FIRST_TOLERANT_VERSION;
      return refused(
          own,
          stops && !local.holdsView()
              ? TransportErrors.NOT_READY
              : TransportErrors.PROTOCOL_VERSION,
          me
              + " speaks protocol version "
              + own.version()
              + ", its caller version "
              + hello.version()
              + "; run the same release on all nodes, and check the members' ports");
    }
    Optional<WeftException> differs = terms(own).refusalOf(terms(hello), local.holdsView());
    if (differs.isPresent()) {
      return refused(own, differs.get().code(), differs.get().getMessage());
    }
    if (hello.to() == own.from() && !introductions.isPeer(hello.from())) {
      return refused(
          own,
          TransportErrors.MEMBERS_DIFFER,
          "n"
              + hello.from()
              + " is not in the list of members that "
              + me
              + " knows; add it with `weft member add`");
    }
    if (hello.to() != own.from()) {
      return refused(
          own,
          TransportErrors.MEMBERS_DIFFER,
          "n"
              + hello.from()
              + " calls n"
              + hello.to()
              + " but reaches "
              + me
              + "; check the members' ports and the names of hosts");
    }
    return Optional.empty();
  }

  private static Terms terms(Hello of) {
    return new Terms(
        of.from(), of.incarnation(), of.settings(), of.storage(), of.where(), of.formed());
  }

  private static Optional<Refused> refused(Hello own, ErrorCode code, String text) {
    return Optional.of(new Refused(own.incarnation(), code.number(), text));
  }

  @Override
  public void onFailed(WeftException reason) {
    refusals.onRejected(reason);
  }
}
