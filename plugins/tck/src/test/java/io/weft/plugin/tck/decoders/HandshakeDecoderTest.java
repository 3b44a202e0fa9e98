// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.decoders;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.transport.TransportErrors;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** The decoder of handshake messages, given bytes of any kind. */
final class HandshakeDecoderTest extends DecoderContract<Optional<HandshakeMessage>> {
  private static final HandshakeMessage.Hello HELLO =
      new HandshakeMessage.Hello(
          HandshakeMessage.VERSION,
          true,
          new ClusterSettings(new TreeMap<>(Map.of("weft.a", "1", "weft.b", "w\u00f6rld"))),
          new UUID(-5, 9),
          "/some/where",
          StorageIdentity.UNKNOWN,
          NodeId.MAX,
          0,
          1,
          2,
          3,
          4,
          Long.MAX_VALUE);

  @Override
  protected List<byte[]> valid() {
    return Stream.of(
            HELLO,
            HandshakeMessage.Hello.ofVersion(HandshakeMessage.VERSION + 1),
            new HandshakeMessage.Welcome(7, 8),
            new HandshakeMessage.Refused(7, TransportErrors.NOT_READY.number(), "not y\u00ebt"))
        .map(HandshakeMessage::encode)
        .toList();
  }

  /** Empty if more bytes have to come; what follows a message belongs to the next one. */
  @Override
  protected Optional<HandshakeMessage> decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    Optional<HandshakeMessage> message = HandshakeMessage.decode(in);
    if (message.isPresent() && in.hasRemaining()) {
      throw new WeftException(TransportErrors.NOT_WEFT, "too long");
    }
    if (message.isEmpty() && in.position() > 0) {
      throw new IllegalStateException("what is not complete has been read");
    }
    if (message.isPresent() && message.get() instanceof HandshakeMessage.Refused refused) {
      refused.toException();
    }
    return message;
  }

  @Override
  protected Optional<byte[]> encode(Optional<HandshakeMessage> message) {
    return message.map(HandshakeMessage::encode);
  }

  /** Of a foreign version only the version is known; a reason is text, be it of any version. */
  @Override
  protected boolean isExact(Optional<HandshakeMessage> message) {
    return switch (message.orElseThrow()) {
      case HandshakeMessage.Hello hello -> hello.version() == HandshakeMessage.VERSION;
      case HandshakeMessage.Welcome _ -> true;
      case HandshakeMessage.Refused _ -> false;
    };
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && e.code().equals(TransportErrors.NOT_WEFT);
  }

  @Override
  protected byte[] mend(byte[] bytes) {
    if (bytes.length >= HandshakeMessage.ENVELOPE_BYTES) {
      ByteBuffer out = ByteBuffer.wrap(bytes);
      int body = bytes.length - HandshakeMessage.ENVELOPE_BYTES;
      out.putInt(0, HandshakeMessage.MAGIC).putShort(6, (short) body);
      CRC32C crc = new CRC32C();
      crc.update(bytes, 0, HandshakeMessage.CHECKSUM_AT);
      crc.update(bytes, HandshakeMessage.ENVELOPE_BYTES, body);
      out.putInt(HandshakeMessage.CHECKSUM_AT, (int) crc.getValue());
    }
    return bytes;
  }
}
