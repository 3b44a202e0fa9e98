// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import io.weft.spi.membership.MembershipErrors;

/**
 * Decides which nodes this node cannot work with, and finds out which have certainly stopped: asks
 * the registry about those that are suspected, and whether its locks mean anything. Suspicions
 * decide which nodes go; nothing of the safety depends on them. Owned by {@link ViewAgreement}.
 */
final class Suspicions {
  /** First wait before the registry is asked again whether an incarnation has ended. */
  private static final long FIRST_ASK_NS = 2_000_000;

  private final AgreementState state;
  private final AgreementSettings settings;
  private final KnownPeers peers;
  private final DetectorClock clock;
  private final WatchPlan plan;
  private NodeSet suspects = NodeSet.NONE;

  /** Whether a node answers that has ended according to the registry. */
  private boolean distrusts;

  Suspicions(AgreementState state, DetectorClock clock, WatchPlan plan) {
    this.plan = plan;
    this.state = state;
    this.settings = state.settings();
    this.peers = state.peers();
    this.clock = clock;
  }

  // ---- suspected nodes

  /** Members that cannot be worked with, or that a newcomer does not reach. */
  NodeSet suspects() {
    return suspects;
  }

  boolean suspects(int node) {
    return suspects.contains(node);
  }

  /** Whether a node that belongs to the view cannot be worked with. */
  boolean isSuspected(int node, long now) {
    return state
        .known()
        .flatMap(record -> record.entry(node))
        .filter(entry -> entry.state().belongs() && entry.node() != settings.node())
        .filter(entry -> peers.get(node).hasFailed(entry.incarnation(), clock.time(now)))
        .isPresent();
  }

  /** The nodes that have said of late that they suspect a node. */
  NodeSet suspectedBy(int node) {
    NodeSet.Builder nodes = new NodeSet.Builder();
    for (PeerState peer : peers.all()) {
      if (peer.status().filter(status -> status.suspects().contains(node)).isPresent()) {
        nodes.add(peer.node());
      }
    }
    return nodes.build();
  }

  /**
   * What this node knows of why it is out; the record has no reasons, the suspecting nodes log
   * them.
   */
  String whyOut() {
    NodeSet by = suspectedBy(settings.node());
    return by.isEmpty()
        ? "they did not hear of it for too long, or it was told to end; their logs say why"
        : NodeNames.names(by) + " have said that they suspect it; their logs say why";
  }

  /**
   * Watches over the members of a view from its beginning, though they may never connect. In a
   * cluster that is no full mesh, only over those from which this node has to hear.
   */
  void watch(ViewRecord record, long now) {
    NodeSet members = record.belonging();
    for (PeerState peer : peers.all()) {
      long expectedNs = plan.expectedNs(peer.node());
      if (peer.expectedNs() != expectedNs) {
        peer.expect(expectedNs);
      }
      if (members.contains(peer.node())) {
        clock.watch(peer, now).ifPresent(peer::watch);
      }
    }
  }

  /**
   * Members that others suspect, and that this node does not watch as closely: all their watchers
   * have to say so, but those that are suspected themselves, and at least two of them. A node is
   * not taken out on the word of one.
   */
  NodeSet reported() {
    NodeSet reported = NodeSet.NONE;
    if (!plan.isSparse()) {
      return reported;
    }
    NodeSet members = state.newest().belonging().minus(suspects).without(settings.node());
    NodeSet doubted = NodeSet.NONE;
    for (PeerState peer : peers.all()) {
      if (peer.status().filter(status -> !status.suspects().isEmpty()).isPresent()) {
        doubted = doubted.union(saidBy(peer));
      }
    }
    doubted = doubted.intersection(members);
    boolean more = !doubted.isEmpty();
    while (more) { // a node that is taken for failed watches no other
      NodeSet before = reported;
      NodeSet failed = suspects.union(reported);
      for (int node = doubted.next(0); node >= 0; node = doubted.next(node + 1)) {
        if (isReported(node, plan.watchersOf(node).minus(failed))) {
          reported = reported.with(node);
        }
      }
      more = !reported.equals(before);
    }
    return reported;
  }

  private boolean isReported(int node, NodeSet watchers) {
    boolean all = watchers.size() >= 2 && !watchers.contains(settings.node());
    for (int by = watchers.next(0); all && by >= 0; by = watchers.next(by + 1)) {
      all = saidBy(peers.get(by)).contains(node);
    }
    return all;
  }

  /** The nodes that a member suspects in the newest view. */
  private NodeSet saidBy(PeerState peer) {
    return peers
        .statusOf(state.newest(), peer.node())
        .filter(status -> status.epoch() == state.epoch())
        .map(MembershipMessage.Status::suspects)
        .orElse(NodeSet.NONE);
  }

  /** Suspects anew, and asks the registry what it has not been asked yet. */
  void look(long now) {
    NodeSet before = suspects;
    suspects = failed(now);
    if (!suspects.equals(before)) {
      state.changed();
    }
    if (!state.is(MembershipPhase.JOINING)) {
      tellOfSuspects(suspects.minus(before), now);
    }
    askWhoHasStopped(now);
    lookAtLocks();
  }

