// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * The state of a node in a chaos run. Used by one thread.
 *
 * <pre>
 *   STARTING -> PREPARING -> WORKING -> PAUSED or AILING -> AWAKE -> WORKING
 *                            WORKING -> LEAVING -> DOWN
 *   any of them -> ENDING -> DOWN (it stopped), or DOWN at once (killed) -> STARTING
 * </pre>
 */
final class ChaosNode {
  /** Longest time for a node to start, to leave, or to report after a pause. */
  static final Duration PATIENCE = Duration.ofMinutes(3);

  /** The states, as drawn above. */
  enum State {
    STARTING,
    PREPARING,
    WORKING,
    PAUSED,
    /** Works under a temporary fault, and may stop because of it. */
    AILING,
    /** Resumed after a pause or a fault; not known yet whether it is still a member. */
    AWAKE,
    /** Ordered to leave as planned. */
    LEAVING,
    /** Has stopped by itself; its process is about to end. */
    ENDING,
    DOWN
  }

  private State state = State.STARTING;
  private long sinceNs;

  /** End of a pause or an absence, in nanoseconds. */
  private long untilNs;

  /** Whether an injected fault or action may make it stop. */
  private boolean harmed;

  /** The injected faults that may still make it stop. */
  private final Set<Fault> suffered = EnumSet.noneOf(Fault.class);

  /** Length of a suspension to begin when the node is ready; zero for none. */
  private Duration sleep = Duration.ZERO;

  /** Ends the fault that it works under. */
  private Runnable relief = () -> {};

  /** Whether it has reported the reason of its stop. */
  private boolean reasonTold;

  private int failedStarts;

  /** Whether it is restarted as soon as it has stopped, also during a fault. */
  private boolean restless;

  State state() {
    return state;
  }

  void enter(State next, long nowNs) {
    state = next;
    sinceNs = nowNs;
  }

  /** Time in the current state, in nanoseconds. */
  long inStateNs(long nowNs) {
    return nowNs - sinceNs;
  }

  /** Sets the end of its pause, fault or absence. */
  void until(long momentNs) {
    untilNs = momentNs;
  }

  /** Whether its pause, fault or absence has ended. */
  boolean isDue(long nowNs) {
    return nowNs - untilNs >= 0;
  }

  /** A fault is injected on it. */
  void suffer(Fault fault) {
    harmed = true;
    suffered.add(fault);
  }

  /** An action other than a fault may make it stop. */
  void harm() {
    harmed = true;
  }

  boolean isHarmed() {
    return harmed;
  }

  /** Whether a stop with this error code is legitimate after the injected faults. */
  boolean mayStopFor(String code) {
    return Fault.excuses(code, suffered);
  }

  /** From now on no injected fault makes a stop legitimate. */
  void isWell() {
    harmed = false;
    restless = false;
    suffered.clear();
  }

  /** Requests a suspension for when it is ready. */
  void putToSleep(Duration length) {
    sleep = length;
  }

  /** Takes the requested length of a suspension; zero for none. */
  Duration takeSleep() {
    Duration length = sleep;
    sleep = Duration.ZERO;
    return length;
  }

  /** It works under a fault from now on; {@code end} ends the fault. */
  void ail(Runnable end) {
    relief = end;
  }

  /** Ends the fault that it works under. */
  void relieve() {
    sleep = Duration.ZERO;
    Runnable end = relief;
    relief = () -> {};
    end.run();
  }

  /** Sets whether it is restarted as soon as it has stopped. */
  void restless(boolean yes) {
    restless = yes;
  }

  /**
   * Its process has ended: it stays down until its absence ends, or is restarted at once if
   * restless.
   */
  void down(long nowNs) {
    harmed = true;
    relieve();
    enter(State.DOWN, nowNs);
    untilNs = restless ? nowNs : Math.max(untilNs, nowNs);
  }

  /** It has reported the reason of its stop. */
  void tellsReason() {
    reasonTold = true;
  }

  boolean hasToldReason() {
    return reasonTold;
  }

  /** Its next incarnation starts. */
  void launched(long nowNs) {
    reasonTold = false;
    enter(State.STARTING, nowNs);
  }

  /** It works: resets the count of failed starts. */
  void works(long nowNs) {
    enter(State.WORKING, nowNs);
    isWell();
    failedStarts = 0;
  }

  /** One more start has failed; returns the number of consecutive failures. */
  int failsToStart() {
    return ++failedStarts;
  }

  int failedStarts() {
    return failedStarts;
  }

  /** It starts again in a cold start of all nodes; earlier faults are dropped. */
  void coldStart(long nowNs) {
    state = State.DOWN;
    untilNs = nowNs;
    failedStarts = 0;
    harmed = true;
  }
}
