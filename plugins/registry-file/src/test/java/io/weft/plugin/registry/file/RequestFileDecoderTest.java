// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.plugin.tck.DecoderContract;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/** The decoder of a file with a request, given bytes of any kind; empty is its refusal. */
final class RequestFileDecoderTest extends DecoderContract<Optional<byte[]>> {
  @Override
  protected List<byte[]> valid() {
    return List.of(
        RequestFiles.encode(7, new byte[] {1, 2, 3}).array(),
        RequestFiles.encode(7, new byte[0]).array());
  }

  @Override
  protected Optional<byte[]> decode(byte[] bytes) {
    return RequestFiles.decode(7, bytes);
  }

  @Override
  protected Optional<byte[]> encode(Optional<byte[]> value) {
    return value.map(content -> RequestFiles.encode(7, content).array());
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return false;
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
