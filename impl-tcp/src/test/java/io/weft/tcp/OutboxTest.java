// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.weft.api.CoreErrors;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is thrown while an outbox works stops the node, and the link goes on until it has. */
@Timeout(300)
final class OutboxTest {
  @Test
  void anErrorOfAPayloadStopsTheNodeAndWedgesNothing() throws Exception {
    List<Member> members = TestNode.members(2);
    BlockingQueue<Byte> received = new LinkedBlockingQueue<>();
    BlockingQueue<String> released = new LinkedBlockingQueue<>();
    try (TestNode a = new TestNode(TestNode.node(members, 0), TestNode.settings());
        TestNode b = new TestNode(TestNode.node(members, 1), TestNode.settings())) {
      a.handling((_, _, _) -> {});
      b.handling((_, header, _) -> received.add(header.get()));
      a.start();
      b.start();
      CountedPayload broken =
          CountedPayload.filled(
              64,
              (byte) 1,
              () -> {
                throw new OutOfMemoryError("planned");
              });
      a.send(1, Lane.RESPONSE, new byte[] {1}, broken);
      assertEquals((byte) 1, TestNode.next(received));
      a.send(
          1,
          Lane.RESPONSE,
          new byte[] {2},
          CountedPayload.filled(64, (byte) 2, () -> released.add("2")));
      assertEquals((byte) 2, TestNode.next(received));
      b.send(0, Lane.RESPONSE, new byte[] {3}, Payload.NONE); // brings the acknowledgement
      WeftException reason = TestNode.next(a.failures);
      assertEquals(CoreErrors.INVARIANT_BROKEN, reason.code());
      assertInstanceOf(OutOfMemoryError.class, reason.getCause());
      a.send(1, Lane.RESPONSE, new byte[] {4}, Payload.NONE);
      assertEquals((byte) 4, TestNode.next(received));
      assertEquals("2", TestNode.next(released));
    }
  }

  @Test
  @Tag("MH-3")
  void anErrorOfAHandlerStopsTheNode() throws Exception {
    List<Member> members = TestNode.members(2);
    try (TestNode a = new TestNode(TestNode.node(members, 0), TestNode.settings());
        TestNode b = new TestNode(TestNode.node(members, 1), TestNode.settings())) {
      a.handling((_, _, _) -> {});
      b.handling(
          (_, _, _) -> {
            throw new StackOverflowError("planned");
          });
      a.start();
      b.start();
      a.send(1, Lane.RESPONSE, new byte[] {1}, Payload.NONE);
      assertInstanceOf(StackOverflowError.class, TestNode.next(b.failures).getCause());
    }
  }
}
