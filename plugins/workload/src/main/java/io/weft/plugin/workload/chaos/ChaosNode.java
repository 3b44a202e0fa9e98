// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * A node as a chaos run sees it. Used by one thread.
 *
 * <pre>
 *   STARTING -> PREPARING -> WORKING -> PAUSED or AILING -> AWAKE -> WORKING
 *                            WORKING -> LEAVING -> DOWN
 *   any of them -> ENDING -> DOWN (it stopped), or DOWN at once (killed) -> STARTING
 * </pre>
 */
final class ChaosNode {
  /** The longest time for a node to come up, to leave, or to be heard of after a pause. */
  static final Duration PATIENCE = Duration.ofMinutes(3);

  /** What it is doing. */
  enum State {
    STARTING,
    PREPARING,
    WORKING,
    PAUSED,
    /** Works under a fault that ends by itself, and may stop for it. */
    AILING,
    /** Let go on after a pause or a fault: it is to be seen whether it is still a member. */
    AWAKE,
    /** Told to leave as planned. */
    LEAVING,
    /** Has stopped by itself; its process is about to end. */
    ENDING,
    DOWN
  }

  private State state = State.STARTING;
  private long sinceNs;

  /** End of a pause, or of an absence. */
  private long untilNs;

  /** Whether something was done to it that may make it stop. */
  private boolean harmed;

  /** What was done to it, as long as that may make it stop. */
  private final Set<Fault> suffered = EnumSet.noneOf(Fault.class);

  /** How long it is to be suspended once it is ready for that; zero: not at all. */
  private Duration sleep = Duration.ZERO;

  /** Ends the fault that it works under. */
  private Runnable relief = () -> {};

  /** Whether it has said why it stopped. */
  private boolean reasonTold;

  private int failedStarts;

  /** Whether it is started again as soon as it has stopped, whatever it suffers from. */
  private boolean restless;

  State state() {
    return state;
  }

  void enter(State next, long nowNs) {
    state = next;
    sinceNs = nowNs;
  }

  /** How long it has been in its state. */
  long inStateNs(long nowNs) {
    return nowNs - sinceNs;
  }

  /** Its pause, fault or absence lasts until then. */
  void until(long momentNs) {
    untilNs = momentNs;
  }

  /** Whether its pause, fault or absence is over. */
  boolean isDue(long nowNs) {
    return nowNs - untilNs >= 0;
  }

  /** Something is done to it. */
  void suffer(Fault fault) {
    harmed = true;
    suffered.add(fault);
  }

  /** Something other than a fault is done to it that may make it stop. */
  void harm() {
    harmed = true;
  }

  boolean isHarmed() {
    return harmed;
  }

  /** Whether it may stop with this reason after what was done to it. */
  boolean mayStopFor(String code) {
    return Fault.excuses(code, suffered);
  }

  /** Nothing that was done to it excuses a stop any more. */
  void isWell() {
    harmed = false;
    restless = false;
    suffered.clear();
  }

  /** It is to be suspended once it is ready for that. */
  void putToSleep(Duration length) {
    sleep = length;
  }

  /** How long it is to be suspended now, which is told once; zero: not at all. */
  Duration takeSleep() {
    Duration length = sleep;
    sleep = Duration.ZERO;
    return length;
  }

  /** It works under a fault from now on, which this ends. */
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

  /** Whether it is started again as soon as it has stopped. */
  void restless(boolean yes) {
    restless = yes;
  }

  /** Its process has ended: it is down until its absence is over, or not at all if restless. */
  void down(long nowNs) {
    harmed = true;
    relieve();
    enter(State.DOWN, nowNs);
    untilNs = restless ? nowNs : Math.max(untilNs, nowNs);
  }

  /** It says why it stops. */
  void tellsReason() {
    reasonTold = true;
  }

  boolean hasToldReason() {
    return reasonTold;
  }

  /** Its next life begins. */
  void launched(long nowNs) {
    reasonTold = false;
    enter(State.STARTING, nowNs);
  }

  /** It works: starts that failed before are forgiven. */
  void works(long nowNs) {
    enter(State.WORKING, nowNs);
    isWell();
    failedStarts = 0;
  }

  /** One more start has failed; returns how many that are in a row. */
  int failsToStart() {
    return ++failedStarts;
  }

  int failedStarts() {
    return failedStarts;
  }

  /** It is down with all others and starts again, whatever was done to it. */
  void coldStart(long nowNs) {
    state = State.DOWN;
    untilNs = nowNs;
    failedStarts = 0;
    harmed = true;
  }
}
