// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.spi.runtime.NodeRuntime;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Carries out an {@link Effect.Stop} that needs one more call of the registry, and adds its result
 * to the reason. The node stops when the registry has answered, or has failed, or has not answered
 * for the length of a lease: a registry that hangs delays a stop for no longer, and no other node
 * waits for this one. Called on the serial executor; the registry is asked on its blocking lane.
 */
final class FinalRegistryCall {
  private final NodeRuntime runtime;
  private final DoubtfulRegistry registry;
  private final Executor lane;
  private final long patienceNs;
  private final MembershipOutcome outcome;
  private final MembershipLog log;

  /**
   * Makes one that has asked nothing.
   *
   * @param lane runs the calls of the registry
   * @param patienceNs how long an answer is waited for
   */
  FinalRegistryCall(
      NodeRuntime runtime,
      DoubtfulRegistry registry,
      Executor lane,
      long patienceNs,
      MembershipOutcome outcome,
      MembershipLog log) {
    this.runtime = runtime;
    this.registry = registry;
    this.lane = lane;
    this.patienceNs = patienceNs;
    this.outcome = outcome;
    this.log = log;
  }

  /**
   * Stops a node whose incarnation is not newer than the last one of a view: the next start gets a
   * larger one.
   *
   * @param last the incarnation that the view knows
   */
  void stopOldIncarnation(Effect.Stop stop, long last) {
    stopAfter(
        stop,
        () -> {
          registry.recordIncarnation(last);
          return "; the registry knows again now: start once more";
        },
        "; unless it knows again all the same, the next start ends in the same way: set the clock"
            + " right, or start again when the registry answers");
  }

  /**
   * Stops a node that cannot form a view: says what the registry sees of the members that may run.
   *
   * @param mayRun these members
   */
  void stopUnformed(Effect.Stop stop, NodeSet mayRun) {
    stopAfter(stop, () -> registry.seenOfAll(mayRun), "");
  }

  /**
   * Stops after a call.
   *
   * @param call asks the registry; blocks; returns what the reason says in addition
   * @param otherwise what the reason says in addition if the call fails or does not return
   */
  private void stopAfter(Effect.Stop stop, Supplier<String> call, String otherwise) {
    AtomicBoolean stopped = new AtomicBoolean();
    Consumer<String> end =
        more -> {
          if (stopped.compareAndSet(false, true)) {
            outcome.stop(new WeftException(stop.code(), log.line(stop.why() + more)));
          }
        };
    runtime.schedule(
        patienceNs,
        () ->
            end.accept(
                ". The registry has not answered for "
                    + patienceNs / 1_000_000
                    + " ms when it was asked for the last time"
                    + otherwise));
    lane.execute(
        () -> {
          String more;
          try {
            more = call.get();
          } catch (RuntimeException failure) {
            more =
                ". The registry failed when it was asked for the last time: " + failure + otherwise;
          }
          end.accept(more);
        });
  }
}
