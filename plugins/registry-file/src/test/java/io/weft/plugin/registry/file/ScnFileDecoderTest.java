// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.api.WeftException;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.membership.MembershipErrors;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/** The decoder of a file with reserved numbers, given bytes of any kind. */
final class ScnFileDecoderTest extends DecoderContract<Long> {
  @Override
  protected List<byte[]> valid() {
    return List.of(ScnFiles.encode(7).array(), ScnFiles.encode(Long.MAX_VALUE).array());
  }

  @Override
  protected Long decode(byte[] bytes) {
    return ScnFiles.decode(Path.of("scn"), bytes);
  }

  @Override
  protected Optional<byte[]> encode(Long value) {
    return Optional.of(ScnFiles.encode(value).array());
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && e.code().equals(MembershipErrors.BAD_REGISTRY);
  }

  @Override
  protected byte[] mend(byte[] bytes) {
    int end = bytes.length - Integer.BYTES;
    if (end > 0) {
      CRC32C crc = new CRC32C();
      crc.update(bytes, 0, end);
      ByteBuffer.wrap(bytes).putInt(end, (int) crc.getValue());
    }
    return bytes;
  }
}
