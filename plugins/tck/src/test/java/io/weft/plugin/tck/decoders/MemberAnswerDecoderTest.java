// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.decoders;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.MemberErrors;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.membership.MemberAnswer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The decoder of answers to requests to change the members, given bytes of any kind. */
final class MemberAnswerDecoderTest extends DecoderContract<MemberAnswer> {
  @Override
  protected List<byte[]> valid() {
    return List.of(
        MemberAnswer.DONE.encode(),
        MemberAnswer.refused(MemberErrors.MEMBER_EXISTS, "it is l\u00e4ngst there").encode(),
        MemberAnswer.refused(MemberErrors.LAST_MEMBER, "x".repeat(2_000)).encode());
  }

  @Override
  protected MemberAnswer decode(byte[] bytes) {
    return MemberAnswer.decode(bytes);
  }

  @Override
  protected Optional<byte[]> encode(MemberAnswer answer) {
    return Optional.of(answer.encode());
  }

  @Test
  void aLongTextIsCutBetweenCharacters() {
    String text = "x" + "\u20ac".repeat(400);
    MemberAnswer cut =
        MemberAnswer.decode(MemberAnswer.refused(MemberErrors.LAST_MEMBER, text).encode());
    assertEquals(text.substring(0, 334), cut.text(), "1,000 bytes, and 3 for each character");
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof IllegalArgumentException;
  }
}
