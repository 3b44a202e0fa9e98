// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.WeftException;
import io.weft.spi.session.HandshakeMessage;
import java.util.Optional;

/**
 * What one side of a handshake says and answers. Called on the loop of the handshake.
 *
 * @param <H> the handshakes of the transport
 */
public interface HandshakeSide<H extends Handshake> {
  /** The first message, if this side sends it. */
  Optional<HandshakeMessage> opening();

  /** A message of the other side has arrived. */
  void onMessage(H handshake, HandshakeMessage message);

  /** The connection has ended, or must end, without a session; called at most once. */
  void onFailed(WeftException reason);
}
