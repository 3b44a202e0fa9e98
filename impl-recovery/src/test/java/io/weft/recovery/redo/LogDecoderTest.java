// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.api.WeftException;
import io.weft.plugin.tck.DecoderContract;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The scanner of a log and its cursor over the records, given bytes of any kind in the place of the
 * records of the first segment; each change is applied to a block.
 */
final class LogDecoderTest extends DecoderContract<LogScan> {
  private static final int HEADER = LogFormat.SEGMENT_HEADER_BYTES;

  private final LogChecksum checksum = new LogChecksum(Logs.LOG);
  private final MemorySegment content = MemorySegment.ofArray(new byte[Blocks.CONTENT_BYTES]);
  private final byte[] plain = segment(ImageCompression.NONE);

  private static byte[] segment(ImageCompression compression) {
    MemoryLogDevice device = new MemoryLogDevice();
    RedoLogCore log =
        new Logs().open(device, Logs.LOG, LogShape.of(Logs.SMALL, Logs.SMALL, compression));
    Blocks blocks = new Blocks();
    blocks.edit(1).write(5, 8, 40).write(6, 0, 24).to(log);
    blocks.edit(2).write(5, 8, 8).write(5, 90, 16).write(7, 30, 9).to(log);
    log.flush();
    blocks.edit(3).write(6, 64, 16).to(log);
    log.flush();
    device.settle();
    return device.bytes(Logs.LOG, 0).clone();
  }

  private static byte[] records(byte[] segment) {
    int end = segment.length;
    while (segment[end - 1] == 0) {
      end--;
    }
    return Arrays.copyOfRange(segment, HEADER, HEADER + LogFormat.aligned(end - HEADER));
  }

  @Override
  protected List<byte[]> valid() {
    return List.of(records(plain), records(segment(ImageCompression.LZ4)));
  }

  @Override
  protected LogScan decode(byte[] bytes) {
    byte[] segment = Arrays.copyOf(plain, HEADER);
    segment = Arrays.copyOf(segment, Logs.SMALL);
    System.arraycopy(bytes, 0, segment, HEADER, Math.min(bytes.length, segment.length - HEADER));
    MemoryLogDevice device = new MemoryLogDevice();
    device.put(Logs.LOG, 0, segment);
    return LogScanner.scan(device, Logs.LOG, this::apply);
  }

  private void apply(LoggedRecord record) {
    record.kind();
    while (record.isChange() && record.nextBlock()) {
      record.previousVersion();
      record.applyTo(content);
    }
  }

  /** A log is encoded in another way than from the result of a scan. */
  @Override
  protected Optional<byte[]> encode(LogScan scan) {
    return Optional.empty();
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e
        && (e.code().equals(RedoErrors.CORRUPT_LOG)
            || e.code().equals(RedoErrors.UNKNOWN_LOG_FORMAT));
  }

  @Override
  protected int runs() {
    return 2_000;
  }

  /** The segment, the window and the places that the scanner looks at. */
  @Override
  protected long mostBytes(int length) {
    return super.mostBytes(length) + 8L * Logs.SMALL;
  }

  /** Makes each record valid that has a possible length. */
  @Override
  protected byte[] mend(byte[] bytes) {
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (at + LogFormat.BARE_BYTES <= bytes.length) {
      int length = out.getInt(at + LogFormat.LENGTH_AT) & -LogFormat.ALIGNMENT;
      if (length < LogFormat.BARE_BYTES || length > bytes.length - at) {
        return bytes;
      }
      int lsn = HEADER + at;
      out.putInt(at + LogFormat.LENGTH_AT, length).putInt(at + LogFormat.LOW_LSN_AT, lsn);
      out.putInt(at, checksum.of(out.duplicate(), at + LogFormat.LENGTH_AT, at + length, lsn));
      at += length;
    }
    return bytes;
  }
}