  private NodeSet failed(long now) {
    NodeSet.Builder failed = new NodeSet.Builder();
    for (ViewRecord.Entry entry : state.entries()) {
      if (state.is(MembershipPhase.JOINING)
          ? entry.state().belongs() && !peers.isHere(entry)
          : isSuspected(entry.node(), now)) {
        failed.add(entry.node());
      }
    }
    return failed.build();
  }

  /** So that the logs say later which node suspected which, when, and on what evidence. */
  private void tellOfSuspects(NodeSet fresh, long now) {
    for (ViewRecord.Entry entry : state.entries()) {
      if (fresh.contains(entry.node())) {
        state.note(
            Effect.Step.WAITING,
            "suspects "
                + state.name(entry.node())
                + " ("
                + entry.nodeIncarnation()
                + "): "
                + peers.get(entry.node()).whyFailed(entry.incarnation(), clock.time(now)));
      }
    }
  }

  // ---- stopped nodes

  /**
   * Asks about members whose connection is broken, or that are suspected. A killed process shows it
   * at once: no lease has to be waited for. A newcomer, which suspects no connected node, asks
   * about those that are silent: the host of one may be gone, and its connection seem to be there.
   */
  private void askWhoHasStopped(long now) {
    for (ViewRecord.Entry entry : state.entries()) {
      if (entry.node() == settings.node()
          || !entry.state().belongs()
          || peers.isHere(entry) && !isDoubtful(entry.node(), now)
          || peers.get(entry.node()).hasStopped(entry.incarnation())
          || !isForThisNodeToAsk(entry.node(), now)) {
        continue;
      }
      PeerState peer = peers.get(entry.node());
      if (peer.mayAsk()) {
        long delay = peer.nextAskDelay(FIRST_ASK_NS, settings.timing().heartbeatNs());
        state.want(
            new Effect.AskStopped(entry.nodeIncarnation(), delay == FIRST_ASK_NS ? 0 : delay));
      }
    }
  }

  /** In a cluster that is no full mesh, the registry is not asked by all nodes about each. */
  private boolean isForThisNodeToAsk(int node, long now) {
    return !plan.isSparse()
        || (state.is(MembershipPhase.JOINING) ? plan.isHub(now) : plan.expectedNs(node) > 0);
  }

  private boolean isDoubtful(int node, long now) {
    return suspects(node) || state.is(MembershipPhase.JOINING) && peers.isSilent(node, now);
  }

  void onStopAnswer(NodeIncarnation incarnation, boolean stopped) {
    PeerState peer = peers.get(incarnation.node());
    peer.onAnswered();
    if (stopped) {
      peer.onStopped(incarnation.number());
      if (state.known().filter(r -> r.has(incarnation.node(), incarnation.number())).isPresent()) {
        state.note(Effect.Step.DETECTED, incarnation + " has stopped: its process is gone");
      }
    }
  }

  /** Members of the newest view that have not certainly stopped. */
  NodeSet mayRun() {
    NodeSet.Builder mayRun = new NodeSet.Builder();
    for (ViewRecord.Entry entry : state.entries()) {
      if (entry.state().belongs()
          && entry.node() != settings.node()
          && !peers.get(entry.node()).hasStopped(entry.incarnation())) {
        mayRun.add(entry.node());
      }
    }
    return mayRun.build();
  }

  /** Whether the registry has not answered yet whether all of these run. */
  boolean isUnproved(NodeSet nodes) {
    for (PeerState peer : peers.all()) {
      if (nodes.contains(peer.node()) && peer.isUnproved()) {
        return true;
      }
    }
    return false;
  }

  // ---- whether the locks of the registry mean anything

  /** Asks once about each node that has connected: it must be seen to run. */
  private void lookAtLocks() {
    for (PeerState peer : peers.all()) {
      if (!distrusts && peer.mayLookAtLock(state.phase().isNew())) {
        state.want(new Effect.LookAtLock(new NodeIncarnation(peer.node(), peer.incarnation())));
      }
    }
  }

  /** The registry could not be asked whether a connected incarnation runs. */
  void onLockUnknown(NodeIncarnation incarnation) {
    peers.get(incarnation.node()).onLockUnknown(incarnation.number());
  }

  void onLockLook(NodeIncarnation incarnation, boolean free, long now) {
    peers.get(incarnation.node()).onLockLook(incarnation.number(), free, now);
  }

  /**
   * If this peer answers and has ended, as the registry says, its locks mean nothing between these
   * two nodes, and the free lock of a node that runs would be taken for the proof of its end. A
   * newcomer does not run with that; a member goes on, since it would stop with every newcomer of
   * that kind, and waits for leases instead.
   */
  void onHeard(PeerState peer) {
    if (distrusts || !peer.belies()) {
      return;
    }
    distrusts = true;
    String what =
        "n"
            + peer.node()
            + " answers, but its lock in the registry looks free from here: file locks have no"
            + " effect between the two (a network file system without them, a container with a"
            + " file system of its own), or both use different directories";
    if (peer.wasLookedAtByANewcomer()) {
      state.stop(
          MembershipErrors.LOCKS_WITHOUT_EFFECT,
          what + "; put weft.registry.file.directory on storage whose locks all nodes see");
    } else {
      state.want(new Effect.DistrustLocks(what));
    }
  }
}
