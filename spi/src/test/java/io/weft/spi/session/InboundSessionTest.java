// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import java.util.List;
import org.junit.jupiter.api.Test;

class InboundSessionTest {
  private final InboundSession session = new InboundSession();

  @Test
  void deliversInOrderAndDropsWhatCameBefore() {
    assertEquals(Arrival.DELIVER, session.arrive(1, 1, 0, 1));
    assertEquals(Arrival.DUPLICATE, session.arrive(1, 1, 0, 1));
    assertEquals(Arrival.DELIVER, session.arrive(2, 1, 0, 1));
    assertEquals(2, session.received());
  }

  @Test
  void reportsGaps() {
    assertEquals(Arrival.GAP, session.arrive(2, 1, 0, 1));
    assertEquals(0, session.received());
    assertEquals(Arrival.DELIVER, session.arrive(1, 1, 0, 1));
  }

  @Test
  void dropsOlderEpochsAndKeepsNewerOnes() {
    assertEquals(Arrival.STALE_EPOCH, session.arrive(1, 4, 0, 5));
    assertEquals(Arrival.FUTURE_EPOCH, session.arrive(2, 6, 0, 5));
    assertEquals(2, session.received());
  }

  @Test
  void deliversMessagesOfNoEpochInEveryEpoch() {
    assertEquals(Arrival.DELIVER, session.arrive(1, Views.NO_EPOCH, 0, Views.NO_EPOCH));
    assertEquals(Arrival.DELIVER, session.arrive(2, Views.NO_EPOCH, 0, 5));
    assertEquals(Arrival.FUTURE_EPOCH, session.arrive(3, 1, 0, Views.NO_EPOCH));
    assertEquals(3, session.received());
  }

  @Test
  void keepsNoMoreThanItsBoundForLaterViews() {
    int bytes = 1 << 20;
    ParkedMessage large = new ParkedMessage(6, 1, new byte[0], new byte[bytes]);
    for (long kept = 0; kept < InboundSession.MAX_PARKED_BYTES; kept += bytes) {
      session.park(large);
    }
    WeftException e = assertThrows(WeftException.class, () -> session.park(large));
    assertEquals(TransportErrors.QUEUE_OVERFLOW, e.code());
    session.unpark(6);
    session.park(large);
  }

  @Test
  void handsOutParkedMessagesWithTheirEpoch() {
    ParkedMessage sixth = new ParkedMessage(6, 1, new byte[0], new byte[0]);
    ParkedMessage seventh = new ParkedMessage(7, 1, new byte[0], new byte[0]);
    session.park(sixth);
    session.park(seventh);
    assertEquals(List.of(), session.unpark(5));
    assertTrue(session.hasParked());
    assertEquals(List.of(seventh), session.unpark(7));
    assertFalse(session.hasParked());
  }

  @Test
  void owesAnAcknowledgementUntilOneHasLeft() {
    assertFalse(session.owesAcknowledgement());
    session.arrive(1, 1, 0, 1);
    assertTrue(session.owesAcknowledgement());
    assertFalse(session.isAcknowledgementDue());
    session.acknowledgementSent();
    assertFalse(session.owesAcknowledgement());
    session.arrive(1, 1, 0, 1);
    assertTrue(session.owesAcknowledgement(), "a duplicate shows that the peer has not heard");
  }

  @Test
  void manyMessagesOrBytesMakeTheAcknowledgementDue() {
    for (int i = 1; i <= InboundSession.MESSAGES_PER_ACKNOWLEDGEMENT; i++) {
      assertFalse(session.isAcknowledgementDue());
      session.arrive(i, 1, 0, 1);
    }
    assertTrue(session.isAcknowledgementDue());
    session.acknowledgementSent();
    session.arrive(session.received() + 1, 1, InboundSession.BYTES_PER_ACKNOWLEDGEMENT, 1);
    assertTrue(session.isAcknowledgementDue());
  }
}
