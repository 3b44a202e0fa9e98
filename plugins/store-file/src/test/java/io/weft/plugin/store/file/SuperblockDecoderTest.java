// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.WeftException;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.StoreErrors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/** The decoder of the description of a storage, given bytes of any kind. */
final class SuperblockDecoderTest extends DecoderContract<Superblock> {
  @Override
  protected List<byte[]> valid() {
    return List.of(
        new Superblock("w\u00f6rld", new BlockLayout(8 << 10), new UUID(-1, 5)).encode().array());
  }

  @Override
  protected Superblock decode(byte[] bytes) {
    return Superblock.decode(Path.of("superblock"), bytes);
  }

  @Override
  protected Optional<byte[]> encode(Superblock superblock) {
    return Optional.of(superblock.encode().array());
  }

  /** What is behind the name is not looked at. */
  @Override
  protected boolean isExact(Superblock superblock) {
    return false;
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && e.code().equals(StoreErrors.UNKNOWN_FORMAT);
  }

  @Override
  protected byte[] mend(byte[] bytes) {
    if (bytes.length > 8) {
      CRC32C crc = new CRC32C();
      crc.update(bytes, 8, bytes.length - 8);
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(4, (int) crc.getValue());
    }
    return bytes;
  }
}
