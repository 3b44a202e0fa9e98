// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.api.WeftException;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.MembershipErrors;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/** The decoder of a file with a view record, given bytes of any kind. */
final class ViewFileDecoderTest extends DecoderContract<ClusterRegistry.Entry> {
  @Override
  protected List<byte[]> valid() {
    return List.of(
        ViewFiles.encode(7, new byte[] {1, 2, 3}).array(),
        ViewFiles.encode(7, new byte[0]).array());
  }

  @Override
  protected ClusterRegistry.Entry decode(byte[] bytes) {
    return ViewFiles.decode(Path.of("view"), 7, bytes);
  }

  @Override
  protected Optional<byte[]> encode(ClusterRegistry.Entry value) {
    return Optional.of(ViewFiles.encode(value.epoch(), value.record()).array());
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
