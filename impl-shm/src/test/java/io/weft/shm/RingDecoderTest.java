// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.WeftException;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.session.Frame;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.transport.TransportErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The reader of a ring, given bytes of any kind in the ring. */
final class RingDecoderTest extends DecoderContract<Integer> {
  private static final Set<String> REFUSALS =
      Set.of(
          TransportErrors.CORRUPT_FRAME.name(),
          TransportErrors.FRAME_TOO_LARGE.name(),
          TransportErrors.NOT_WEFT.name());

  private final Ring.Direction direction =
      new Ring.Direction(
          Arena.ofAuto().allocate(Ring.CONTROL_BYTES, 64),
          Arena.ofAuto().allocate(Ring.MIN_BYTES, 64));

  private int write(RingWriter writer, byte[] body, int kind) {
    int at = writer.claim(body.length);
    writer.bytes().put(at, body);
    writer.publish(kind);
    return at + Ring.recordBytes(body.length);
  }

  /** A handshake message in three fragments, then a whole one. */
  @Override
  protected List<byte[]> valid() {
    clear();
    RingWriter writer = new RingWriter(direction);
    byte[] welcome = HandshakeMessage.encode(new HandshakeMessage.Welcome(7, 8));
    write(writer, Arrays.copyOf(welcome, 9), Ring.HANDSHAKE | Ring.FIRST);
    write(writer, Arrays.copyOfRange(welcome, 9, 20), Ring.HANDSHAKE);
    write(writer, Arrays.copyOfRange(welcome, 20, welcome.length), Ring.HANDSHAKE | Ring.LAST);
    int end = write(writer, welcome, Ring.HANDSHAKE | Ring.WHOLE);
    byte[] bytes = new byte[end];
    MemorySegment.ofArray(bytes).copyFrom(direction.data().asSlice(0, end));
    return List.of(bytes);
  }

  private void clear() {
    direction.control().fill((byte) 0);
    direction.data().fill((byte) 0);
  }

  /** Reads all messages, and returns their number. */
  @Override
  protected Integer decode(byte[] bytes) {
    clear();
    int length = Math.min(bytes.length, Ring.MIN_BYTES);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, direction.data(), 0, length);
    MessageReader reader = new MessageReader(new RingReader(direction));
    int messages = 0;
    while (reader.next()) {
      messages++;
      if (!reader.isFrame()) {
        ByteBuffer in = reader.bytes().duplicate();
        in.clear().position(reader.at()).limit(reader.at() + reader.length());
        HandshakeMessage.decode(in);
      } else if (reader.length() >= Frame.PREFIX_BYTES
          && Frame.isLengthLegal(reader.bytes(), reader.at())) {
        Frame.length(reader.bytes(), reader.at());
      }
      reader.done();
    }
    return messages;
  }

  @Override
  protected int runs() {
    return 3_000;
  }

  @Override
  protected Optional<byte[]> encode(Integer messages) {
    return Optional.empty();
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && REFUSALS.contains(e.code().name());
  }
}
