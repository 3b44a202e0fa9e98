// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.peer.LimitedLog;
import io.weft.spi.session.HandshakeMessage.Refused;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Refuses callers with a reason. Each refusal is counted, and logged at most once a minute per
 * caller ({@link LimitedLog}). Thread-safe.
 */
final class Refusals {
  private static final Logger LOG = System.getLogger(Refusals.class.getName());

  private final TcpCounters counters;
  private final LimitedLog ofUnknown = new LimitedLog(System::nanoTime);

  /** Log limits by the id that callers claim, so that one caller does not hide another. */
  private final Map<Integer, LimitedLog> of = new ConcurrentHashMap<>();

  Refusals(TcpCounters counters) {
    this.counters = counters;
  }

  /**
   * Sends a caller the reason of its refusal, and closes the connection.
   *
   * @param caller the id that it claims, if that could be read
   * @param again whether the same refusal was sent before, so that it is not logged again
   */
  void refuse(HandshakeHandler handshake, OptionalInt caller, Refused refusal, boolean again) {
    counters.rejectedConnections().increment();
    String text = "refused " + handshake.address() + ": " + refusal.toException();
    if (again) {
      LOG.log(Level.DEBUG, text);
    } else {
      logOf(caller).warn(LOG, text);
    }
    handshake.sayAndClose(refusal);
  }

  private LimitedLog logOf(OptionalInt caller) {
    return caller.isPresent() && caller.getAsInt() <= NodeId.MAX
        ? of.computeIfAbsent(caller.getAsInt(), _ -> new LimitedLog(System::nanoTime))
        : ofUnknown;
  }

  /** A caller has not sent a valid hello. */
  void onRejected(WeftException reason) {
    counters.rejectedConnections().increment();
    ofUnknown.warn(LOG, "rejected a connection: " + reason);
  }
}
