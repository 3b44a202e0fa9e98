// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.plugin.tck.DecoderContract;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The decoder of a lock file, given bytes of any kind; empty is its refusal. */
final class LockHolderDecoderTest extends DecoderContract<Optional<LockHolder>> {
  @Override
  protected List<byte[]> valid() {
    return List.of(
        LockHolder.self(true, 7).encode().array(),
        new LockHolder(1, 0, "h\u00f6st//", false, 9).encode().array());
  }

  @Override
  protected Optional<LockHolder> decode(byte[] bytes) {
    return LockHolder.decode(ByteBuffer.wrap(bytes));
  }

  @Override
  protected Optional<byte[]> encode(Optional<LockHolder> value) {
    return value.map(holder -> holder.encode().array());
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return false;
  }

  /** The words may be written in several ways, and spaces follow them. */
  @Override
  protected boolean isExact(Optional<LockHolder> value) {
    return false;
  }
}
