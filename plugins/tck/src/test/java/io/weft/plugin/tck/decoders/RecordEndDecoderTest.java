// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.decoders;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.membership.AgreedMembers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The decoder of the list of members at the end of a record, given bytes of any kind. */
final class RecordEndDecoderTest extends DecoderContract<AgreedMembers> {
  @Override
  protected List<byte[]> valid() {
    byte[] list =
        AgreedMembers.first(List.of(new Member(new NodeId(3), "localhost", 7_101))).encode();
    return List.of(
        ByteBuffer.allocate(20 + list.length + 8)
            .put(20, list)
            .putInt(20 + list.length, list.length)
            .array());
  }

  @Override
  protected AgreedMembers decode(byte[] bytes) {
    return AgreedMembers.ofRecord(bytes);
  }

  /** Its encoder writes a whole record. */
  @Override
  protected Optional<byte[]> encode(AgreedMembers list) {
    return Optional.empty();
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof IllegalArgumentException;
  }
}
