// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.ErrorCode;
import io.weft.api.NodeSet;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.MembershipErrors;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Decides which nodes belong to the cluster, and leads a view change from the suspicion to the end
 * of recovery: a state machine of events in and {@link Effect}s out, without clock, thread or I/O.
 * Owned by one serial executor. Times are of the node's monotonic clock, from about 0 on.
 *
 * <pre>
 *   STARTING --join--> JOINING --this node is in a record--> MEMBER --leave--> LEAVING
 *      |                  |                                   |                 |
 *    leave              leave,                             a record           a record
 *      |                Stop: no view can be formed,       without it,        without it,
 *      |                other registry, other terms,       Stop: lease or     all go,
 *      |                locks without effect, this        quorum lost,       Stop: as a
 *      |                incarnation is an old one          other terms        member
 *      v                  v                                   v                 v
 *   GONE: for good; also by close, from anywhere. Left if it goes as planned, else Stop and why
 * </pre>
 *
 * <p>{@link AgreementState#become} refuses every other way. This class hands each event to the part
 * that it is for, and then makes a step: whatever is due in the present phase. The parts decide;
 * what they have in common is in {@link AgreementState}, and none knows this class.
 *
 * <pre>
 *   Suspicions       which node cannot be worked with, which has certainly stopped
 *   RegistryReads    when the registry is read, and whether it is that of the others
 *   OwnLease         until when this node may act as a member
 *   RecoveryBarrier  when the next step of a recovery is due
 *   StatusExchange   what this node says of itself and hears of others
 *   Election         who proposes, which proposer gets a vote, when the registry is asked
 *   NextView         of a member: which nodes go out, leave, join
 *   FirstView        of a newcomer: whether the newcomers may form a view
 *   WaitToJoin       of a newcomer: what it waits for
 *   OwnPlace         of a newcomer: whether the newest record has a place for it
 *   MemberOrders     of the leader: which change of the members is due
 * </pre>
 *
 * <p>Long because every event that reaches the agreement has its method here.
 */
final class ViewAgreement {
  /*
   * Why this is safe. The registry accepts one record of each epoch, so there is one sequence of
   * views, whatever a node proposes. A node acts as a member only under its lease, and a lease
   * begins with a look at the registry that showed it as one (MembershipLease); the proposer that
   * takes a node out waits until it has provably stopped, or until a whole lease after its record
   * was accepted, and fences it, before anything of it is rebuilt. Nothing of this depends on votes
   * or suspicions: they decide which nodes go, and that a minority stops rather than racing for the
   * registry.
   *
   * All that a member has to tell the others about a recovery is in its status, which is sent again
   * and again and only grows. So a lost or late message costs time, not an agreement, and a message
   * of an overtaken attempt changes nothing.
   */

  private final AgreementSettings settings;
  private final AgreementState state;
  private final KnownPeers peers;
  private final DetectorClock clock;
  private final RegistryReads registry;
  private final OwnLease lease;
  private final Suspicions suspicions;
  private final RecoveryBarrier recovery;
  private final StatusExchange statuses;
  private final Election election;
  private final NextView nextView;
  private final FirstView firstView;
  private final WaitToJoin waitToJoin;
  private final MemberOrders orders;
  private final OwnPlace place;

  /** Whether anything may have changed since the state was published. */
  private boolean stepped;

  ViewAgreement(AgreementSettings settings, FailureDetector detector) {
    this.settings = settings;
    state = new AgreementState(settings);
    peers = state.peers();
    WatchPlan plan = new WatchPlan(state);
    clock = new DetectorClock(detector, settings.timing().heartbeatNs());
    registry = new RegistryReads(state);
    lease = new OwnLease(state, registry);
    suspicions = new Suspicions(state, clock, plan);
    recovery = new RecoveryBarrier(state);
    statuses = new StatusExchange(state, clock, registry, suspicions, recovery, plan);
    election = new Election(state, registry, suspicions);
    NextEntries entries = new NextEntries(state, recovery);
    orders = new MemberOrders(state);
    place = new OwnPlace(state);
    nextView = new NextView(state, suspicions, recovery, entries, election, orders);
    firstView = new FirstView(state, registry, lease, suspicions, entries, election);
    waitToJoin = new WaitToJoin(state, registry, suspicions, firstView);
  }

  // ---- what others may know

  MembershipPhase phase() {
    return state.phase();
  }

  /** The newest record that this node knows. */
  Optional<ViewRecord> known() {
    return state.known();
  }

  /** The agreed list of members. */
  AgreedMembers members() {
    return state.members();
  }

  /** Whether this node reads the requests to change the members. */
  boolean leadsChanges() {
    return nextView.leadsChanges();
  }

  /** The epoch of the newest record; 0 if there is none. */
  long epoch() {
    return state.epoch();
  }

  /** Up to which epoch all members serve. */
  long complete() {
    return recovery.complete();
  }

  long leaseUntilNs() {
    return lease.untilNs();
  }

  Optional<PeerState> peer(int node) {
    return peers.find(node);
  }

  /** Whether a node that belongs to the view cannot be worked with. */
  boolean isSuspected(int node, long now) {
    return suspicions.isSuspected(node, now);
  }

  /** Members of the newest view that have not certainly stopped. */
  NodeSet mayRun() {
    return suspicions.mayRun();
  }

  /** Changes while a newcomer sees that the members recover. */
  long advances() {
    return waitToJoin.advances();
  }

  /** What a newcomer waits for, for people. */
  String waitsFor(long now) {
    return waitToJoin.waitsFor(now);
  }

  /** The nodes that vote in the newest view; none if there is none. */
  NodeSet electors() {
    return known().map(record -> state.rule(record).electors()).orElse(NodeSet.NONE);
  }

  /** Whether anything of this may have changed since it was asked last. */
  boolean hasChanged() {
    boolean changed = stepped || !state.isSparse();
    stepped = false;
    return changed;
  }

  /** What is to be done, in order; empties the list. */
  List<Effect> takeEffects() {
    return state.takeEffects();
  }

  // ---- events of this node

  void join(long now) {
    if (!state.is(MembershipPhase.STARTING)) {
      return; // it has left while it was kept from joining
    }
    state.become(MembershipPhase.JOINING);
    firstView.begin(now);
    clock.start(now);
    registry.read(now);
    state.changed();
    state.known().ifPresent(place::check); // a message may have brought it before
    step(now);
  }

  void leave(long now) {
    switch (state.phase()) {
      case MEMBER -> {
        state.become(MembershipPhase.LEAVING);
        election.withdraw();
        suspicions.watch(state.newest(), now);
        state.changed();
        step(now);
      }
      case STARTING, JOINING -> state.leave();
      case LEAVING, GONE -> {}
    }
  }

  /** Ends all activity. */
  void close() {
    state.become(MembershipPhase.GONE);
  }

  /** This node had to write when its lease was over: it stops as soon as it is known why. */
  void onLeaseRevoked() {
    lease.revoke();
  }

  /**
   * This machine may have stood still, and its lease with it. The lease is not taken for over,
   * since the wall clock may only have been set; but what the others did meanwhile shows now.
   */
  void onClockStoodStill(long now) {
    registry.readAfresh(now);
  }

  /** Comes at each interval of the heartbeats. */
  void tick(long now) {
    clock.tick(now);
    if (!state.isActive()) {
      return;
    }
    if (state.is(MembershipPhase.JOINING)) {
      waitToJoin.followOthers(now);
    }
    registry.readInTurn(now);
    election.tellOfLook(now);
    statuses.beat(now);
    step(now);
  }

  // ---- events of the transport

  void onConnected(int node, long incarnation, long now) {
    PeerState peer = peers.met(node, state.isSparse());
    peer.onConnected(incarnation, clock.watch(peer, now), now);
    peer.resetAskDelay();
    state.changed();
    if (!state.isSparse()) { // else the next heartbeat is soon enough: so many may connect
      step(now);
    }
  }

  void onDisconnected(int node, long incarnation, long now) {
    onPeer(node, now, peer -> peer.onDisconnected(incarnation, now));
  }

  void onGoodbye(int node, long incarnation, long now) {
    onPeer(node, now, peer -> peer.onGoodbye(incarnation));
  }

  void onLost(int node, long incarnation, long now) {
    onPeer(
        node,
        now,
        peer -> {
          peer.onLost(incarnation);
          // It may be because the others have agreed on a view without this node.
          registry.read(now);
        });
  }

  private void onPeer(int node, long now, Consumer<PeerState> event) {
    Optional<PeerState> peer = peers.find(node);
    if (peer.isPresent()) {
      event.accept(peer.get());
      step(now);
    }
  }

  void onMessage(int from, MembershipMessage message, long now) {
    Optional<PeerState> peer = peers.find(from);
    if (!state.is(MembershipPhase.GONE) && peer.isPresent() && take(peer.get(), message, now)) {
      step(now);
    }
  }

  /**
   * Takes in a message; returns whether a step has to follow at once. A status without news may
   * wait for the next heartbeat if there are many nodes, since a step looks at all of them.
   */
  private boolean take(PeerState from, MembershipMessage message, long now) {
    switch (message) {
      case MembershipMessage.Status m -> {
        return statuses.onStatus(from, m, now) || !state.isSparse();
      }
      case MembershipMessage.VoteRequest m -> election.onVoteRequest(from, m, now);
      case MembershipMessage.Vote m -> election.onVote(from, m, now);
      case MembershipMessage.Announcement m -> onAnnouncement(m.record(), now);
    }
    return true;
  }

  // ---- events of the registry

  /**
   * The registry has been read.
   *
   * @param startNs when this node began to ask
   */
  void onRegistryRead(long startNs, Optional<ViewRecord> newest, long now) {
    registry.onAnswered();
    if (!registry.isBehind(newest.map(ViewRecord::epoch).orElse(0L), now)) {
      takeIn(startNs, newest, now);
    }
    // Not before: this answer is judged by what was known when it was asked for.
    registry.readOnceMore(now);
    step(now);
  }

  /** A request to change the members has an answer: the next one is read. */
  void onAnswered(long now) {
    registry.read(now);
    step(now);
  }

  /** The registry has these requests to change the members; the newest record is read next. */
  void onRequests(List<ClusterRegistry.Request> requests) {
    orders.onRead(requests);
  }

  private void takeIn(long startNs, Optional<ViewRecord> newest, long now) {
    registry.accept();
    newest.ifPresent(record -> adopt(record, now));
    registry.noticeSetBack(newest, now);
    if (registry.setBack().isEmpty()
        && newest.isPresent()
        && newest.get().epoch() == epoch()
        && state.isIn(state.newest())) {
      lease.checked(startNs);
    }
  }

  /**
   * The newest record was agreed under other terms than this node's. It may be followed by one of
   * this node's terms only when no node of that view runs any more.
   *
   * @param running the nodes of that view that run, or may run
   * @param code and {@code why} this node has to stop if they do
   */
  void onForeignRecord(
      long startNs, ViewRecord record, NodeSet running, ErrorCode code, String why, long now) {
    if (running.isEmpty()) {
      onRegistryRead(startNs, Optional.of(record), now);
      return;
    }
    registry.onAnswered();
    if (!phase().isNew() || firstView.hasOutwaitedALease(now)) {
      state.stop(code, NodeNames.names(running) + " in view " + record.epoch() + ": " + why);
    }
    registry.readOnceMore(now);
  }

  /** A message has brought a record of other terms: the registry knows better. */
  void onForeignMessage(long now) {
    registry.read(now);
  }

  void onRegistryFailed(String why, long now) {
    registry.onFailed(why);
    registry.readOnceMore(now);
    step(now);
  }

  /** The redo logs are there: what is proposed may be written. */
  void onLogsChecked(Effect.Propose order, long now) {
    election.onLogsChecked(order);
    step(now);
  }

  /**
   * It is unknown whether the registry has accepted a record; reading will tell. A registry that
   * can be read may still be unable to write, so the pauses between attempts grow.
   *
   * @param waitNs how long to wait before the next attempt
   */
  void onProposeFailed(ViewRecord record, String why, long waitNs, long now) {
    election.onProposeFailed(record, now + waitNs);
    registry.onWriteFailed(why);
    registry.read(now);
    step(now);
  }

  /**
   * The registry has answered a proposal.
   *
   * @param startNs when this node began to ask
   * @param proposed what this node has got votes for
   * @param accepted the same as the registry has it, with the buckets that have been moved; empty
   *     if the registry has another record
   */
  void onProposed(long startNs, ViewRecord proposed, Optional<ViewRecord> accepted, long now) {
    election.onProposed(proposed);
    if (accepted.isPresent()) {
      lease.checked(startNs);
      for (PeerState peer : peers.all()) {
        if (peer.hasSession()) {
          state.announce(peer, accepted.get());
        }
      }
      adopt(accepted.get(), now);
    } else {
      registry.read(now);
    }
    step(now);
  }

  /** The registry could not be asked whether a connected incarnation runs. */
  void onLockUnknown(NodeIncarnation incarnation) {
    suspicions.onLockUnknown(incarnation);
  }

  /** The registry says whether a connected incarnation runs. */
  void onLockLook(NodeIncarnation incarnation, boolean free, long now) {
    suspicions.onLockLook(incarnation, free, now);
    step(now);
  }

  void onStopAnswer(NodeIncarnation incarnation, boolean stopped, long now) {
    suspicions.onStopAnswer(incarnation, stopped);
    step(now);
  }

  // ---- events of recovery

  /** The cache is in the view of this epoch. */
  void onInstalled(long epoch, long now) {
    recovery.onInstalled(epoch);
    step(now);
  }

  /** All nodes that are out of the view of this epoch have stopped and are fenced. */
  void onFenced(long epoch, long now) {
    recovery.onFenced(epoch);
    step(now);
  }

  /** This node serves all its blocks in the view of this epoch. */
  void onRecovered(long epoch, long now) {
    recovery.onRecovered(epoch);
    step(now);
  }

  /** Nothing of this node needs the redo of the nodes that are out of the view of this epoch. */
  void onSaved(long epoch, long now) {
    recovery.onSaved(epoch);
    step(now);
  }

  // ---- the newest record

  /** A message has brought a record; one without its overrides is read from the registry. */
  private void onAnnouncement(ViewRecord record, long now) {
    if (record.overrides().isPresent()) {
      adopt(record, now);
    } else if (record.epoch() > epoch()) {
      registry.readAfresh(now);
    }
  }

  /** Takes in a record that the registry has accepted. */
  private void adopt(ViewRecord record, long now) {
    if (record.epoch() <= epoch() || state.is(MembershipPhase.GONE)) {
      return;
    }
    state.adopt(record);
    orders.onAdopted();
    election.withdraw();
    nextView.begin();
    state.changed();
    if (state.isIn(record)) {
      if (state.is(MembershipPhase.JOINING)) {
        state.become(MembershipPhase.MEMBER);
      }
      if (state.isActive()) {
        install(record, now);
      }
      return;
    }
    switch (state.phase()) {
      case JOINING -> {
        if (state.former().isPresent()) {
          firstView.onOthersFormed(now);
        }
        place.check(record);
      }
      case MEMBER -> stopEvicted(record);
      case LEAVING -> state.leave();
      case STARTING, GONE -> {}
    }
  }

  private void stopEvicted(ViewRecord record) {
    state.stop(
        MembershipErrors.EVICTED,
        "the other members have gone on without "
            + state.name(settings.node())
            + ", in view "
            + record.epoch()
            + ", proposed by "
            + state.name(record.proposer())
            + ": "
            + suspicions.whyOut()
            + "; start it again");
  }

  private void install(ViewRecord record, long now) {
    boolean voted = election.hasVotedFor(record);
    if (voted) {
      // The record was accepted after the first vote: at some moment after that it was a member.
      lease.checked(election.votedNs());
    }
    if (!voted || now - lease.checkedNs() >= settings.timing().registryNs()) {
      registry.readAfresh(now); // a question under way may be older: its answer renews nothing then
    }
    state.want(new Effect.Install(record));
    suspicions.watch(record, now);
    recovery.begin(record, lease.overNs(now));
  }

  // ---- one step: whatever is due in the present state

  private void step(long now) {
    stepped = true;
    if (!state.isActive()) {
      return;
    }
    suspicions.look(now);
    lease.extend(now);
    recovery.follow(lease.holds(now));
    switch (state.phase()) {
      case JOINING -> {
        firstView.form(now);
        place.checkAddress(waitToJoin.hearsMembers(now));
      }
      case MEMBER -> nextView.reform(now);
      case LEAVING -> leaveWithTheOthers(now);
      case STARTING, GONE -> {}
    }
    statuses.tellNews(now);
  }

  /** When all nodes leave, none is left to agree on a view without this node. */
  private void leaveWithTheOthers(long now) {
    if (nextView.isLastToLeave()) {
      statuses.broadcast(now); // that it leaves; nothing is sent afterwards
      state.leave();
    }
  }
}
