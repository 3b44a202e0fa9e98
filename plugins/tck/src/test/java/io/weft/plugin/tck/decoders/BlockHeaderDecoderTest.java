// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.decoders;

import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** The verification of a block's header, given bytes of any kind. */
final class BlockHeaderDecoderTest extends DecoderContract<Long> {
  private static final int FILE = -3;
  private static final long NUMBER = 1L << 40;
  private static final int BYTES = 4 << 10;

  @Override
  protected List<byte[]> valid() {
    return Stream.of(1L, Long.MAX_VALUE)
        .map(version -> Arrays.copyOf(encode(version).orElseThrow(), BlockLayout.HEADER_BYTES))
        .toList();
  }

  /** A store reads whole blocks, so the length is right; zeros follow the given bytes. */
  @Override
  protected Long decode(byte[] bytes) {
    MemorySegment physical = MemorySegment.ofArray(Arrays.copyOf(bytes, BYTES));
    long version = BlockHeader.verify(physical, FILE, NUMBER);
    if (version >= 0) {
      return version;
    }
    BlockHeader.claimedVersion(physical, FILE, NUMBER);
    throw new IllegalArgumentException(BlockHeader.describe(version, physical));
  }

  @Override
  protected Optional<byte[]> encode(Long version) {
    if (version == 0) {
      return Optional.empty();
    }
    byte[] bytes = new byte[BYTES];
    BlockHeader.encode(MemorySegment.ofArray(bytes), FILE, NUMBER, version);
    return Optional.of(bytes);
  }

  /** Any content and the reserved bytes may be behind a header. */
  @Override
  protected boolean isExact(Long version) {
    return false;
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof IllegalArgumentException;
  }

  @Override
  protected byte[] mend(byte[] bytes) {
    byte[] whole = Arrays.copyOf(bytes, BYTES);
    CRC32C crc = new CRC32C();
    crc.update(whole, 8, BYTES - 8);
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(4, (int) crc.getValue());
    return whole;
  }
}
