// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

import io.weft.spi.session.LamportClock;
import io.weft.spi.view.Views;

/**
 * The process of a node, from one start to its end: what belongs to it happens only while it runs,
 * and waits while it is paused. The world outside the nodes counts as a process, too, which never
 * ends.
 */
public final class SimProcess {
  /** The world, as far as it has to do with a node, or with none. */
  private static final long WORLD = 0;

  private static final long NOT_SUSPENDED = -1;

  private final int index;
  private final int node;
  private final long incarnation;
  private final VirtualTime time;
  private final boolean bootClockGoesOn;
  private final Views views;
  private long seenWithoutLease = -1;
  private final LamportClock clock = new LamportClock();
  private boolean dead;
  private boolean paused;
  private boolean stopped;
  private boolean gaveUp;
  private long wallOffsetMillis;
  private long bootOffsetNs;
  private long suspendedNs;
  private long suspendedSinceNs = NOT_SUSPENDED;
  private long slowNs;

  private SimProcess(
      int index, int node, long incarnation, VirtualTime time, boolean bootClockGoesOn) {
    this.index = index;
    this.node = node;
    this.incarnation = incarnation;
    this.time = time;
    this.bootClockGoesOn = bootClockGoesOn;
    this.views = new Views(this::bootTime);
  }

  public static SimProcess of(int index, int node, long incarnation, VirtualTime time) {
    return of(index, node, incarnation, time, true);
  }

  /**
   * The process of a node.
   *
   * @param index counts the processes of all nodes from 0
   * @param bootClockGoesOn whether its clock for leases goes on while its machine is suspended
   */
  public static SimProcess of(
      int index, int node, long incarnation, VirtualTime time, boolean bootClockGoesOn) {
    return new SimProcess(index, node, incarnation, time, bootClockGoesOn);
  }

  static SimProcess world(int node, VirtualTime time) {
    return new SimProcess(-1, node, WORLD, time, true);
  }

  public int index() {
    return index;
  }

  public int node() {
    return node;
  }

  public long incarnation() {
    return incarnation;
  }

  public boolean isWorld() {
    return incarnation == WORLD;
  }

  public Views views() {
    return views;
  }

  public LamportClock clock() {
    return clock;
  }

  /** Whether the process has ended: nothing happens at it any more. */
  public boolean isDead() {
    return dead;
  }

  public void die() {
    dead = true;
  }

  public boolean isPaused() {
    return paused;
  }

  public void pause() {
    paused = true;
  }

  /** It is paused because its machine stands still, and some of its clocks. */
  public void suspend() {
    pause();
    suspendedSinceNs = time.now();
  }

  /** Goes on after a pause. */
  void resume() {
    if (suspendedSinceNs != NOT_SUSPENDED) {
      suspendedNs += time.now() - suspendedSinceNs;
      suspendedSinceNs = NOT_SUSPENDED;
    }
    paused = false;
  }

  /** Whether the node has failed: its process is about to end, and must be silent. */
  public boolean isStopped() {
    return stopped;
  }

  public void stop() {
    stopped = true;
  }

  /** Whether anything can happen at it now. */
  public boolean isRunning() {
    return !dead && !paused && !stopped;
  }

  /** Whether it may trust what it holds. */
  public boolean isLeased() {
    return !dead && !stopped && !gaveUp && views.leaseHolds();
  }

  /**
   * Whether it may trust what it holds. Remembers when its lease was seen to be over, as others may
   * be told of it later.
   */
  public boolean lookAtLease(long now) {
    boolean leased = isLeased();
    if (!leased) {
      seenWithoutLease = now;
    }
    return leased;
  }

  /** Whether its lease was seen to be over at that time or later, even if it holds again. */
  public boolean wasWithoutLeaseSince(long since) {
    return seenWithoutLease >= since;
  }

  /** Whether it leaves as planned, and says that it has nothing any more. */
  public boolean hasGivenUp() {
    return gaveUp;
  }

  /** It has nothing any more, and has said so. */
  public void giveUp() {
    gaveUp = true;
  }

  // ---- its clocks

  /** Stands still while the machine is suspended. */
  public long nanoTime() {
    boolean suspended = suspendedSinceNs != NOT_SUSPENDED;
    return (suspended ? suspendedSinceNs : time.now()) - suspendedNs;
  }

  /** Goes on while the machine is suspended; leases are judged by it. */
  public long bootTime() {
    return (bootClockGoesOn ? time.now() : nanoTime()) + bootOffsetNs;
  }

  /** The clock for leases jumps, or, by less than nothing, has stood still. */
  public void stepBootClock(long ns) {
    bootOffsetNs += ns;
  }

  public long wallOffsetMillis() {
    return wallOffsetMillis;
  }

  public void stepWallClock(long millis) {
    wallOffsetMillis += millis;
  }

  /** What every event of this process takes longer. */
  public long slowNs() {
    return slowNs;
  }

  public void slowDown(long byNs) {
    slowNs = byNs;
  }

  @Override
  public String toString() {
    return isWorld() ? "world" : "n" + node + "." + incarnation;
  }
}
