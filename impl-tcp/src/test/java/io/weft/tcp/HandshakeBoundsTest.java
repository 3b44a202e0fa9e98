// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.HandshakeMessage.Refused;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What does not fit the field that it is for is refused by name where it is written. */
class HandshakeBoundsTest {
  private final ByteBuf out = Unpooled.buffer();

  private void refuses(String field, HandshakeMessage message) {
    WeftException e = assertThrows(WeftException.class, () -> HandshakeBytes.encode(message, out));
    assertTrue(e.getMessage().contains("the " + field + " of a handshake"), e::getMessage);
  }

  @Test
  void theCodeOfARefusalHas16Bits() {
    refuses("code", new Refused(1, 65_536, "why"));
  }

  /** It is for people: the end may go, but no character is cut in two. */
  @Test
  void theTextOfARefusalLosesItsEndIfItIsTooLong() {
    HandshakeBytes.encode(new Refused(1, 3001, "\u00e4\ud83e\uddf5".repeat(1_000)), out);
    Refused read = (Refused) HandshakeBytes.decode(out).orElseThrow();
    int bytes = read.text().getBytes(StandardCharsets.UTF_8).length;
    assertTrue(bytes <= HandshakeMessage.MAX_TEXT_BYTES, () -> bytes + " bytes");
    assertTrue(bytes > HandshakeMessage.MAX_TEXT_BYTES - 6, () -> bytes + " bytes");
    assertEquals(-1, read.text().indexOf('\ufffd'));
  }

  private static HandshakeMessage.Hello hello(int version, int from, int to) {
    return new HandshakeMessage.Hello(
        version, false, ClusterSettings.NONE, StorageIdentity.NONE, "", 0, from, to, 1, 0, 0, 0, 0);
  }

  @Test
  void nodeIdsAndVersionsFitTheirFields() {
    refuses("sender", hello(HandshakeMessage.VERSION, NodeId.MAX + 1, 1));
    refuses("receiver", hello(HandshakeMessage.VERSION, 0, -1));
    refuses("version", hello(65_536, 0, 1));
  }

  @Test
  void theLargestNodeIdsComeBack() {
    HandshakeMessage.Hello hello = hello(HandshakeMessage.VERSION, NodeId.MAX, NodeId.MAX - 1);
    HandshakeBytes.encode(hello, out);
    assertEquals(hello, HandshakeBytes.decode(out).orElseThrow());
  }
}
