// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import io.weft.spi.membership.AgreedMembers;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The election of a record: decides who proposes, which proposer gets this node's vote, and when
 * the registry is asked. Spares the registry and the nodes useless attempts; which record follows
 * the newest one is decided by the registry alone. Owned by {@link ViewAgreement}.
 *
 * <pre>
 *   none --propose--> votes --all there--> look at the redo logs --> write --answer--> none
 *                     |  ^                   |
 *   three heartbeats: asks again             a vote for another one, or nothing to propose now:
 *                                            taken back, which a write cannot be
 * </pre>
 */
final class Election {
  /** How many heartbeats votes are waited for before they are asked for again. */
  private static final int VOTE_BEATS = 3;

  /**
   * Part of a lease for which a vote is a promise: until then this node neither votes for another
   * proposer of the epoch nor proposes the epoch itself. 1 s with the defaults.
   *
   * <ul>
   *   <li>It is a part of the lease, not a number of heartbeats, because it covers what its holder
   *       does between the vote and the record, and that is mostly storage: it waits for the other
   *       votes, checks the redo logs, writes to the registry.
   *   <li>It is the same for both. The other voters have promised at about the same time, so a node
   *       that proposes before its own promise ends asks them in vain. But the holder, if it still
   *       checks its redo logs, votes for that node and takes its own proposal back.
   *   <li>It ends before the half of a lease after which the next member proposes in the place of
   *       the holder ({@link #leads}), so that this one gets the votes.
   *   <li>A holder that lacks votes asks again after {@link #VOTE_BEATS} and so renews the promise.
   *       If the interval of the heartbeats is longer than a ninth of the lease, the promise ends
   *       before that, and another proposer may come between.
   * </ul>
   */
  private static final int PROMISE_PARTS_OF_LEASE = 3;

  private final AgreementState state;
  private final AgreementSettings settings;
  private final KnownPeers peers;
  private final RegistryReads registry;
  private final Suspicions suspicions;

  private Optional<Proposal> proposal = Optional.empty();
  private int attempts;

  /** No record is proposed before that: the registry could not be written. */
  private long writeAgainNs = MembershipLease.NEVER;

  /** The record before whose proposal the redo logs are being looked at. */
  private Optional<ViewRecord> looking = Optional.empty();

  private long lookingSinceNs;
  private boolean toldOfLook;

  /** The epoch that this node proposes in the place of a lower member. */
  private long standsInFor;

  // The promise of this node: to at most one proposer of an epoch at a time.
  private long promisedEpoch;
  private int promisedTo;
  private long promisedNs = MembershipLease.NEVER;

  /** When this node voted for the first time in that epoch. */
  private long votedNs = MembershipLease.NEVER;

  Election(AgreementState state, RegistryReads registry, Suspicions suspicions) {
    this.state = state;
    this.settings = state.settings();
    this.peers = state.peers();
    this.registry = registry;
    this.suspicions = suspicions;
  }

  // ---- the proposer

  /**
   * Whether it is for this node to propose: the lowest member that stays does. Should that one have
   * got votes, and make nothing of them for half a lease, the next one does, and so on: it may hang
   * in the look at its redo logs, and answer and vote all the same. The registry decides if both go
   * on.
   */
  boolean leads(NodeSet staying, long now) {
    int rank = staying.sizeBelow(settings.node());
    long next = state.epoch() + 1;
    if (rank == 0 || standsInFor == next) {
      return true;
    }
    boolean promised =
        promisedEpoch == next && promisedTo < settings.node() && staying.contains(promisedTo);
    if (!promised || now - promisedNs <= rank * (settings.timing().leaseNs() / 2)) {
      return false;
    }
    standsInFor = next;
    state.note(
        Effect.Step.WAITING,
        state.name(promisedTo)
            + " has got a vote for view "
            + next
            + " and has not made it for half a lease; "
            + state.name(settings.node())
            + " proposes it in its place");
    return true;
  }

  /** Takes back what is proposed, unless the registry is being asked already. */
  void withdraw() {
    proposal = proposal.filter(Proposal::isWriting);
  }

  /**
   * Proposes these entries, unless they are proposed already or something is in the way.
   *
   * @param needed whose vote is indispensable
   */
  void propose(TreeMap<Integer, ViewRecord.Entry> next, NodeSet needed, long now) {
    propose(next, state.members(), needed, now);
  }

