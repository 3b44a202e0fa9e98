// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.NodeId;
import io.weft.spi.metrics.Counter;
import io.weft.spi.session.HandshakeMessage.Refused;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Refuses callers with a reason. Each refusal is counted, and logged at most once a minute per
 * caller ({@link LimitedLog}). Thread-safe.
 */
public final class Refusals {
  private static final Logger LOG = System.getLogger(Refusals.class.getName());

  private final Counter rejected;
  private final LongSupplier clock;
  private final LimitedLog ofUnknown;

  /** Log limits by the id that callers claim, so that one caller does not hide another. */
  private final Map<Integer, LimitedLog> of = new ConcurrentHashMap<>();

  /**
   * Nobody has been refused yet.
   *
   * @param rejected counts the refusals
   * @param clock monotonic time in nanoseconds
   */
  public Refusals(Counter rejected, LongSupplier clock) {
    this.rejected = rejected;
    this.clock = clock;
    this.ofUnknown = new LimitedLog(clock);
  }

  /**
   * Sends a caller the reason of its refusal, and closes the connection.
   *
   * @param caller the id that it claims, if that could be read
   * @param again whether the same refusal was sent before, so that it is not logged again
   */
  public void refuse(Handshake handshake, OptionalInt caller, Refused refusal, boolean again) {
    rejected.increment();
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
        ? of.computeIfAbsent(caller.getAsInt(), _ -> new LimitedLog(clock))
        : ofUnknown;
  }

  /** A caller has not made a valid connection, or not sent a valid hello. */
  public void onRejected(Exception reason) {
    rejected.increment();
    ofUnknown.warn(LOG, "rejected a connection: " + reason);
  }
}
