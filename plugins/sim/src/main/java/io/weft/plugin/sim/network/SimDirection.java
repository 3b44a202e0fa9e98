// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.api.WeftException;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.session.Arrival;
import io.weft.spi.session.FrameType;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.OutboundSession;
import io.weft.spi.transport.TransportErrors;
import java.util.ArrayDeque;

/**
 * One direction of a session between two processes: frames go in order, are lost with their
 * connection and sent again on the next one, and are acknowledged. The engine's own halves of a
 * session make that exactly once.
 */
final class SimDirection {
  private final Simulation simulation;
  private final NetworkConditions conditions;
  private final NetworkCounts counts;
  private final SimEndpoint sender;
  private final SimEndpoint receiver;
  private final SimProcess from;
  private final SimProcess to;
  private final Runnable breakConnection;
  private final SimDirection reverse;
  private final SimInbox inbox;
  private final OutboundSession outbound = new OutboundSession();
  private final InboundSession inbound = new InboundSession();

  /** Whether the sender has given the session up, or has been told that it is over. */
  private boolean over;

  private boolean losing;

  /** Whether the sender's listener knows the receiver. */
  private boolean told;

  private boolean up;

  /** How many connections of this session have broken. */
  private int broken;

  private long lastArrival;
  private boolean acknowledging;

  /**
   * Makes both directions of a session, of which this is one.
   *
   * @param breakConnection breaks the connection, so that what is missing comes again
   */
  SimDirection(
      Simulation simulation,
      NetworkConditions conditions,
      NetworkCounts counts,
      SimEndpoint sender,
      SimEndpoint receiver,
      Runnable breakConnection) {
    this.simulation = simulation;
    this.conditions = conditions;
    this.counts = counts;
    this.sender = sender;
    this.receiver = receiver;
    this.from = sender.process();
    this.to = receiver.process();
    this.breakConnection = breakConnection;
    this.reverse = new SimDirection(this);
    this.inbox =
        new SimInbox(simulation, conditions, counts, from, receiver, this::goodbyeDelivered);
  }

  private SimDirection(SimDirection reverse) {
    this.simulation = reverse.simulation;
    this.conditions = reverse.conditions;
    this.counts = reverse.counts;
    this.sender = reverse.receiver;
    this.receiver = reverse.sender;
    this.from = reverse.to;
    this.to = reverse.from;
    this.breakConnection = reverse.breakConnection;
    this.reverse = reverse;
    this.inbox =
        new SimInbox(simulation, conditions, counts, from, receiver, this::goodbyeDelivered);
  }

  SimDirection reverse() {
    return reverse;
  }

  SimProcess from() {
    return from;
  }

  SimProcess to() {
    return to;
  }

  // ---- the session's beginning and end, at the sender

  /** The session begins: what waited for it goes with it, and the listener hears of it. */
  void begin() {
    ArrayDeque<OutboundMessage> queued = sender.queuedFor(to.node());
    OutboundMessage message = queued.poll();
    while (message != null) {
      outbound.offer(message);
      message = queued.poll();
    }
    simulation.schedule(
        conditions.conduct().link(),
        from,
        () -> {
          if (!over && !sender.hasLeft()) {
            told = true;
            sender.listener().onConnected(receiver.id(), to.incarnation());
          }
        });
  }

  /** The sender will notice that the connection has broken, if anything reaches it. */
  void tellDisconnected() {
    if (conditions.isCut(to.node(), from.node())) {
      return;
    }
    simulation.schedule(
        conditions.conduct().link(),
        from,
        () -> {
          if (told && !over && !sender.hasLeft()) {
            sender.listener().onDisconnected(receiver.id(), to.incarnation());
          }
        });
  }

  /** The sender will give the session up, at its own time. */
  void loseLater(String why) {
    if (!over && !losing) {
      losing = true;
      counts.lost++;
      simulation.schedule(conditions.conduct().link(), from, () -> lose(why));
    }
  }

