// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.spi.runtime.NodeRuntime;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;

/**
 * Asks the registry whether the process of an incarnation has ended: carries out {@link
 * Effect.AskStopped}, {@link Effect.LookAtLock} and {@link Effect.DistrustLocks}. Called on the
 * serial executor; the registry is asked on a blocking lane of its own.
 */
final class LockQueries {
  private final NodeRuntime runtime;
  private final DoubtfulRegistry registry;
  private final Executor lane;
  private final AgreementLoop loop;
  private final MembershipLog log;

  /**
   * Makes one that has asked nothing.
   *
   * @param lane runs the calls of the registry
   */
  LockQueries(
      NodeRuntime runtime,
      DoubtfulRegistry registry,
      Executor lane,
      AgreementLoop loop,
      MembershipLog log) {
    this.runtime = runtime;
    this.registry = registry;
    this.lane = lane;
    this.loop = loop;
    this.log = log;
  }

  /** Asks, after a delay, whether an incarnation has ended. */
  void askStopped(Effect.AskStopped ask) {
    if (ask.delayNs() == 0) {
      lane.execute(() -> findOutStopped(ask.incarnation()));
    } else {
      runtime.schedule(ask.delayNs(), () -> lane.execute(() -> findOutStopped(ask.incarnation())));
    }
  }

  private void findOutStopped(NodeIncarnation incarnation) {
    boolean stopped = false;
    try {
      stopped = registry.hasStopped(incarnation.node(), incarnation.number(), false);
    } catch (WeftException e) {
      log.write(Level.DEBUG, () -> "cannot find out whether " + incarnation + " has stopped: " + e);
    }
    boolean answer = stopped;
    loop.execute((agreement, now) -> agreement.onStopAnswer(incarnation, answer, now));
  }

  /** Asks whether the lock of a connected incarnation is free. */
  void lookAtLock(NodeIncarnation incarnation) {
    lane.execute(
        () -> {
          try {
            boolean free = registry.hasStopped(incarnation.node(), incarnation.number(), false);
            loop.execute((agreement, now) -> agreement.onLockLook(incarnation, free, now));
          } catch (WeftException e) {
            log.write(Level.DEBUG, () -> "cannot look at the lock of " + incarnation + ": " + e);
            loop.execute((agreement, _) -> agreement.onLockUnknown(incarnation));
          }
        });
  }

  /** The locks of the registry do not work between the nodes. */
  void distrust(String why) {
    registry.distrust();
    log.write(
        Level.WARNING,
        () ->
            why
                + "; from here on this node does not take a free lock as proof that a process has"
                + " ended, kills no process, and waits for leases");
  }
}
