// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.plugin.tck.DecoderContract;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The decoder of messages about locks, given bytes of any kind. */
final class LockDecoderTest extends DecoderContract<LockCodec.Sent> {
  @Override
  protected List<byte[]> valid() {
    return LockCodecTest.MESSAGES.stream()
        .map(message -> LockCodec.encode(0xFFFF_FFFFL, 42, message))
        .toList();
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
