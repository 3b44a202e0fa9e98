// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.tcp.HandshakeMessage.Refused;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Tells callers why they are not wanted, and people that they called: each is counted, and named
 * once a minute at most ({@link Complaints}). Thread-safe.
 */
final class Refusals {
  private static final Logger LOG = System.getLogger(Refusals.class.getName());

  private final TcpCounters counters;
  private final Complaints ofStrangers = new Complaints(System::nanoTime);

  /** By the id that callers give: each that is refused is named, whoever else is. */
  private final Complaints[] of = new Complaints[NodeId.MAX + 1];

  Refusals(TcpCounters counters) {
    this.counters = counters;
    Arrays.setAll(of, _ -> new Complaints(System::nanoTime));
  }

  /**
   * Tells a caller why it is not wanted, and hangs up.
   *
   * @param caller the id that it gives itself, if that could be read
   * @param again whether it has been told before
   */
  void refuse(HandshakeHandler handshake, OptionalInt caller, Refused refusal, boolean again) {
    counters.rejectedConnections().increment();
    String text = "refused " + handshake.address() + ": " + refusal.toException();
    if (again) {
      LOG.log(Level.DEBUG, text);
    } else {
      boolean known = caller.isPresent() && caller.getAsInt() < of.length;
      (known ? of[caller.getAsInt()] : ofStrangers).warn(LOG, text);
    }
    handshake.sayAndClose(refusal);
  }

  /** A caller never introduced itself properly. */
  void onRejected(WeftException reason) {
    counters.rejectedConnections().increment();
    ofStrangers.warn(LOG, "rejected a connection: " + reason);
  }
}
