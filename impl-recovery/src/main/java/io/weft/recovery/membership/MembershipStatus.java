// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.ClusterState;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.NodeState;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.Membership.Joining;
import io.weft.spi.node.NodeSettings;
import java.util.Optional;

/**
 * The status of the cluster and its nodes as operators see it. Written by the serial executor after
 * each event, read by any thread.
 */
final class MembershipStatus {
  private final int self;
  private final CoherentCache cache;
  private final AgreementClock clock;
  private final MembershipOutcome outcome;
  private final NodeStates states;

  private volatile ClusterState clusterState = ClusterState.INITIALIZING;
  private volatile Joining joining = Joining.UNKNOWN;
  private volatile AgreedMembers members;
  private volatile NodeSet electors = NodeSet.NONE;

  MembershipStatus(
      NodeSettings node, CoherentCache cache, AgreementClock clock, MembershipOutcome outcome) {
    this.self = node.nodeId().value();
    this.members = AgreedMembers.first(node.members());
    this.states = new NodeStates(NodeId.MAX + 1);
    this.cache = cache;
    this.clock = clock;
    this.outcome = outcome;
  }

  // ---- any thread

  ClusterState clusterState() {
    return clusterState;
  }

  NodeState stateOf(NodeId node) {
    return states.of(node.value());
  }

  Joining joining() {
    return outcome.isJoinOver() ? Joining.UNKNOWN : joining;
  }

  NodeSet electors() {
    return electors;
  }

  AgreedMembers members() {
    return members;
  }

  // ---- serial executor

  /** What this node waits for before it asks to join. */
  void waitsToStart(String what) {
    joining = new Joining(0, what);
  }

  /**
   * Publishes how the agreement stands after an event.
   *
   * @param eventNs time of the event
   * @param redoTrouble why the redo of failed nodes cannot be read; empty if it can
   */
  void publish(ViewAgreement agreement, long eventNs, Optional<String> redoTrouble) {
    MembershipPhase phase = agreement.phase();
    if (!outcome.isJoinOver()) {
      String waitsFor =
          switch (phase) {
            case STARTING -> joining.waitsFor();
            case JOINING -> agreement.waitsFor(eventNs);
            case MEMBER ->
                redoTrouble
                    .or(cache::recoveryWaitsFor)
                    .orElseGet(() -> "the recovery of view " + agreement.epoch());
            case LEAVING, GONE -> "";
          };
      joining = new Joining(agreement.advances(), waitsFor);
    }
    electors = agreement.electors();
    takeIn(agreement.members());
    boolean complete = agreement.complete() >= agreement.epoch();
    become(clusterState(agreement, complete));
    for (Member member : members.list().members()) {
      int id = member.id().value();
      states.become(id, id == self ? ownState(phase, complete) : stateOf(agreement, id));
    }
  }

  /** A node that is no member any more is down. */
  private void takeIn(AgreedMembers next) {
    if (!next.equals(members)) {
      NodeSet gone = members.list().ids().minus(next.list().ids());
      members = next;
      gone.forEach(node -> states.become(node, NodeState.DOWN));
    }
  }

  private void become(ClusterState next) {
    if (clusterState.mayBecome(next)) {
      clusterState = next;
    }
  }

  private ClusterState clusterState(ViewAgreement agreement, boolean complete) {
    return switch (agreement.phase()) {
      case STARTING -> ClusterState.INITIALIZING;
      case JOINING -> ClusterState.FORMING;
      case MEMBER ->
          !complete
              ? ClusterState.RECOVERING
              : isWhole(agreement) ? ClusterState.OPERATIONAL : ClusterState.DEGRADED;
      case LEAVING -> ClusterState.SHUTTING_DOWN;
      case GONE -> ClusterState.STOPPED;
    };
  }

  private boolean isWhole(ViewAgreement agreement) {
    NodeSet belonging = agreement.known().map(ViewRecord::belonging).orElse(NodeSet.NONE);
    return belonging.size() == members.list().members().size();
  }

  private static NodeState ownState(MembershipPhase phase, boolean complete) {
    return switch (phase) {
      case STARTING, GONE -> NodeState.DOWN;
      case JOINING -> NodeState.JOINING;
      case MEMBER -> complete ? NodeState.HEALTHY : NodeState.RECOVERING;
      case LEAVING -> NodeState.LEAVING;
    };
  }

  private NodeState stateOf(ViewAgreement agreement, int id) {
    PeerState peer = agreement.peer(id).orElseThrow();
    long incarnation = agreement.known().map(record -> record.incarnation(id)).orElse(0L);
    if (agreement.known().filter(record -> record.has(id, incarnation)).isEmpty()) {
      return peer.isJoining() ? NodeState.JOINING : NodeState.DOWN;
    }
    if (agreement.isSuspected(id, clock.now())) {
      return NodeState.SUSPECTED;
    }
    if (peer.isLeaving(incarnation)) {
      return NodeState.LEAVING;
    }
    boolean recovered =
        agreement.complete() >= agreement.epoch()
            || peer.status(incarnation)
                .filter(status -> status.progress().recovered() >= agreement.epoch())
                .isPresent();
    return recovered ? NodeState.HEALTHY : NodeState.RECOVERING;
  }
}
