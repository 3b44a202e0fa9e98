// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.directory.Overrides;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The decoder of moved buckets, given bytes of any kind. */
final class OverridesDecoderTest extends DecoderContract<Overrides> {
  @Override
  protected List<byte[]> valid() {
    return Stream.of(
            Overrides.NONE,
            Overrides.of(Map.of(0, 1_023)),
            Overrides.of(Map.of(65_535, 1, 7, 1, 8, 3, 9, 1_000, 256, 3)))
        .map(OverridesCodec::encode)
        .toList();
  }

  @Override
  protected Overrides decode(byte[] bytes) {
    return OverridesCodec.decode(ByteBuffer.wrap(bytes));
  }

  @Override
  protected Optional<byte[]> encode(Overrides overrides) {
    return Optional.of(OverridesCodec.encode(overrides));
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof IllegalArgumentException;
  }
}
