// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.session.Frame;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Sends and receives messages about membership on the transport. A message is the header; one that
 * is too long for a header, because it has the view record of a large cluster, is the payload.
 * Thread-safe.
 */
final class MembershipChannel {
  /** Says that the message is the payload. */
  private static final byte[] LONG = {MembershipCodec.LONG};

  private final Transport transport;
  private final MembershipCodec codec;

  MembershipChannel(Transport transport, MembershipCodec codec) {
    this.transport = transport;
    this.codec = codec;
  }

  /** Receives the messages of other nodes; on any thread. */
  interface Receiver {
    void onMessage(int from, MembershipMessage message);
  }

  /** Registers the receiver; once, before the transport starts. */
  void receive(Receiver receiver) {
    transport.register(
        ClusterMembership.SERVICE,
        (from, header, payload) -> receiver.onMessage(from, decode(header, payload)));
  }

  void send(int to, MembershipMessage message) {
    byte[] bytes = codec.encode(message);
    if (bytes.length <= Frame.MAX_HEADER_BYTES) {
      send(to, bytes, Payload.NONE);
    } else {
      send(to, LONG, payload(bytes));
    }
  }

  private void send(int to, byte[] header, Payload payload) {
    transport.send(to, ClusterMembership.SERVICE, Lane.CONTROL, Views.NO_EPOCH, header, payload);
  }

  private MembershipMessage decode(ByteBuffer header, MemorySegment payload) {
    boolean isLong = header.remaining() == 1 && header.get(header.position()) == LONG[0];
    return codec.decode(isLong ? payload.asByteBuffer() : header);
  }

  /** Native memory, as a transport needs it; the garbage collector frees it. */
  private static Payload payload(byte[] bytes) {
    MemorySegment memory = Arena.ofAuto().allocate(bytes.length);
    memory.copyFrom(MemorySegment.ofArray(bytes));
    return new Payload() {
      @Override
      public MemorySegment segment() {
        return memory;
      }

      @Override
      public void released() {}
    };
  }
}
