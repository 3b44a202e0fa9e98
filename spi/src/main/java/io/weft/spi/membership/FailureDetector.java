// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import java.util.Locale;

/**
 * Estimates from the arrival of heartbeats whether a peer has failed. Creates one {@link Watch} for
 * each session with a peer.
 *
 * <ul>
 *   <li>Rule FD-1: pure: time is passed in as an argument only, in monotonic nanoseconds.
 *   <li>Rule FD-2: complete: a peer whose heartbeats stop is suspected after a finite time, and
 *       stays suspected until the next heartbeat arrives.
 *   <li>Rule FD-3: a watch is used by one thread at a time.
 * </ul>
 */
public interface FailureDetector {
  /** Short name for reports. */
  String name();

  /**
   * Starts to watch a peer from which a message has just arrived.
   *
   * @param nowNs the current time in monotonic nanoseconds
   * @param intervalNs the heartbeat interval of the peer in nanoseconds
   */
  Watch watch(long nowNs, long intervalNs);

  /** The heartbeat history of one peer. */
  interface Watch {
    /** Records that a heartbeat, or any other message, has arrived. */
    void heard(long nowNs);

    /** The suspicion level at {@code nowNs}, 0 or larger. The peer is suspected from 1 on. */
    double suspicion(long nowNs);

    /**
     * The evidence behind the suspicion level, as text for an operator: how long the peer has been
     * silent, and how long a silence is tolerated.
     */
    default String evidence(long nowNs) {
      return String.format(Locale.ROOT, "suspicion %.2f, suspected from 1 on", suspicion(nowNs));
    }
  }
}
