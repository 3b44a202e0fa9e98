// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

/**
 * Notices that the clock by which a node judges its lease may have stood still, or gone back: the
 * wall clock has then gone on by more. That is how a virtual machine wakes up that its host has
 * held, or a restored copy of one. A wall clock that is set forward looks the same, so nothing
 * follows but a look at the registry. Owned by one serial executor.
 */
final class ClockWatch {
  private static final long NS_PER_MS = 1_000_000;

  private final long toleranceNs;
  private boolean hasLooked;
  private long bootNs;
  private long wallMillis;

  /**
   * Makes a watch.
   *
   * @param toleranceNs difference of two clocks between two looks that means nothing
   */
  ClockWatch(long toleranceNs) {
    this.toleranceNs = Math.max(toleranceNs, 10 * NS_PER_MS);
  }

  /** How far the wall clock has gone ahead of the other since the last look; 0: not noticeably. */
  long stoodStillNs(long nextBootNs, long nextWallMillis) {
    long boot = nextBootNs - bootNs;
    long wall = (nextWallMillis - wallMillis) * NS_PER_MS;
    boolean ahead = hasLooked && wall - boot > toleranceNs;
    hasLooked = true;
    bootNs = nextBootNs;
    wallMillis = nextWallMillis;
    return ahead ? wall - boot : 0;
  }
}
