// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.plugin.tck.DecoderContract;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The decoder of messages about locks, given bytes of any kind. */
final class LockDecoderTest extends DecoderContract<LockCodec.Sent> {
  @Override
  protected List<byte[]> valid() {
    return LockCodecTest.MESSAGES.stream()
        .map(message -> LockCodec.encode(0xFFFF_FFFFL, 42, message))
        .toList();
  }

  /** A count of 91 locks and 47 leases in 40 bytes, which the decoder once made room for. */
  @Test
  void aCountIsNotBelieved() {
    check(
        HexFormat.of()
            .parseHex(
                "0bffffffff000000000000002a0016000000002f000000005b02016101020000210000000014"));
  }

  /** Negative numbers of blocks were once no bad message, and stopped the node by another error. */
  @Test
  void aNegativeBlockIsABadMessage() {
    LockMessage.Waits waits =
        new LockMessage.Waits(
            1,
            1,
            List.of(),
            List.of(
                new LockMessage.LeaseWait(
                    3,
                    4,
                    Optional.of(new HeldLease(new BlockId(1, 2), Access.SHARED)),
                    List.of())));
    byte[] bytes = LockCodec.encode(1, 1, waits);
    bytes[bytes.length - 10] = -1; // the first byte of the number, before the access and a count
    WeftException e = assertThrows(WeftException.class, () -> decode(bytes));
    assertEquals(CacheFusionErrors.BAD_MESSAGE, e.code());
    assertTrue(e.getMessage().contains("is negative"), e::getMessage);
  }

  @Override
  protected LockCodec.Sent decode(byte[] bytes) {
    return LockCodec.decode(ByteBuffer.wrap(bytes));
  }

  @Override
  protected Optional<byte[]> encode(LockCodec.Sent sent) {
    return Optional.of(LockCodec.encode(sent.epoch(), sent.clock(), sent.message()));
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && e.code().equals(CacheFusionErrors.BAD_MESSAGE);
  }
}
