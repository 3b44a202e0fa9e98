// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.spi.directory.BucketMap;

/**
 * Carries out {@link Effect.Install}: puts a view in force in {@code Views}, the transport, the
 * directory and the cache, in this order. Runs on the serial executor; the cache is asked when no
 * message handler of an older epoch runs any more, on a thread of the transport.
 */
final class ViewInstaller {
  private final OwnNode node;
  private final boolean witness;
  private final BlockService blocks;
  private final AgreementLoop loop;
  private final ViewInForce inForce;
  private final MembershipOutcome outcome;
  private final MembershipLog log;

  /**
   * Makes one that has installed nothing.
   *
   * @param witness whether this node votes only: directory and cache get no view then
   */
  ViewInstaller(
      OwnNode node,
      boolean witness,
      BlockService blocks,
      AgreementLoop loop,
      ViewInForce inForce,
      MembershipOutcome outcome,
      MembershipLog log) {
    this.node = node;
    this.witness = witness;
    this.blocks = blocks;
    this.loop = loop;
    this.inForce = inForce;
    this.outcome = outcome;
    this.log = log;
  }

  void install(ViewRecord record) {
    View view = record.view();
    inForce.begin(record.epoch());
    node.views().install(view);
    evictOthers(record);
    log.info(
        "view %d of %s is in force, proposed by n%d",
        record.epoch(), NodeNames.names(record.belonging()), record.proposer());
    if (witness) {
      node.transport()
          .viewInstalled(
              () -> loop.execute((agreement, now) -> agreement.onInstalled(record.epoch(), now)));
      outcome.join(view);
    } else {
      BucketMap map = blocks.directory().mapOf(view, record.overrides().orElseThrow());
      blocks.directory().install(map);
      inForce.master(OwnBuckets.of(map, node.id()));
      node.transport().viewInstalled(() -> installCache(view, map));
    }
  }

  private void evictOthers(ViewRecord record) {
    for (ViewRecord.Entry entry : record.entries()) {
      boolean out = entry.state() == EntryState.OUT || entry.state() == EntryState.FENCED;
      if (out && isKnown(record, entry.node())) {
        node.transport().evict(entry.node(), entry.incarnation());
      }
    }
  }

  /** Whether the transport knows a node: it is a member, or was configured as one. */
  private boolean isKnown(ViewRecord record, int id) {
    return id != node.id()
        && (record.members().list().find(new NodeId(id)).isPresent()
            || node.settings().members().stream().anyMatch(member -> member.id().value() == id));
  }

  private void installCache(View view, BucketMap map) {
    long epoch = view.epoch().value();
    blocks
        .cache()
        .install(view, map)
        .whenComplete(
            (_, thrown) -> {
              if (thrown == null) {
                loop.execute((agreement, now) -> agreement.onInstalled(epoch, now));
              } else {
                inForce.onStepFailed(epoch, "installing the view", thrown);
              }
            });
  }
}
