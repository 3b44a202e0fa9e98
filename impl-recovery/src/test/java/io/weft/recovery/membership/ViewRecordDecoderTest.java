// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.directory.Overrides;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;

/** The decoder of view records in a registry, given bytes of any kind. */
final class ViewRecordDecoderTest extends DecoderContract<ViewRecord> {
  static final ViewRecord RECORD =
      Records.of(
              7,
              1,
              List.of(
                  new ViewRecord.Entry(3, 1_700_000_000_003L, EntryState.OUT),
                  new ViewRecord.Entry(1, 1_700_000_000_001L, EntryState.MEMBER)))
          .with(Overrides.of(Map.of(65_535, 1, 7, 1, 8, 3)));

  private final ViewRecordCodec codec = codec("1");

  /** A codec of a node with this value of a setting. */
  static ViewRecordCodec codec(String value) {
    StorageIdentity storage = new StorageIdentity();
    storage.establish(new UUID(0x0102030405060708L, 9), "here", true);
    return new ViewRecordCodec(
        "world", new ClusterSettings(new TreeMap<>(Map.of("weft.a", value))), storage);
  }

  /** Changes the checksum at the end to that of the bytes from {@code from}. */
  static byte[] mend(byte[] bytes, int from) {
    int end = bytes.length - Integer.BYTES;
    if (end > from) {
      CRC32C crc = new CRC32C();
      crc.update(bytes, from, end - from);
      ByteBuffer.wrap(bytes).putInt(end, (int) crc.getValue());
    }
    return bytes;
  }

  @Override
  protected List<byte[]> valid() {
    return List.of(codec.encode(RECORD), codec.encodeShort(RECORD), codec("2").encode(RECORD));
  }

  @Override
  protected ViewRecord decode(byte[] bytes) {
    return codec.decode(bytes);
  }

  @Override
  protected Optional<byte[]> encode(ViewRecord record) {
    return Optional.of(codec.encode(record));
  }

  /** The settings are in the form of the registry, but not in that of a message. */
  @Override
  protected boolean isExact(ViewRecord record) {
    return false;
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && e.code().equals(MembershipErrors.BAD_REGISTRY);
  }

  @Override
  protected byte[] mend(byte[] bytes) {
    return mend(bytes, 0);
  }
}