  /** Ends the session here; the listener hears of it. */
  void lose(String why) {
    if (over || sender.hasLeft()) {
      return;
    }
    end();
    simulation.record(Trace.What.LOST, from, to.node(), to.incarnation());
    if (told) {
      sender
          .listener()
          .onLost(
              receiver.id(),
              to.incarnation(),
              new WeftException(TransportErrors.PEER_LOST, to + " is lost: " + why));
    }
  }

  /** Ends the session here without a word. */
  void end() {
    over = true;
    outbound.end();
  }

  /** Takes no more messages: the sender's process ends. */
  void stopSending() {
    outbound.end();
  }

  /** Whether the sender has given the session up, or has been told that it is over. */
  boolean isOver() {
    return over;
  }

  /** Says goodbye, unless the session is over. */
  void sayGoodbye() {
    if (!outbound.isEnded()) {
      send(OutboundMessage.goodbye(from.views().epoch()));
    }
  }

  private void goodbyeDelivered() {
    simulation.record(Trace.What.GOODBYE, to, from.node(), 0);
    if (!reverse.over && !receiver.hasLeft()) {
      reverse.end();
      receiver.listener().onGoodbye(sender.id(), from.incarnation());
    }
  }

  // ---- frames

  void send(OutboundMessage message) {
    outbound.offer(message); // drops it after the end
    if (up) {
      transmit();
    }
  }

  /** Sends again what the receiver lacks, and sometimes frames that it does not lack. */
  void open() {
    if (outbound.isEnded()) {
      return;
    }
    boolean knowsWhatArrived = simulation.random().nextInt(4) > 0;
    counts.resent +=
        outbound.resumeFrom(knowsWhatArrived ? inbound.received() : outbound.acknowledged());
    up = true; // not before: giving payloads back may have made the engine send
    transmit();
    acknowledgeSoon();
  }

  /** The connection is gone, with what is under way on it. */
  void down() {
    up = false;
    broken++;
  }

  private void transmit() {
    while (outbound.hasNext()) {
      OutboundMessage message = outbound.next();
      long scn = from.clock().current();
      int connection = broken;
      long delay = conditions.conduct().link().sample(simulation.random());
      long arrival = Math.max(lastArrival + 1, simulation.now() + delay);
      lastArrival = arrival;
      simulation.scheduleInOrder(
          arrival - simulation.now(), to, () -> arrive(message, scn, connection));
    }
  }

  private void arrive(OutboundMessage message, long scn, int connection) {
    simulation.quiet();
    if (conditions.isCut(from.node(), to.node())) {
      conditions.stall(from.node(), to.node(), to, () -> arrive(message, scn, connection));
      return;
    }
    if (connection != broken || reverse.over) {
      return; // lost with its connection
    }
    long sequence = message.sequence();
    Arrival arrival = inbound.arrive(sequence, message.epoch(), message.payloadBytes(), 0);
    simulation.record(Trace.What.ARRIVED, to, from.node(), sequence);
    acknowledgeSoon();
    if (arrival == Arrival.DUPLICATE) {
      counts.duplicates++;
    } else if (arrival == Arrival.GAP) {
      breakConnection.run(); // pauses and cuts have mixed things up: what is missing comes again
    } else if (message.type() == FrameType.GOODBYE) {
      inbox.goodbyeArrived();
    } else {
      inbox.arrived(message, scn, sequence);
    }
  }

  private void acknowledgeSoon() {
    if (!acknowledging) {
      acknowledging = true;
      simulation.schedule(conditions.conduct().acknowledge(), from, this::acknowledge);
    }
  }

  private void acknowledge() {
    if (conditions.isCut(to.node(), from.node())) {
      simulation.quiet();
      conditions.stall(to.node(), from.node(), from, this::acknowledge);
      return;
    }
    long before = sender.payloadsReleased();
    acknowledging = false;
    if (up && !outbound.isEnded()) {
      inbound.acknowledgementSent();
      if (inbound.received() > outbound.acknowledged()) {
        simulation.record(Trace.What.ACKNOWLEDGED, from, to.node(), inbound.received());
        outbound.acknowledge(inbound.received());
      }
    }
    if (sender.payloadsReleased() == before) {
      simulation.quiet(); // no image was given back to the engine
    }
  }
}
