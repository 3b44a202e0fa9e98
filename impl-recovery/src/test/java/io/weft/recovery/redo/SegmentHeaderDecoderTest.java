// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.api.WeftException;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/** The decoder of the header of a segment, given bytes of any kind. */
final class SegmentHeaderDecoderTest extends DecoderContract<Optional<SegmentHeader>> {
  /** Bytes of the header that are not always zero. */
  private static final int USED_BYTES = 80;

  private static final long SEGMENT = 3;

  private static byte[] page(SegmentHeader header) {
    byte[] page = new byte[LogFormat.PAGE_BYTES];
    header.encode(MemorySegment.ofArray(page));
    return page;
  }

  @Override
  protected List<byte[]> valid() {
    return List.of(
        Arrays.copyOf(
            page(new SegmentHeader(Logs.LOG, 99, SEGMENT, 1 << 20, 1 << 18, 1, 1 << 17)),
            USED_BYTES));
  }

  /** Empty if it is no header; the page behind the given bytes is zero. */
  @Override
  protected Optional<SegmentHeader> decode(byte[] bytes) {
    byte[] page = Arrays.copyOf(bytes, LogFormat.PAGE_BYTES);
    return SegmentHeader.decode(MemorySegment.ofArray(page), Logs.LOG, SEGMENT);
  }

  @Override
  protected Optional<byte[]> encode(Optional<SegmentHeader> header) {
    return header.map(SegmentHeaderDecoderTest::page);
  }

  /** The rest of the page is not looked at. */
  @Override
  protected boolean isExact(Optional<SegmentHeader> header) {
    return false;
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && e.code().equals(RedoErrors.UNKNOWN_LOG_FORMAT);
  }

  @Override
  protected byte[] mend(byte[] bytes) {
    byte[] page = Arrays.copyOf(bytes, LogFormat.PAGE_BYTES);
    CRC32C crc = new CRC32C();
    crc.update(page, 8, page.length - 8);
    ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN).putInt(4, (int) crc.getValue());
    return page;
  }
}
