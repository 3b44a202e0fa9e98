// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.ErrorCode;
import io.weft.api.MemberErrors;
import io.weft.api.WeftException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * What became of a request to change the members.
 *
 * @param code 0 if it was carried out, else the number of the code that says why not
 * @param text the reason, for an operator; empty if it was carried out
 */
public record MemberAnswer(int code, String text) {
  /** It was carried out. */
  public static final MemberAnswer DONE = new MemberAnswer(0, "");

  private static final int MAX_TEXT_BYTES = 1000;

  /** Bits of a byte that continues a character in UTF-8. */
  private static final int CONTINUES = 0x80;

  private static final int CONTINUES_MASK = 0xC0;

  /** It was refused for that reason. */
  public static MemberAnswer refused(WeftException reason) {
    return refused(reason.code(), reason.getMessage());
  }

  /** It was refused with that code. */
  public static MemberAnswer refused(ErrorCode code, String text) {
    return new MemberAnswer(code.number(), text);
  }

  /** Whether it was carried out. */
  public boolean isDone() {
    return code == 0;
  }

  /** The refusal as an exception; an unknown code counts as {@link MemberErrors#BAD_REQUEST}. */
  public WeftException toException() {
    return new WeftException(MemberErrors.of(code).orElse(MemberErrors.BAD_REQUEST), text);
  }

  /** Encodes the answer: u16 code, then the text in UTF-8, at most 1,000 bytes. Big-endian. */
  public byte[] encode() {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(utf8.length, MAX_TEXT_BYTES);
    while (length < utf8.length && (utf8[length] & CONTINUES_MASK) == CONTINUES) {
      length--; // a character is left out as a whole
    }
    return ByteBuffer.allocate(Short.BYTES + length)
        .putShort((short) code)
        .put(utf8, 0, length)
        .array();
  }

  /**
   * Decodes the output of {@link #encode}.
   *
   * @throws IllegalArgumentException if the bytes are no encoded answer
   */
  public static MemberAnswer decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      int code = Short.toUnsignedInt(in.getShort());
      if (in.remaining() > MAX_TEXT_BYTES) {
        throw new IllegalArgumentException("an answer with a text of " + in.remaining() + " bytes");
      }
      return new MemberAnswer(code, StandardCharsets.UTF_8.newDecoder().decode(in).toString());
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("an answer that is cut short", e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("an answer with a text that is no UTF-8", e);
    }
  }
}
