// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.ErrorCode;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.StorageIdentity;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Carries out {@link Effect.ReadRegistry}: reads the newest view record, and compares its terms
 * with those of this node. Called on the serial executor; the registry is asked on its blocking
 * lane.
 */
final class RegistryReader {
  private final OwnNode node;
  private final DoubtfulRegistry registry;
  private final StorageIdentity storage;
  private final ViewRecords records;
  private final AgreementRules rules;
  private final AgreementLoop loop;
  private final Executor lane;
  private final MembershipOutcome outcome;

  /**
   * Makes one that has read nothing.
   *
   * @param lane runs the calls of the registry
   */
  RegistryReader(
      OwnNode node,
      DoubtfulRegistry registry,
      StorageIdentity storage,
      ViewRecords records,
      AgreementRules rules,
      AgreementLoop loop,
      Executor lane,
      MembershipOutcome outcome) {
    this.node = node;
    this.registry = registry;
    this.storage = storage;
    this.records = records;
    this.rules = rules;
    this.loop = loop;
    this.lane = lane;
    this.outcome = outcome;
  }

  /**
   * Begins to read; returns at once.
   *
   * @param requests reads the requests to change the members, if this node has to know them
   */
  void read(Supplier<List<ClusterRegistry.Request>> requests) {
    long start = loop.now();
    lane.execute(() -> readSince(start, requests));
  }

  private void readSince(long start, Supplier<List<ClusterRegistry.Request>> pending) {
    try {
      List<ClusterRegistry.Request> requests = pending.get();
      Optional<ViewRecord> newest = records.newest();
      storage.formed(newest.filter(r -> r.foreign().isEmpty()).map(ViewRecord::epoch).orElse(0L));
      if (newest.flatMap(ViewRecord::foreign).isPresent()) {
        onForeignRecord(start, newest.get());
      } else {
        long begun = rules.leaseBegins(start, loop.now());
        loop.execute(
            (agreement, now) -> {
              agreement.onRequests(requests);
              agreement.onRegistryRead(begun, newest, now);
            });
      }
    } catch (WeftException e) {
      if (e.code().equals(MembershipErrors.REGISTRY_UNAVAILABLE)) {
        loop.execute((agreement, now) -> agreement.onRegistryFailed(e.getMessage(), now));
      } else {
        outcome.stop(e);
      }
    }
  }

  /** Finds out which nodes of a view of other terms still run. Blocks. */
  private void onForeignRecord(long start, ViewRecord record) {
    ViewRecord.Terms terms = record.foreign().orElseThrow();
    boolean otherStorage = !terms.storage().equals(storage.id());
    if (otherStorage && storage.isLasting()) {
      throw new WeftException(
          MembershipErrors.OTHER_STORAGE, node.settings().nodeId() + ": " + storageDiffers());
    }
    NodeSet running = running(record);
    ErrorCode code =
        otherStorage ? MembershipErrors.OTHER_STORAGE : MembershipErrors.SETTINGS_DIFFER;
    String why =
        (otherStorage ? storageDiffers() : settingsDiffer(terms))
            + (running.isEmpty() ? "" : registry.seenOfAll(running));
    loop.execute(
        (agreement, now) -> agreement.onForeignRecord(start, record, running, code, why, now));
  }

  /** The other members of a view that have not certainly ended. Blocks. */
  private NodeSet running(ViewRecord record) {
    NodeSet.Builder running = new NodeSet.Builder();
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.state().belongs()
          && entry.node() != node.id()
          && !registry.hasStopped(entry.node(), entry.incarnation(), false)) {
        running.add(entry.node());
      }
    }
    return running.build();
  }

  private String storageDiffers() {
    return "the registry belongs to another storage than the one that this node works on, "
        + storage.where()
        + "; let all nodes name the same storage";
  }

  private String settingsDiffer(ViewRecord.Terms terms) {
    return "they run with other settings than this node: "
        + terms
            .settings()
            .map(theirs -> node.settings().agreed().differences("here", theirs, "there"))
            .orElse("those of view records without settings")
        + "; set them alike, or stop all nodes, change them on all, and start all again";
  }
}
