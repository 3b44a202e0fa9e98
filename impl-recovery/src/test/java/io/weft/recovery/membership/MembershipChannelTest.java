// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.Frame;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages of clusters of every size arrive as they were sent. */
final class MembershipChannelTest {
  private final Wire wire = new Wire();
  private final MembershipChannel channel = channel();
  private final List<MembershipMessage> received = new ArrayList<>();

  private MembershipChannel channel() {
    StorageIdentity storage = new StorageIdentity();
    storage.establish(new UUID(1, 2), "here", true);
    ViewRecordCodec records = new ViewRecordCodec("world", ClusterSettings.NONE, storage);
    return new MembershipChannel(wire, new MembershipCodec(records));
  }

  private static MembershipMessage announcementOf(int nodes) {
    List<ViewRecord.Entry> entries =
        IntStream.range(0, nodes)
            .mapToObj(node -> new ViewRecord.Entry(node, 1_000L + node, EntryState.MEMBER))
            .toList();
    return new MembershipMessage.Announcement(9, Records.of(7, 0, entries));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 38, 39, 40, 41, 90, 200, NodeId.MAX + 1})
  void aMessageArrivesHoweverLongItsRecordIs(int nodes) {
    channel.receive((from, message) -> received.add(message));
    MembershipMessage message = announcementOf(nodes);
    channel.send(1, message);
    assertEquals(List.of(message), received);
    assertTrue(wire.headerBytes <= Frame.MAX_HEADER_BYTES, wire.headerBytes + " bytes");
    assertTrue(wire.payloadBytes <= Frame.MAX_PAYLOAD_BYTES, wire.payloadBytes + " bytes");
    assertEquals(nodes <= 39, wire.payloadBytes == 0, wire.headerBytes + " bytes of header");
  }

  @Test
  void aLongMessageWithoutItsPayloadIsRefused() {
    channel.receive((from, message) -> received.add(message));
    ByteBuffer header = ByteBuffer.wrap(new byte[] {MembershipCodec.LONG});
    assertThrows(WeftException.class, () -> wire.handler.onMessage(0, header, MemorySegment.NULL));
  }

  /** Hands each message over at once. */
  private static final class Wire implements Transport {
    private MessageHandler handler;
    private int headerBytes;
    private long payloadBytes;

    @Override
    public void register(int service, MessageHandler receiver) {
      handler = receiver;
    }

    @Override
    public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
      headerBytes = header.length;
      payloadBytes = payload.segment().byteSize();
      assertTrue(payloadBytes == 0 || payload.segment().isNative());
      handler.onMessage(0, ByteBuffer.wrap(header), payload.segment());
    }

    @Override
    public String name() {
      return "wire";
    }

    @Override
    public void start(PeerListener listener) {}

    @Override
    public void viewInstalled(Runnable quiet) {}

    @Override
    public void evict(int node, long incarnation) {}

    @Override
    public void contacts(List<Member> members) {}

    @Override
    public void close() {}
  }
}
