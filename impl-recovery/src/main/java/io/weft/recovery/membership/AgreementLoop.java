// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import java.util.function.BiConsumer;

/**
 * Runs the events of the {@link ViewAgreement} of a node, one at a time on the serial executor.
 * After each event its effects are carried out on the same thread, in order. Any thread may submit
 * events; no event runs after {@link #close}.
 *
 * <p>The agreement is owned by the serial executor: it is reached only as the argument of an event.
 */
final class AgreementLoop implements AutoCloseable {
  /** An event of the agreement. */
  @FunctionalInterface
  interface Event {
    /**
     * Runs on the serial executor.
     *
     * @param now time of the event; never less than that of the event before
     */
    void run(ViewAgreement agreement, long now);
  }

  private final Serial serial;
  private final AgreementClock clock;
  private final ViewAgreement agreement;
  private final BiConsumer<ViewAgreement, Effect> effects;
  private final Event afterwards;

  /** Time of the newest event; owned by the serial executor. */
  private long eventNs;

  private volatile boolean closed;

  /**
   * Makes a loop without events.
   *
   * @param serial owns the agreement
   * @param effects carries out an effect, on the serial executor; must not block
   * @param afterwards runs when the effects of an event have been carried out
   */
  AgreementLoop(
      Serial serial,
      AgreementClock clock,
      ViewAgreement agreement,
      BiConsumer<ViewAgreement, Effect> effects,
      Event afterwards) {
    this.serial = serial;
    this.clock = clock;
    this.agreement = agreement;
    this.effects = effects;
    this.afterwards = afterwards;
  }

  /** Runs an event after those submitted before it, perhaps before this returns. */
  void execute(Event event) {
    serial.execute(() -> run(event));
  }

  /** As {@link #execute}, for the timer thread: runs no other event on it. */
  void executeBriefly(Event event) {
    serial.executeBriefly(() -> run(event));
  }

  private void run(Event event) {
    if (!closed) {
      eventNs = Math.max(eventNs, clock.now()); // RT-1 is not trusted: a clock may be defective
      event.run(agreement, eventNs);
      agreement.takeEffects().forEach(effect -> effects.accept(agreement, effect));
      afterwards.run(agreement, eventNs);
    }
  }

  /** The time of the agreement now; any thread. */
  long now() {
    return clock.now();
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    execute((agreement, _) -> agreement.close());
    closed = true;
  }
}
