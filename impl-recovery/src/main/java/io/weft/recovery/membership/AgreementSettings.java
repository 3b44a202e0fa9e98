// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.redo.LogDevice;

/**
 * What {@link ViewAgreement} has to know.
 *
 * @param node this node
 * @param incarnation its incarnation
 * @param witness whether it votes only
 * @param configured the configured members, which count until there is a record
 * @param spread how many nodes watch each other and vote
 * @param timing durations
 * @param texts what messages for operators call the storage
 * @param rules which rules are followed
 */
record AgreementSettings(
    int node,
    long incarnation,
    boolean witness,
    AgreedMembers configured,
    Spread spread,
    Timing timing,
    Texts texts,
    AgreementRules rules) {
  /** Parts of a lease that are a round. */
  private static final int ROUNDS_OF_A_LEASE = 8;

  /**
   * How the work of a large cluster is spread.
   *
   * @param watchers how many nodes watch each node at every heartbeat
   * @param electors how many nodes vote if the cluster has more
   */
  record Spread(int watchers, int electors) {
    /** The rule by which the electors are chosen. */
    Electors choice() {
      return new Electors(Math.max(watchers + 1, electors), electors);
    }

    /** Whether so many members are too many for a full mesh of heartbeats. */
    boolean isSparse(int members) {
      return members > watchers + 1;
    }
  }

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

    /** Heartbeats from one status of a hub to the next, in a cluster that is no full mesh. */
    long beatsOfARound() {
      return Math.max(1, leaseNs / ROUNDS_OF_A_LEASE / heartbeatNs);
    }

    /** Interval at which hubs exchange statuses with all, in a cluster that is no full mesh. */
    long roundNs() {
      return beatsOfARound() * heartbeatNs;
    }
  }

  /**
   * What messages for operators call the storage.
   *
   * @param registry what and where the registry is
   * @param logs what and where the redo logs are
   */
  record Texts(String registry, String logs) {}

  static AgreementSettings of(
      MembershipSettings settings, NodeSettings node, SharedStorage storage, AgreementRules rules) {
    ClusterRegistry registry = storage.registry();
    LogDevice logs = storage.logs();
    return new AgreementSettings(
        node.nodeId().value(),
        node.incarnation(),
        settings.witness(),
        AgreedMembers.first(node.members()),
        new Spread(settings.watchers(), settings.electors()),
        new Timing(
            settings.lease().toNanos(),
            settings.drift(),
            settings.heartbeat().toNanos(),
            settings.formWait().toNanos()),
        new Texts(
            registry.place().map(StoragePlace::where).orElse("registry " + registry.name()),
            logs.place().map(StoragePlace::where).orElse("log device " + logs.name())),
        rules);
  }
}
