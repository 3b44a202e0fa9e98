// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

import io.weft.api.MoveReason;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.cachefusion.protocol.AccessTable.Usage;
import io.weft.plugin.tck.DecoderContract;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The decoder of messages about masters, given bytes of any kind. */
final class MasteryDecoderTest extends DecoderContract<MasteryCodec.Sent> {
  private static final Usage USAGE =
      new Usage(65_535, 7, 9, 0, new int[] {1_023, 0, 3}, new int[] {1, 2, 3});

  @Override
  protected List<byte[]> valid() {
    return Stream.concat(
            MasteryCodecTest.PLAIN.stream(),
            Stream.of(
                new MasteryMessage.Note(MoveReason.LOAD_BALANCE, USAGE),
                new MasteryMessage.Pins(new long[] {1, -1, 0}),
                new MasteryMessage.Described(
                    9, USAGE, 3, 7, 2, Optional.of(MoveReason.MANUAL), 1L << 40),
                new MasteryMessage.Described(9, USAGE, 3, 7, 2, Optional.empty(), 0)))
        .map(message -> MasteryCodec.encode(0xFFFF_FFF0L, message))
        .toList();
  }

  @Override
  protected MasteryCodec.Sent decode(byte[] bytes) {
    return MasteryCodec.decode(ByteBuffer.wrap(bytes));
  }

  @Override
  protected Optional<byte[]> encode(MasteryCodec.Sent sent) {
    return Optional.of(MasteryCodec.encode(sent.epoch(), sent.message()));
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && e.code().equals(CacheFusionErrors.BAD_MESSAGE);
  }
}