  /**
   * The same, with a list of members that follows that of the newest record.
   *
   * @param needed whose vote is indispensable
   */
  void propose(
      TreeMap<Integer, ViewRecord.Entry> next, AgreedMembers members, NodeSet needed, long now) {
    if (looking.isPresent()) {
      return; // a second look would wait behind the first one
    }
    ViewRecord record =
        new ViewRecord(state.epoch() + 1, settings.node(), List.copyOf(next.values()), members);
    if (proposal.isPresent()) {
      Proposal under = proposal.get();
      boolean fresh = now - under.startedNs() < VOTE_BEATS * settings.timing().heartbeatNs();
      if (under.isWriting() || fresh && under.record().equals(record)) {
        return;
      }
      if (!fresh && passOver(under, now)) {
        proposal = Optional.empty();
        return; // what is proposed next has to be found out again
      }
    }
    if (isPromisedToAnotherThan(settings.node(), record.epoch(), now)) {
      return;
    }
    if (registry.trouble().isPresent() || now < writeAgainNs) {
      return; // a read has to succeed first: no storm of votes for what cannot be written
    }
    NodeSet asked = askable();
    if (state.isQuorum(record, asked)) { // else too few are in touch; the lease will end
      askForVotes(record, asked, needed, now);
      write(now);
    }
  }

  /** This node and those that would hear a question. */
  private NodeSet askable() {
    NodeSet.Builder askable = new NodeSet.Builder();
    askable.add(settings.node());
    for (PeerState peer : peers.all()) {
      if (peer.isConnected() && (peer.status().isPresent() || state.isSparse())) {
        askable.add(peer.node());
      }
    }
    return askable.build();
  }

  private void askForVotes(ViewRecord record, NodeSet asked, NodeSet needed, long now) {
    boolean again = proposal.filter(p -> p.record().equals(record)).isPresent();
    promise(record.epoch(), settings.node(), now);
    NodeSet voted = NodeSet.NONE;
    if (again && state.isSparse()) {
      voted = proposal.get().votes(); // so many votes do not come all at once, and count
      proposal.get().askAgain(asked, now);
    } else {
      attempts++;
      proposal = Optional.of(new Proposal(record, attempts, now, asked, needed, settings.node()));
    }
    if (!again) {
      state.note(
          Effect.Step.ELECTED,
          "proposes view "
              + record.epoch()
              + " of "
              + NodeNames.names(record.belonging())
              + without(record));
    }
    for (PeerState peer : peers.all()) {
      if (asked.contains(peer.node()) && !voted.contains(peer.node())) {
        state.send(
            peer, new MembershipMessage.VoteRequest(settings.incarnation(), attempts, record));
      }
    }
  }

  /** The nodes that a record takes out, and those that suspect them, for operators. */
  private String without(ViewRecord record) {
    NodeSet before = state.known().map(ViewRecord::belonging).orElse(NodeSet.NONE);
    StringBuilder text = new StringBuilder();
    before
        .minus(record.belonging())
        .forEach(
            node -> {
              NodeSet by = suspicions.suspectedBy(node);
              by = suspicions.suspects(node) ? by.with(settings.node()) : by;
              text.append(", without n").append(node);
              text.append(by.isEmpty() ? "" : ", suspected by " + NodeNames.names(by));
            });
    return text.toString();
  }

  /**
   * Goes on without newcomers that do not vote: a view has to have the votes of all nodes that will
   * be in it, so one that is stuck would keep out all others. It may try again later.
   */
  private boolean passOver(Proposal expired, long now) {
    boolean some = false;
    for (PeerState peer : peers.all()) {
      if (peer.isJoining() && expired.lacks(peer.node())) {
        boolean answers = expired.hasRefused(peer.node());
        if (peer.isUnwilling(now, answers ? settings.timing().leaseNs() : 0)) {
          peer.passOver(now + settings.timing().leaseNs());
          state.note(
              Effect.Step.WAITING,
              state.name(peer.node())
                  + " asks to be taken in and "
                  + (answers ? "agrees to no view" : "does not answer")
                  + "; view "
                  + expired.record().epoch()
                  + " is proposed without it for now");
          some = true;
        }
      }
    }
    return some;
  }

  // ---- promises

  private void promise(long epoch, int proposer, long now) {
    votedNs = epoch == promisedEpoch ? votedNs : now;
    promisedEpoch = epoch;
    promisedTo = proposer;
    promisedNs = now;
  }

  /** Whether this node has voted for this record, or for one of its epoch and proposer. */
  boolean hasVotedFor(ViewRecord record) {
    return promisedEpoch == record.epoch() && promisedTo == record.proposer();
  }

  /**
   * When this node voted for the first time in the epoch that it voted in last. A record that has
   * this node was accepted later, since it needs its vote. This is not so of a later vote, or of
   * the moment when a promise is renewed: the proposer may ask again although its first attempt was
   * accepted, because it does not know, and its message may have waited while this node was paused.
   */
  long votedNs() {
    return votedNs;
  }

