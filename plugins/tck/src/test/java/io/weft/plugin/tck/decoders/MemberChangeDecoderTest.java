// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.decoders;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.membership.MemberChange;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The decoder of requests to change the members, given bytes of any kind. */
final class MemberChangeDecoderTest extends DecoderContract<MemberChange> {
  private static final Member MEMBER = new Member(new NodeId(5), "h\u00f6st", 7_101, 300);

  @Override
  protected List<byte[]> valid() {
    return Stream.of(
            MemberChange.add(MEMBER),
            MemberChange.remove(MEMBER.id()),
            MemberChange.change(MEMBER),
            MemberChange.change(new Member(MEMBER.id(), "before", 1), MEMBER))
        .map(MemberChange::encode)
        .toList();
  }

  @Override
  protected MemberChange decode(byte[] bytes) {
    return MemberChange.decode(bytes);
  }

  @Override
  protected Optional<byte[]> encode(MemberChange change) {
    return Optional.of(change.encode());
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof IllegalArgumentException;
  }
}
