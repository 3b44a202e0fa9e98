// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.runtime.Setback;
import io.weft.spi.view.Views;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * The requests in the registry to change the members: reads those that are pending, and carries out
 * {@link Effect.AnswerRequest}. A registry that fails here costs no lease: a request stays pending,
 * and comes again with the next read. Thread-safe.
 */
final class RequestBox {
  private final ClusterRegistry registry;
  private final Views views;
  private final AgreementLoop loop;
  private final Executor lane;
  private final MembershipOutcome outcome;
  private final MembershipLog log;
  private final Setback failures;

  /**
   * For the node with these views.
   *
   * @param lane runs the calls of the registry that answer
   */
  RequestBox(
      ClusterRegistry registry,
      Views views,
      AgreementLoop loop,
      Executor lane,
      MembershipOutcome outcome,
      MembershipLog log) {
    this.registry = registry;
    this.views = views;
    this.loop = loop;
    this.lane = lane;
    this.outcome = outcome;
    this.log = log;
    this.failures = log.setback();
  }

  /** The pending requests; none if they cannot be read. Blocks. */
  List<ClusterRegistry.Request> pending() {
    try {
      List<ClusterRegistry.Request> pending = registry.requests();
      failures.overcome();
      return pending;
    } catch (WeftException e) {
      failures.met(
          () -> log.line("cannot read the requests to change the members: " + e.getMessage()));
      return List.of();
    }
  }

  /** Answers a request, unless the lease is over: then another member may carry it out. */
  void give(Effect.AnswerRequest order) {
    lane.execute(
        () -> {
          try {
            if (views.leaseHolds()) {
              registry.answer(order.number(), order.answer().encode());
              log.info(
                  "request %d to change the members is %s",
                  order.number(),
                  order.answer().isDone()
                      ? "carried out"
                      : "refused: " + order.answer().toException().getMessage());
              loop.execute((agreement, now) -> agreement.onAnswered(now));
            }
          } catch (WeftException e) {
            failures.met(
                () ->
                    log.line(
                        "cannot answer request "
                            + order.number()
                            + " to change the members: "
                            + e.getMessage()));
          } catch (RuntimeException e) {
            outcome.onThrown(e);
          }
        });
  }
}
