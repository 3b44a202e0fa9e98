// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.runtime.Setback;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Carries out {@link Effect.CheckLogs} and {@link Effect.Propose}: checks the redo logs, and writes
 * the proposed record to the registry. Called on the serial executor; logs and registry are asked
 * on two blocking lanes, so that a log device that hangs does not delay the registry.
 */
final class ProposalWriter {
  private final ViewRecords records;
  private final FailedNodeLogs logs;
  private final AgreementRules rules;
  private final NumberSupply numbers;
  private final BlockingLanes lanes;
  private final AgreementLoop loop;
  private final MembershipOutcome outcome;
  private final MembershipLog log;
  private final Setback failures;

  ProposalWriter(
      ViewRecords records,
      FailedNodeLogs logs,
      AgreementRules rules,
      NumberSupply numbers,
      BlockingLanes lanes,
      AgreementLoop loop,
      MembershipOutcome outcome,
      MembershipLog log) {
    this.records = records;
    this.logs = logs;
    this.rules = rules;
    this.numbers = numbers;
    this.lanes = lanes;
    this.loop = loop;
    this.outcome = outcome;
    this.log = log;
    this.failures = log.setback();
  }

  /** Begins to check the redo logs before a proposal; returns at once. */
  void checkLogs(Effect.Propose order) {
    lanes
        .logChecks()
        .execute(
            () ->
                guarded(
                    () -> {
                      try {
                        logs.check(order);
                        loop.execute((agreement, now) -> agreement.onLogsChecked(order, now));
                      } catch (WeftException e) {
                        lanes.registry().execute(() -> guarded(() -> onNotProposed(order, e)));
                      }
                    }));
  }

  /**
   * Begins to write the record; returns at once. Any thread.
   *
   * @param completed computes the record that is written
   */
  void propose(Effect.Propose order, Supplier<ViewRecord> completed) {
    lanes.registry().execute(() -> guarded(() -> write(order, completed)));
  }

  /** A task of a proposal that throws an unexpected exception would leave it open for ever. */
  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      outcome.onThrown(e);
    }
  }

  private void write(Effect.Propose order, Supplier<ViewRecord> completed) {
    long start = loop.now();
    try {
      if (order.forms()) {
        numbers.begin(); // nodes that have stopped since may have used more
      }
      ViewRecord record = completed.get();
      Optional<ViewRecord> accepted =
          records.propose(record) ? Optional.of(record) : Optional.empty();
      failures.overcome();
      long begun = rules.leaseBegins(start, loop.now());
      loop.execute((agreement, now) -> agreement.onProposed(begun, order.record(), accepted, now));
    } catch (WeftException e) {
      onNotProposed(order, e);
    }
  }

  /** A proposal has failed, or may not be made. Asks the registry, so it blocks. */
  private void onNotProposed(Effect.Propose order, WeftException e) {
    ViewRecord record = order.record();
    long start = loop.now();
    if (isOvertaken(order, e)) {
      loop.execute((agreement, now) -> agreement.onProposed(start, record, Optional.empty(), now));
      return;
    }
    if (e.code().equals(MembershipErrors.REGISTRY_UNAVAILABLE)) {
      long waitNs =
          failures.met(
              () ->
                  log.line(
                      "view "
                          + record.epoch()
                          + " has to wait, the registry does not take it: "
                          + e.getMessage()));
      loop.execute(
          (agreement, now) -> agreement.onProposeFailed(record, e.getMessage(), waitNs, now));
    } else {
      outcome.stop(e);
    }
  }

  /**
   * Whether the registry has a newer record than the one that a proposal follows: if others have
   * gone on while this node was held up, the logs are those of their view.
   */
  private boolean isOvertaken(Effect.Propose order, WeftException e) {
    if (e.code().equals(MembershipErrors.REGISTRY_UNAVAILABLE)) {
      return false;
    }
    try {
      return records.hasReached(order.record().epoch());
    } catch (WeftException unread) {
      e.addSuppressed(unread);
      return false;
    }
  }
}
