// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.spi.session.LamportClock;
import io.weft.spi.view.Views;
import java.util.ArrayList;
import java.util.List;

/**
 * One life of a node, from its start to the end of its process: what belongs to it happens only
 * while it lives, and waits while it is paused. The world outside the nodes has lives, too, that
 * never end.
 */
public final class Life {
  /** The world, as far as it has to do with a node, or with none. */
  private static final long WORLD = 0;

  private final int index;
  private final int node;
  private final long incarnation;
  private final Views views;
  private final LamportClock clock = new LamportClock();
  private final List<Event> heldBack = new ArrayList<>();
  private boolean dead;
  private boolean paused;
  private boolean stopped;
  private boolean gaveUp;
  private long wallOffsetMillis;
  private long slowNs;

  private Life(int index, int node, long incarnation, Simulation simulation) {
    this.index = index;
    this.node = node;
    this.incarnation = incarnation;
    this.views = new Views(simulation::now);
  }

  /**
   * A life of a node.
   *
   * @param index counts the lives of all nodes, from 0
   */
  static Life of(int index, int node, long incarnation, Simulation simulation) {
    return new Life(index, node, incarnation, simulation);
  }

  static Life world(int node, Simulation simulation) {
    return new Life(-1, node, WORLD, simulation);
  }

  int index() {
    return index;
  }

  int node() {
    return node;
  }

  long incarnation() {
    return incarnation;
  }

  boolean isWorld() {
    return incarnation == WORLD;
  }

  Views views() {
    return views;
  }

  LamportClock clock() {
    return clock;
  }

  /** Whether the process has ended: nothing happens at it any more. */
  boolean isDead() {
    return dead;
  }

  void die() {
    dead = true;
    heldBack.clear();
  }

  boolean isPaused() {
    return paused;
  }

  void pause() {
    paused = true;
  }

  /** Goes on, and returns what would have happened meanwhile. */
  List<Event> resume() {
    paused = false;
    List<Event> late = List.copyOf(heldBack);
    heldBack.clear();
    return late;
  }

  void holdBack(Event event) {
    heldBack.add(event);
  }

  /** Whether the node has failed: its process is about to end, and must be silent. */
  boolean isStopped() {
    return stopped;
  }

  void stop() {
    stopped = true;
  }

  /** Whether anything can happen at it now. */
  boolean isRunning() {
    return !dead && !paused && !stopped;
  }

  /** Whether it may trust what it holds. */
  boolean isLeased() {
    return !dead && !stopped && !gaveUp && views.leaseHolds();
  }

  /** Whether it leaves as planned, and says that it has nothing any more. */
  boolean hasGivenUp() {
    return gaveUp;
  }

  /** It has nothing any more, and has said so. */
  void giveUp() {
    gaveUp = true;
  }

  long wallOffsetMillis() {
    return wallOffsetMillis;
  }

  void stepWallClock(long millis) {
    wallOffsetMillis += millis;
  }

  /** What every event of this life takes longer. */
  long slowNs() {
    return slowNs;
  }

  void slowDown(long byNs) {
    slowNs = byNs;
  }

  @Override
  public String toString() {
    return isWorld() ? "world" : "n" + node + "." + incarnation;
  }
}
