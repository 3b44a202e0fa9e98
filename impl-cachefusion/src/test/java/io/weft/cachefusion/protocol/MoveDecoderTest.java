// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.cachefusion.protocol.DirectoryEntry.Queued;
import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.directory.Buckets;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The decoder of messages about moved buckets, given bytes of any kind. */
final class MoveDecoderTest extends DecoderContract<MoveDecoderTest.Sent> {
  private static final int BUCKET = Buckets.of(3, 70);
  private static final MovedEntry ENTRY =
      new MovedEntry(
          new BlockId(3, 70),
          DirectoryEntry.NO_NODE,
          NodeSet.of(0, 63, 64, 1_023),
          List.of(new Queued(1_023, Access.EXCLUSIVE, 12), new Queued(0, Access.SHARED, 0)));

  /** A message and its epoch. */
  record Sent(long epoch, MoveMessage message) {}

  @Override
  protected List<byte[]> valid() {
    return Stream.of(
            new MoveMessage.NewMaster(BUCKET, 7),
            new MoveMessage.Transfer(BUCKET, 1, 1, List.of()),
            new MoveMessage.Transfer(BUCKET, 2, 9, List.of(ENTRY, ENTRY)))
        .map(message -> MoveCodec.encode(0xFFFF_FFFFL, message))
        .toList();
  }

  @Override
  protected Sent decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (!MoveCodec.isMove(in)) {
      throw new WeftException(CacheFusionErrors.BAD_MESSAGE, "it is for another decoder");
    }
    return new Sent(MessageCodec.epoch(in), MoveCodec.decode(in));
  }

  @Override
  protected Optional<byte[]> encode(Sent sent) {
    return Optional.of(MoveCodec.encode(sent.epoch, sent.message));
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof WeftException e && e.code().equals(CacheFusionErrors.BAD_MESSAGE);
  }
}
