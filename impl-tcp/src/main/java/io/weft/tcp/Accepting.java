// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.WeftException;
import io.weft.spi.peer.HandshakeSide;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.Refusals;
import io.weft.spi.session.CallerCheck;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.HandshakeMessage.Refused;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.tls.CertifiedNode;
import java.util.Optional;
import java.util.OptionalInt;

/** The handshake on the dialled side: checks that the caller is a known node of this cluster. */
final class Accepting implements HandshakeSide<HandshakeHandler> {
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
    boolean known = hello.version() == HandshakeMessage.VERSION; // otherwise its id is unknown
    Optional<Refused> impostor = known ? impostor(handshake, hello) : Optional.empty();
    Optional<Refused> refusal = impostor.isPresent() ? impostor : refusalOf(hello);
    if (refusal.isPresent()) {
      refusals.refuse(
          handshake,
          known ? OptionalInt.of(hello.from()) : OptionalInt.empty(),
          refusal.get(),
          false);
    } else {
      introductions.introduce(handshake, hello);
    }
  }

  /** The refusal of a caller whose certificate is for another node than its hello says. */
  private Optional<Refused> impostor(HandshakeHandler handshake, Hello hello) {
    Optional<CertifiedNode> proven = handshake.provenPeer();
    CertifiedNode said = CertifiedNode.of(local.node().clusterName(), hello.from());
    if (proven.isEmpty() || proven.get().equals(said)) {
      return Optional.empty();
    }
    return Optional.of(
        new Refused(
            local.node().incarnation(),
            TransportErrors.CERTIFICATE_DIFFERS.number(),
            "the certificate is for "
                + proven.get()
                + ", but the hello is of "
                + said
                + "; give each node a certificate of its own"));
  }

  private Optional<Refused> refusalOf(Hello hello) {
    Hello own = local.hello(hello.from(), false, 0, 0, 0, 0);
    return CallerCheck.refusalOf(hello, own, local.holdsView(), introductions.isPeer(hello.from()));
  }

  @Override
  public void onFailed(WeftException reason) {
    refusals.onRejected(reason);
  }
}