  /**
   * Whether a promise keeps this node from voting for a proposer, which may be this node. A promise
   * to itself does not. One whose holder is out of touch or suspected is void: if its host is gone,
   * its connection may seem to be there for long, and the view without it must not wait for that.
   */
  private boolean isPromisedToAnotherThan(int proposer, long epoch, long now) {
    return promisedEpoch == epoch
        && promisedTo != proposer
        && promisedTo != settings.node()
        && now - promisedNs < settings.timing().leaseNs() / PROMISE_PARTS_OF_LEASE
        && peers.get(promisedTo).isConnected()
        && !suspicions.suspects(promisedTo);
  }

  /**
   * Whether this node agrees to a record: it follows the newest one, it takes this node for what it
   * is, it changes at most one member of the list, and no other proposer of the same epoch is at
   * work. The registry would decide between two; the promise spares one of them the attempt.
   */
  private boolean grants(int proposer, ViewRecord record, long now) {
    boolean promised = isPromisedToAnotherThan(proposer, record.epoch(), now);
    // A member that cannot write at present pauses; another one could do no better.
    boolean pauses = state.is(MembershipPhase.MEMBER) && now < writeAgainNs;
    boolean trying = pauses || proposal.filter(Proposal::isWriting).isPresent();
    boolean own = promisedTo == settings.node() && trying;
    boolean asMyself = !state.is(MembershipPhase.MEMBER) || state.isIn(record);
    boolean follows =
        state.known().isEmpty()
            || settings.rules().follows(record.members(), state.newest().members());
    return record.epoch() == state.epoch() + 1 && follows && !promised && !own && asMyself;
  }

  // ---- votes

  void onVoteRequest(PeerState peer, MembershipMessage.VoteRequest request, long now) {
    ViewRecord record = request.record();
    if (request.incarnation() != peer.incarnation()) {
      return;
    }
    boolean granted = grants(peer.node(), record, now);
    if (granted) {
      promise(record.epoch(), peer.node(), now);
      proposal = proposal.filter(p -> !p.isLooking());
    } else if (record.epoch() <= state.epoch()) {
      state.announce(peer, state.newest());
    } else if (record.epoch() > state.epoch() + 1) {
      registry.read(now);
    }
    state.send(
        peer,
        new MembershipMessage.Vote(
            settings.incarnation(), request.attempt(), record.epoch(), granted));
  }

  void onVote(PeerState from, MembershipMessage.Vote vote, long now) {
    if (proposal.filter(p -> p.attempt() == vote.attempt()).isEmpty()
        || vote.incarnation() != from.incarnation()) {
      return;
    }
    if (!vote.granted()) {
      proposal.get().refuse(from.node());
      if (standsInFor == vote.epoch() && from.node() < settings.node()) {
        // It has a proposal before the registry, or will have one again: it gets more time.
        standsInFor = 0;
        promisedTo = from.node();
        promisedNs = now;
      }
      return;
    }
    proposal.get().vote(from.node());
    from.onGranted();
    write(now);
  }

  // ---- the look at the redo logs, and the registry

  /** Has the registry decide, as soon as the votes are there and the redo logs have been seen. */
  private void write(long now) {
    Proposal under = proposal.orElseThrow();
    boolean begun = under.isLooking() || under.isWriting();
    if (!begun
        && looking.isEmpty()
        && under.isAgreed()
        && state.isQuorum(under.record(), under.votes())) {
      under.look();
      looking = Optional.of(under.record());
      lookingSinceNs = now;
      toldOfLook = false;
      state.want(
          new Effect.CheckLogs(
              new Effect.Propose(
                  under.record(), state.is(MembershipPhase.JOINING), state.known())));
    }
  }

  /** Says once that this node cannot lead, and what it waits for. */
  void tellOfLook(long now) {
    if (looking.isPresent()
        && !toldOfLook
        && now - lookingSinceNs > settings.timing().leaseNs() / 2) {
      toldOfLook = true;
      state.note(
          Effect.Step.WAITING,
          "proposes no view: the look at its redo logs has not returned for half a lease, is "
              + settings.texts().logs()
              + " reachable? Another member may propose instead; blocks of failed nodes that this"
              + " node masters wait, so mend that storage or end this node");
    }
  }

  /**
   * The redo logs are there. The registry is asked now, unless this node has meanwhile voted for
   * another one, or there is something else to propose.
   */
  void onLogsChecked(Effect.Propose order) {
    looking = Optional.empty();
    if (!state.is(MembershipPhase.GONE)
        && proposal.filter(p -> p.record() == order.record() && p.isLooking()).isPresent()) {
      proposal.get().write();
      state.want(order);
    }
  }

  /** The registry has answered a proposal. */
  void onProposed(ViewRecord record) {
    writeAgainNs = MembershipLease.NEVER;
    forget(record);
  }

  /** It is unknown whether the registry has accepted a record. */
  void onProposeFailed(ViewRecord record, long againNs) {
    writeAgainNs = againNs;
    forget(record);
  }

  private void forget(ViewRecord record) {
    looking = looking.filter(r -> r != record);
    proposal = proposal.filter(p -> p.record() != record);
  }
}
