// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.WeftException;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.TransportErrors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class OutboundSessionTest {
  private final OutboundSession session = new OutboundSession();

  private static OutboundMessage message(int service, Lane lane, Payload payload) {
    return OutboundMessage.of(service, lane, 1, new byte[4], payload);
  }

  private List<Integer> takeAll() {
    List<Integer> services = new ArrayList<>();
    while (session.hasNext()) {
      services.add(session.next().service());
    }
    return services;
  }

  @Test
  @Tag("TR-4")
  void higherLanesLeaveFirst() {
    session.offer(message(1, Lane.REQUEST, Payload.NONE));
    session.offer(message(2, Lane.CONTROL, Payload.NONE));
    session.offer(message(3, Lane.FORWARD, Payload.NONE));
    session.offer(message(4, Lane.RESPONSE, Payload.NONE));
    session.offer(message(5, Lane.CONTROL, Payload.NONE));
    assertEquals(List.of(2, 5, 4, 3, 1), takeAll());
  }

  @Test
  void goodbyeLeavesAfterEverythingElse() {
    session.offer(message(1, Lane.REQUEST, Payload.NONE));
    session.offer(OutboundMessage.goodbye(1));
    session.offer(message(3, Lane.FORWARD, Payload.NONE));
    assertEquals(List.of(3, 1, 0), takeAll());
  }

  @Test
  void numbersMessagesWhenTheyLeave() {
    session.offer(message(1, Lane.REQUEST, Payload.NONE));
    session.offer(message(2, Lane.CONTROL, Payload.NONE));
    assertEquals(1, session.next().sequence());
    assertEquals(2, session.next().sequence());
    assertEquals(2, session.lastSequence());
  }

  @Test
  void acknowledgementReleasesWhatItCovers() {
    CountedPayload first = new CountedPayload(8);
    CountedPayload second = new CountedPayload(8);
    session.offer(message(1, Lane.RESPONSE, first));
    session.offer(message(2, Lane.RESPONSE, second));
    takeAll();
    session.acknowledge(1);
    session.acknowledge(1);
    session.acknowledge(0);
    assertEquals(1, first.releases);
    assertEquals(0, second.releases);
    assertEquals(1, session.retained());
  }

  @Test
  void sendsAgainWhatThePeerHasNotReceived() {
    for (int i = 1; i <= 4; i++) {
      session.offer(message(i, Lane.RESPONSE, Payload.NONE));
    }
    session.next();
    session.next();
    session.next();
    assertEquals(2, session.resumeFrom(1));
    assertEquals(List.of(2, 3, 4), takeAll());
    assertEquals(0, session.resumeFrom(4));
    assertFalse(session.hasNext());
  }

  @Test
  void keepsNumbersWhenSendingAgain() {
    session.offer(message(1, Lane.REQUEST, Payload.NONE));
    session.next();
    session.offer(message(2, Lane.CONTROL, Payload.NONE));
    session.resumeFrom(0);
    OutboundMessage again = session.next();
    assertEquals(1, again.service());
    assertEquals(1, again.sequence());
    assertEquals(2, session.next().sequence());
  }

  @Test
  void payloadsGivenBackByAResumptionMaySendAtOnce() {
    List<Integer> taken = new ArrayList<>();
    Payload sending =
        new Payload() {
          @Override
          public MemorySegment segment() {
            return MemorySegment.NULL;
          }

          @Override
          public void released() {
            session.offer(message(9, Lane.CONTROL, Payload.NONE));
            taken.addAll(takeAll());
          }
        };
    session.offer(message(1, Lane.RESPONSE, sending));
    session.offer(message(2, Lane.RESPONSE, Payload.NONE));
    takeAll();
    assertEquals(1, session.resumeFrom(1));
    taken.addAll(takeAll());
    assertEquals(List.of(2, 9), taken);
    assertEquals(3, session.lastSequence());
  }

  @Test
  void refusesImpossibleAcknowledgements() {
    session.offer(message(1, Lane.REQUEST, Payload.NONE));
    assertBroken(() -> session.acknowledge(1));
    session.next();
    assertBroken(() -> session.resumeFrom(2));
    session.acknowledge(1);
    assertBroken(() -> session.resumeFrom(0));
  }

  private static void assertBroken(Runnable call) {
    WeftException e = assertThrows(WeftException.class, call::run);
    assertEquals(TransportErrors.SESSION_BROKEN, e.code());
  }

  @Test
  @Tag("PL-2")
  void endReleasesEverythingOnce() {
    List<CountedPayload> payloads = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      CountedPayload payload = new CountedPayload(8);
      payloads.add(payload);
      session.offer(message(1, Lane.values()[i % 4], payload));
    }
    session.next();
    session.next();
    session.acknowledge(1);
    session.end();
    session.end();
    CountedPayload late = new CountedPayload(8);
    payloads.add(late);
    session.offer(message(1, Lane.REQUEST, late));
    assertFalse(session.hasNext());
    for (CountedPayload payload : payloads) {
      assertEquals(1, payload.releases);
    }
  }

  @Test
  void refusesMoreThanAnyLoadCanCause() {
    for (int i = 0; i < OutboundSession.MAX_MESSAGES; i++) {
      session.offer(message(1, Lane.REQUEST, Payload.NONE));
    }
    CountedPayload payload = new CountedPayload(8);
    WeftException e =
        assertThrows(WeftException.class, () -> session.offer(message(1, Lane.CONTROL, payload)));
    assertEquals(TransportErrors.QUEUE_OVERFLOW, e.code());
    assertEquals(1, payload.releases);
  }

  @Test
  void refusesMessagesOutsideTheLimits() {
    assertThrows(IllegalArgumentException.class, () -> message(0, Lane.REQUEST, Payload.NONE));
    assertThrows(IllegalArgumentException.class, () -> message(256, Lane.REQUEST, Payload.NONE));
    assertThrows(
        IllegalArgumentException.class,
        () -> message(1, Lane.REQUEST, new CountedPayload(Frame.MAX_PAYLOAD_BYTES + 1)));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            OutboundMessage.of(
                1, Lane.REQUEST, 1, new byte[Frame.MAX_HEADER_BYTES + 1], Payload.NONE));
  }
}
