// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.membership.MembershipErrors;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The decoder of messages about membership, given bytes of any kind. */
final class MembershipDecoderTest extends DecoderContract<MembershipMessage> {
  /** Bytes of an announcement before its record. */
  private static final int BEFORE_RECORD = 9;

  private final MembershipCodec codec = new MembershipCodec(ViewRecordDecoderTest.codec("1"));

  @Override
  protected List<byte[]> valid() {
    return Stream.of(
            new MembershipMessage.Status(
                1,
                2,
                3,
                4,
                MembershipPhase.values()[1],
                true,
                new MembershipMessage.Progress(5, 6, 7, 8, 9),
                NodeSet.of(0, 63, 64, 1_023)),
            new MembershipMessage.VoteRequest(1, 2, ViewRecordDecoderTest.RECORD),
            new MembershipMessage.Vote(1, 2, 3, true),
            new MembershipMessage.Announcement(1, ViewRecordDecoderTest.RECORD))
        .map(codec::encode)
        .toList();
  }

  @Override
  protected MembershipMessage decode(byte[] bytes) {
    return codec.decode(ByteBuffer.wrap(bytes));
  }

  @Override
  protected Optional<byte[]> encode(MembershipMessage message) {
    return Optional.of(codec.encode(message));
  }

  /** A record may come with settings, which are left out of messages. */
  @Override
  protected boolean isExact(MembershipMessage message) {
    return message instanceof MembershipMessage.Status || message instanceof MembershipMessage.Vote;
  }

  /** A message with a record has the errors of the record, too. */
  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e
        && (e.code().equals(MembershipErrors.BAD_MESSAGE)
            || e.code().equals(MembershipErrors.BAD_REGISTRY));
  }

  @Override
  protected byte[] mend(byte[] bytes) {
    boolean isRequest = bytes.length > 0 && bytes[0] == 2;
    boolean isAnnouncement = bytes.length > 0 && bytes[0] == 4;
    return isRequest
        ? ViewRecordDecoderTest.mend(bytes, BEFORE_RECORD + Integer.BYTES)
        : isAnnouncement ? ViewRecordDecoderTest.mend(bytes, BEFORE_RECORD) : bytes;
  }
}
