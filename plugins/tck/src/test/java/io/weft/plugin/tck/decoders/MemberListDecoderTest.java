// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.decoders;

import io.weft.api.Member;
import io.weft.api.MemberList;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.membership.AgreedMembers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The decoder of the agreed list of members, given bytes of any kind. */
final class MemberListDecoderTest extends DecoderContract<AgreedMembers> {
  private static final Member ONE = new Member(new NodeId(0), "h\u00f6st", 7_101);
  private static final Member OTHER = new Member(new NodeId(NodeId.MAX), "localhost", 65_535, 1);

  @Override
  protected List<byte[]> valid() {
    return List.of(
        AgreedMembers.first(List.of(ONE)).encode(),
        new AgreedMembers(new MemberList(7, List.of(ONE, OTHER), NodeSet.of(1, 64, 900)), 12)
            .encode());
  }

  @Override
  protected AgreedMembers decode(byte[] bytes) {
    AgreedMembers list = AgreedMembers.decode(ByteBuffer.wrap(bytes));
    byte[] record = ByteBuffer.allocate(bytes.length + 8).put(bytes).putInt(bytes.length).array();
    if (!list.equals(AgreedMembers.ofRecord(record))) {
      throw new IllegalStateException("another list in a record");
    }
    return list;
  }

  @Override
  protected Optional<byte[]> encode(AgreedMembers list) {
    return Optional.of(list.encode());
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof IllegalArgumentException;
  }
}
