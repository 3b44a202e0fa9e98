// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.transport.Lane;
import io.weft.spi.view.Views;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Two session ends that install views at their own times, and a link that breaks at any point and
 * loses what is under way.
 */
class SessionOverBrokenLinksTest {
  private static final int SEEDS = 300;
  private static final int STEPS = 2_000;

  private record Wire(
      long sequence, int number, long epoch, long acknowledged, boolean sequenced) {}

  /** One node's end of the session. */
  private static final class End {
    final OutboundSession out = new OutboundSession();
    final InboundSession in = new InboundSession();
    final ArrayDeque<Wire> underWay = new ArrayDeque<>();
    final List<CountedPayload> payloads = new ArrayList<>();
    final List<Long> epochs = new ArrayList<>();
    final List<Integer> delivered = new ArrayList<>();
    long epoch = 1;

    void offer(Random random) {
      CountedPayload payload = new CountedPayload(1);
      byte[] header = ByteBuffer.allocate(4).putInt(payloads.size()).array();
      payloads.add(payload);
      long inEpoch = random.nextInt(4) == 0 ? Views.NO_EPOCH : epoch + random.nextInt(2);
      epochs.add(inEpoch);
      Lane lane = Lane.values()[random.nextInt(4)];
      out.offer(OutboundMessage.of(1, lane, inEpoch, header, payload));
    }

    void transmit() {
      if (out.hasNext()) {
        OutboundMessage m = out.next();
        int number = ByteBuffer.wrap(m.header()).getInt();
        underWay.add(new Wire(m.sequence(), number, m.epoch(), in.received(), true));
        in.acknowledgementSent();
      }
    }

    void acknowledge() {
      if (in.owesAcknowledgement()) {
        underWay.add(new Wire(0, 0, Views.NO_EPOCH, in.received(), false));
        in.acknowledgementSent();
      }
    }

    void receive(Wire wire) {
      out.acknowledge(wire.acknowledged());
      if (wire.sequenced()) {
        switch (in.arrive(wire.sequence(), wire.epoch(), 1, epoch)) {
          case DELIVER -> delivered.add(wire.number());
          case FUTURE_EPOCH -> {
            byte[] header = ByteBuffer.allocate(4).putInt(wire.number()).array();
            in.park(new ParkedMessage(wire.epoch(), 1, header, new byte[0]));
          }
          case STALE_EPOCH -> assertTrue(wire.epoch() < epoch);
          case DUPLICATE, GAP -> throw new AssertionError("the link keeps the order");
        }
      }
    }

    void install(long next) {
      epoch = next;
      for (ParkedMessage parked : in.unpark(epoch)) {
        assertEquals(epoch, parked.epoch());
        delivered.add(ByteBuffer.wrap(parked.header()).getInt());
      }
    }
  }

  @Test
  void deliversExactlyOnceWhateverBreaks() {
    long first = Long.getLong("weft.seed", 1);
    long resends = 0;
    for (long seed = first; seed < first + SEEDS; seed++) {
      try {
        resends += run(new Random(seed));
      } catch (AssertionError e) {
        throw new AssertionError("-Dweft.seed=" + seed, e);
      }
    }
    assertTrue(resends > SEEDS, "hardly anything was lost: " + resends);
  }

  private static int run(Random random) {
    End a = new End();
    End b = new End();
    boolean connected = true;
    int resends = 0;
    for (int step = 0; step < STEPS; step++) {
      End self = random.nextBoolean() ? a : b;
      End other = self == a ? b : a;
      switch (random.nextInt(9)) {
        case 0, 1 -> self.offer(random);
        case 2, 3 -> {
          if (connected) {
            self.transmit();
          }
        }
        case 4, 5 -> {
          if (connected && !self.underWay.isEmpty()) {
            other.receive(self.underWay.poll());
          }
        }
        case 6 -> {
          if (connected) {
            self.acknowledge();
          }
        }
        case 7 -> {
          if (random.nextInt(20) == 0) {
            self.install(self.epoch + 1 + random.nextInt(2));
          }
        }
        default -> {
          if (connected) {
            connected = random.nextInt(10) > 0;
            if (!connected) { // the kernel may still deliver a part
              deliverSome(random, a, b);
              deliverSome(random, b, a);
            }
          } else {
            connected = true;
            resends += a.out.resumeFrom(b.in.received());
            resends += b.out.resumeFrom(a.in.received());
          }
        }
      }
    }
    if (!connected) {
      a.out.resumeFrom(b.in.received());
      b.out.resumeFrom(a.in.received());
    }
    settle(a, b);
    long last = Math.max(a.epoch, b.epoch) + 1;
    a.install(last);
    b.install(last);
    check(a, b);
    check(b, a);
    return resends;
  }

  private static void deliverSome(Random random, End from, End to) {
    int some = random.nextInt(from.underWay.size() + 1);
    for (int i = 0; i < some; i++) {
      to.receive(from.underWay.poll());
    }
    from.underWay.clear();
  }

  private static void settle(End a, End b) {
    while (a.out.hasNext() || b.out.hasNext() || busy(a, b) || busy(b, a)) {
      a.transmit();
      b.transmit();
      a.acknowledge();
      b.acknowledge();
      while (!a.underWay.isEmpty()) {
        b.receive(a.underWay.poll());
      }
      while (!b.underWay.isEmpty()) {
        a.receive(b.underWay.poll());
      }
    }
  }

  private static boolean busy(End sender, End receiver) {
    return sender.out.retained() > 0 || receiver.in.owesAcknowledgement();
  }

  private static void check(End sender, End receiver) {
    Set<Integer> delivered = new HashSet<>(receiver.delivered);
    assertEquals(receiver.delivered.size(), delivered.size(), "twice");
    for (int i = 0; i < sender.payloads.size(); i++) {
      long epoch = sender.epochs.get(i);
      if (epoch == Views.NO_EPOCH || epoch == receiver.epoch) {
        assertTrue(delivered.contains(i), "message " + i + " of epoch " + epoch + " is lost");
      }
    }
    for (CountedPayload payload : sender.payloads) {
      assertEquals(1, payload.releases);
    }
  }
}
