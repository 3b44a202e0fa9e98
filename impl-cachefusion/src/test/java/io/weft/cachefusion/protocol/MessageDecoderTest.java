// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.plugin.tck.DecoderContract;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The decoder of messages about blocks, given bytes of any kind. */
final class MessageDecoderTest extends DecoderContract<MessageDecoderTest.Sent> {
  private static final long EPOCH = 0xFEDC_BA98L;

  /** A message and its epoch; one of the two kinds is there. */
  record Sent(long epoch, CacheFusionMessage message, RecoveryMessage ofViewChange) {}

  @Override
  protected List<byte[]> valid() {
    return Stream.concat(
            MessageCodecTest.MESSAGES.stream().map(m -> MessageCodec.encode(EPOCH, m)),
            MessageCodecTest.recoveryMessages().stream().map(m -> MessageCodec.encode(EPOCH, m)))
        .toList();
  }

  /** A report of more blocks than fit into a message was once accepted. */
  @Test
  void aReportOfTooManyBlocksIsABadMessage() {
    byte[] full = valid().stream().filter(form -> form[0] == 33).findFirst().orElseThrow();
    int held = 4 + 8 + 1 + 8 + 8; // a block, its right and two versions
    byte[] more = Arrays.copyOf(full, full.length + held);
    System.arraycopy(full, full.length - held, more, full.length, held);
    WeftException e = assertThrows(WeftException.class, () -> decode(more));
    assertEquals(CacheFusionErrors.BAD_MESSAGE, e.code());
  }

  @Override
  protected Sent decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    long epoch = MessageCodec.epoch(in);
    return MessageCodec.isRecovery(in)
        ? new Sent(epoch, null, MessageCodec.decodeRecovery(in))
        : new Sent(epoch, MessageCodec.decode(in), null);
  }

  @Override
  protected Optional<byte[]> encode(Sent sent) {
    return Optional.of(
        sent.message == null
            ? MessageCodec.encode(sent.epoch, sent.ofViewChange)
            : MessageCodec.encode(sent.epoch, sent.message));
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && e.code().equals(CacheFusionErrors.BAD_MESSAGE);
  }
}
