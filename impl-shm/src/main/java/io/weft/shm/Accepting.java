// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.WeftException;
import io.weft.spi.session.Admission;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.HandshakeMessage.Refused;
import io.weft.spi.transport.TransportErrors;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The handshake on the called side: checks that the caller is a configured node of this cluster.
 */
final class Accepting implements Handshake.Side {
  private final LocalNode local;
  private final Calls calls;

  Accepting(LocalNode local, Calls calls) {
    this.local = local;
    this.calls = calls;
  }

  @Override
  public Optional<HandshakeMessage> opening() {
    return Optional.empty();
  }

  @Override
  public void onMessage(Handshake handshake, HandshakeMessage message) {
    if (!(message instanceof Hello hello)) {
      throw new WeftException(TransportErrors.NOT_WEFT, "the caller did not begin with a hello");
    }
    Hello own = local.hello(hello.from(), false, 0, 0, 0, 0);
    Optional<Refused> refusal =
        Admission.refusalOf(hello, own, local.holdsView(), calls.isPeer(hello.from()));
    if (refusal.isPresent()) {
      boolean known = hello.version() == HandshakeMessage.VERSION; // otherwise its id is unknown
      calls.refuse(
          handshake,
          known ? OptionalInt.of(hello.from()) : OptionalInt.empty(),
          refusal.get(),
          false);
    } else {
      calls.introduce(handshake, hello);
    }
  }

  @Override
  public void onFailed(WeftException reason) {
    calls.onRejected(reason);
  }
}
