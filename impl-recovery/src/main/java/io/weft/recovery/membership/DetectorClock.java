// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.membership.FailureDetector;
import java.util.Optional;

/**
 * The clock of the failure detector: it stands still while this process does, so that a pause is
 * not taken for the silence of all others. Owned by {@link ViewAgreement}.
 */
final class DetectorClock {
  private final FailureDetector detector;
  private final long heartbeatNs;
  private long tickNs = MembershipLease.NEVER;
  private long detectorNs;

  DetectorClock(FailureDetector detector, long heartbeatNs) {
    this.detector = detector;
    this.heartbeatNs = heartbeatNs;
  }

  /** Begins to run. */
  void start(long now) {
    tickNs = now;
  }

  /** A heartbeat of this node is due: it does not stand still. */
  void tick(long now) {
    detectorNs = time(now);
    tickNs = now;
  }

  /** The time of this clock; no more than two heartbeats after the last tick. */
  long time(long now) {
    return tickNs == MembershipLease.NEVER
        ? detectorNs
        : detectorNs + Math.min(now - tickNs, 2 * heartbeatNs);
  }

  /** A watch over a peer that counts from now on; none if nothing is expected of it. */
  Optional<FailureDetector.Watch> watch(PeerState peer, long now) {
    return peer.expectedNs() == 0
        ? Optional.empty()
        : Optional.of(detector.watch(time(now), peer.expectedNs()));
  }
}
