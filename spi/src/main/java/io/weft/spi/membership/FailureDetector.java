// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import java.util.Locale;

/**
 * Judges from the arrival of heartbeats whether a peer is alive. Makes one {@link Watch} for each
 * session with a peer.
 *
 * <ul>
 *   <li>Rule FD-1: pure: time comes in through the arguments only, in monotonic nanoseconds.
 *   <li>Rule FD-2: complete: a peer whose heartbeats end is suspected some time later, and stays so
 *       until the next one arrives.
 *   <li>Rule FD-3: a watch is used by one thread at a time.
 * </ul>
 */
public interface FailureDetector {
  /** Short name for reports. */
  String name();

  /**
   * Begins to watch a peer that is heard of now.
   *
   * @param intervalNs how often it sends a heartbeat
   */
  Watch watch(long nowNs, long intervalNs);

  /** What is known of one peer. */
  interface Watch {
    /** A heartbeat, or any other message, has arrived. */
    void heard(long nowNs);

    /** How suspicious the silence is; 0 is none, 1 and more is a suspicion. */
    double suspicion(long nowNs);

    /**
     * On what the suspicion rests, for people: how long the silence is, and how long it might be.
     */
    default String evidence(long nowNs) {
      return String.format(Locale.ROOT, "suspicion %.2f, suspected from 1 on", suspicion(nowNs));
    }
  }
}
