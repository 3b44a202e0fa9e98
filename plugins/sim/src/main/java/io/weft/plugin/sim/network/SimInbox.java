// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.plugin.sim.time.Violation;
import io.weft.spi.session.OutboundMessage;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What has arrived at a process from one sender: every message waits, so that the engine sees them
 * in any order (TR-2), and is judged by its epoch when that wait is over (TR-6).
 *
 * <pre>
 *   arrived -> waits -> of the present epoch, or of none: to the engine
 *                       of a newer one: parked, until that view is installed; then it waits again
 *                       of an older one: dropped
 * </pre>
 */
final class SimInbox {
  private final Simulation simulation;
  private final NetworkConditions conditions;
  private final NetworkCounts counts;
  private final SimProcess from;
  private final SimEndpoint receiver;
  private final Runnable lastDelivered;

  /** The largest sequence number that the engine has seen. */
  private long newest;

  private int undelivered;
  private boolean goodbye;

  /** A message that has arrived, with the clock of its sender and its image. */
  private record Delivery(OutboundMessage message, long scn, long sequence, MemorySegment buffer) {}

  /**
   * Nothing has arrived yet.
   *
   * @param lastDelivered runs when a sender that leaves has said goodbye, and all that it sent
   *     before has been delivered
   */
  SimInbox(
      Simulation simulation,
      NetworkConditions conditions,
      NetworkCounts counts,
      SimProcess from,
      SimEndpoint receiver,
      Runnable lastDelivered) {
    this.simulation = simulation;
    this.conditions = conditions;
    this.counts = counts;
    this.from = from;
    this.receiver = receiver;
    this.lastDelivered = lastDelivered;
  }

  private SimProcess to() {
    return receiver.process();
  }

  /** A message has arrived; its image is read from the sender's memory now. */
  void arrived(OutboundMessage message, long scn, long sequence) {
    undelivered++;
    MemorySegment buffer = read(message);
    Delivery delivery = new Delivery(message, scn, sequence, buffer);
    deliverLater(delivery);
  }

  /** The sender has said goodbye. */
  void goodbyeArrived() {
    goodbye = true;
    tellGoodbye();
  }

  private MemorySegment read(OutboundMessage message) {
    if (!(message.payload() instanceof ShippedImage image)) {
      return MemorySegment.NULL;
    }
    MemorySegment source = image.segment();
    MemorySegment buffer = simulation.borrow(source.byteSize());
    MemorySegment.copy(source, 0, buffer, 0, source.byteSize());
    if (simulation.checksum(buffer.asSlice(0, source.byteSize())) != image.checksum()) {
      simulation.violate(
          Invariant.IMAGE_UNCHANGED,
          from
              + " changed an image before "
              + to()
              + " had it: "
              + MessageDetail.text(message.header()));
    }
    return buffer;
  }

  private void deliverLater(Delivery delivery) {
    simulation.schedule(conditions.conduct().reorder(), to(), () -> deliver(delivery));
  }

  /** The epoch decides now, and not before: a view may have been installed meanwhile. */
  private void deliver(Delivery delivery) {
    long epoch = delivery.message.epoch();
    if (receiver.isEarly(epoch)) {
      simulation.quiet();
      simulation.record(Trace.What.PARKED, to(), from.node(), epoch);
      counts.parked++;
      receiver.park(epoch, () -> deliverLater(delivery));
      return;
    }
    if (receiver.isLate(epoch) && !conditions.handlesOldEpochs()) {
      simulation.quiet();
      simulation.record(
          Trace.What.DROPPED, to(), from.node(), epoch, MessageDetail.of(delivery.message));
      counts.dropped++;
      receiver.clock().observe(delivery.scn);
    } else {
      handOver(delivery);
    }
    if (delivery.message.payloadBytes() > 0) {
      simulation.giveBack(delivery.buffer);
    }
    undelivered--;
    tellGoodbye();
  }

  private void handOver(Delivery delivery) {
    OutboundMessage message = delivery.message;
    simulation.record(
        Trace.What.DELIVERED, to(), from.node(), delivery.sequence, MessageDetail.of(message));
    if (delivery.sequence < newest) {
      counts.reordered++;
    }
    newest = Math.max(newest, delivery.sequence);
    if (receiver.hasLeft()) {
      return;
    }
    receiver.clock().observe(delivery.scn);
    byte[] lent = message.header().clone();
    MemorySegment image = delivery.buffer.asSlice(0, message.payloadBytes());
    try {
      receiver.handler(message.service()).onMessage(from.node(), ByteBuffer.wrap(lent), image);
    } catch (RuntimeException e) {
      String text = to() + " failed at " + MessageDetail.text(message.header());
      simulation.violate(new Violation(Invariant.NODE_RUNS, text, e));
    }
    Arrays.fill(lent, (byte) 0xA5); // so that an engine that still reads it notices
  }

  /** What a leaver sent before has been delivered: from here on nothing goes to it any more. */
  private void tellGoodbye() {
    if (goodbye && undelivered == 0) {
      goodbye = false;
      simulation.schedule(conditions.conduct().reorder(), to(), lastDelivered);
    }
  }
}
