// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.Member;
import io.weft.api.NodeSet;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.redo.LogDevice;
import java.util.function.IntFunction;

/**
 * What {@link ViewAgreement} has to know.
 *
 * @param node this node
 * @param incarnation its incarnation
 * @param witness whether it votes only
 * @param configured all nodes of the configuration
 * @param timing durations
 * @param texts what messages for operators call nodes and storage
 */
record AgreementSettings(
    int node, long incarnation, boolean witness, NodeSet configured, Timing timing, Texts texts) {
  /**
   * Durations, in nanoseconds unless it says otherwise.
   *
   * @param leaseNs length of a lease, the same at all nodes
   * @param driftPercent how much the clocks of two nodes may differ in speed
   * @param heartbeatNs interval of the heartbeats
   * @param formWaitNs how long a quorum waits for the other nodes at a cold start
   */
  record Timing(long leaseNs, int driftPercent, long heartbeatNs, long formWaitNs) {
    /** Interval at which the registry is read. */
    long registryNs() {
      return leaseNs / 4;
    }
  }

  /**
   * What messages for operators call nodes and storage.
   *
   * @param registry what and where the registry is
   * @param logs what and where the redo logs are
   * @param names names nodes, with their addresses
   */
  record Texts(String registry, String logs, IntFunction<String> names) {}

  static AgreementSettings of(
      MembershipSettings settings, NodeSettings node, SharedStorage storage) {
    NodeSet.Builder configured = new NodeSet.Builder();
    for (Member member : node.members()) {
      configured.add(member.id().value());
    }
    ClusterRegistry registry = storage.registry();
    LogDevice logs = storage.logs();
    return new AgreementSettings(
        node.nodeId().value(),
        node.incarnation(),
        settings.witness(),
        configured.build(),
        new Timing(
            settings.lease().toNanos(),
            settings.drift(),
            settings.heartbeat().toNanos(),
            settings.formWait().toNanos()),
        new Texts(
            registry.place().map(StoragePlace::where).orElse("registry " + registry.name()),
            logs.place().map(StoragePlace::where).orElse("log device " + logs.name()),
            id -> name(node, id)));
  }

  private static String name(NodeSettings node, int id) {
    return node.members().stream()
        .filter(member -> member.id().value() == id)
        .findFirst()
        .map(member -> "n" + id + " at " + member.host() + ":" + member.port())
        .orElse("n" + id + ", which is not in weft.members any more,");
  }
}
