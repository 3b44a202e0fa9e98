// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.ErrorCode;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.MembershipErrors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Decides who belongs to the cluster, and leads a view change from the suspicion to the end of
 * recovery: a state machine of events in and {@link Effect}s out, without clock, thread or I/O.
 * Owned by one serial executor. Times are of the node's monotonic clock, from about 0 on.
 *
 * <pre>
 *   STARTING --join--> JOINING --a record has this life--> MEMBER --leave--> LEAVING --> GONE
 *                                                            evicted, lease lost: Stop --> GONE
 * </pre>
 */
final class ViewAgreement {
  /*
   * Why this is safe. The registry accepts one record of each epoch, so there is one sequence of
   * views, whatever is proposed by whom. A node acts as a member only under its lease, and a lease
   * begins with a look at the registry that showed it as one (MembershipLease); whoever takes a node out
   * waits until it has provably stopped, or until a whole lease after its record was accepted, and
   * fences it, before anything of it is rebuilt. Nothing of this depends on votes or suspicions:
   * they decide who goes, and that a minority stops rather than racing for the registry.
   *
   * All that a member has to tell the others about a recovery is in its status, which is sent again
   * and again and only grows. So a lost or late message costs time, not an agreement, and a message
   * of an overtaken attempt changes nothing.
   */

  /** First wait before the registry is asked again whether a life has ended. */
  private static final long FIRST_ASK_NS = 2_000_000;

  /** How long two members must both be heard, but not hear each other, before one has to go. */
  private static final int BROKEN_LINK_BEATS = 10;

  private static final int VOTE_BEATS = 3;

  /** How long members may recover without a new step of theirs before that counts as a stop. */
  private static final int SILENT_LEASES = 200;

  private final AgreementSettings settings;
  private final FailureDetector detector;
  private final PeerState[] peers = new PeerState[Long.SIZE];
  private final MembershipLease lease;
  private final Links links;
  private final List<Effect> effects = new ArrayList<>();

  private Stance stance = Stance.STARTING;
  private Optional<ViewRecord> known = Optional.empty();
  private Optional<ViewRecord> former = Optional.empty();
  private Optional<Proposal> proposal = Optional.empty();
  private int attempts;

  /** The record before whose proposal the redo logs are being looked at. */
  private Optional<ViewRecord> looking = Optional.empty();

  private long lookingSinceNs;
  private boolean toldOfLook;

  /** The epoch that this node proposes in the place of a lower member. */
  private long standsInFor;

  // What this node has promised to whom: at most one proposer of an epoch at a time.
  private long promisedEpoch;
  private int promisedTo;
  private long promisedNs = MembershipLease.NEVER;

  // What this node says in its status, with what it has said last.
  private long fenced;
  private long recovered;
  private long complete;
  private long saved;
  private long suspects;
  private boolean news;

  // What has been asked for in the epoch in force, so that it is asked once.
  private long installed;
  private long rebuilt;
  private long deleted;

  // The registry.
  private boolean reading;
  private boolean readAgain;

  /** Whether somebody answers whom the registry takes for ended. */
  private boolean distrusts;

  private long readStartNs = MembershipLease.NEVER;
  private boolean hasRead;
  private Optional<String> registryTrouble = Optional.empty();
  private long writeAgainNs = MembershipLease.NEVER;
  private long readFloor;
  private Optional<String> setBack = Optional.empty();
  private long setBackSinceNs;

  // The newest view that a peer has told of, and that when the registry was asked: it must know it.
  private long told;
  private long toldAtRead;
  private long behindSinceNs = MembershipLease.NEVER;

  // Forming.
  private long quorumSinceNs = MembershipLease.NEVER;
  private long joiningSinceNs;

  /** When this newcomer was last in touch with a member. */
  private long memberSeenNs = MembershipLease.NEVER;

  /** How often members were seen to recover while this node waited for them. */
  private long advances;

  // What each node has said to have reached in recovery, and when one of them last said more.
  private final long[] reached = new long[Long.SIZE];
  private long reachedNs;

  // Time.
  private long tickNs = MembershipLease.NEVER;
  private long detectorNs;
  private long leaseUntilNs = MembershipLease.NEVER;
  private long lapsedNs = MembershipLease.NEVER;
  private boolean revoked;

  ViewAgreement(AgreementSettings settings, FailureDetector detector) {
    this.settings = settings;
    this.detector = detector;
    this.lease = new MembershipLease(settings.leaseNs(), settings.driftPercent());
    this.links = new Links(BROKEN_LINK_BEATS * settings.heartbeatNs());
    for (int node = 0; node < Long.SIZE; node++) {
      if ((settings.configured() >>> node & 1) != 0 && node != settings.node()) {
        peers[node] = new PeerState(node);
      }
    }
  }

  // ---- what others may know

  Stance stance() {
    return stance;
  }

  /** The newest record that this node knows. */
  Optional<ViewRecord> known() {
    return known;
  }

  /** The epoch of the newest record; 0 if there is none. */
  long epoch() {
    return known.map(ViewRecord::epoch).orElse(0L);
  }

  /** Up to which epoch everybody serves. */
  long complete() {
    return complete;
  }

  long leaseUntilNs() {
    return leaseUntilNs;
  }

  Optional<PeerState> peer(int node) {
    return Optional.ofNullable(peers[node]);
  }

  /** Whether a node that belongs to the view cannot be worked with. */
  boolean isSuspected(int node, long now) {
    return known
        .flatMap(record -> record.entry(node))
        .filter(entry -> entry.standing().belongs() && entry.node() != settings.node())
        .filter(entry -> peers[node].hasFailed(entry.incarnation(), detectorTime(now)))
        .isPresent();
  }

  /** Changes while a newcomer sees that the members recover. */
  long advances() {
    return advances;
  }

  /** What a newcomer waits for, for people. */
  String waitsFor(long now) {
    long recovering = recovering(now);
    long members = members(now, _ -> true);
    long here = here(now);
    Outlook outlook = new Outlook(settings.configured(), settings.names());
    if (!hasRead) {
      return Outlook.registry(settings.registry(), registryTrouble);
    }
    if (recovering != 0) {
      return Outlook.recovery(told, recovering, now - reachedNs);
    }
    if (members != 0) {
      return Outlook.members(told, members);
    }
    QuorumRule rule = new QuorumRule(settings.configured());
    return mayRun() != 0 && rule.isQuorum(here)
        ? outlook.proof(epoch(), mayRun())
        : outlook.quorum(rule, here);
  }

  /** Members that answer and are not through with the recovery of their view, as a bitmap. */
  private long recovering(long now) {
    return members(now, status -> status.complete() < status.epoch());
  }

  /** Members that answer, as a bitmap. */
  private long members(long now, Predicate<MembershipMessage.Status> which) {
    long bits = 0;
    for (PeerState peer : peers) {
      if (peer != null
          && peer.isConnected()
          && peer.is(Stance.MEMBER)
          && !isSilent(peer.node(), now)
          && peer.status().filter(which).isPresent()) {
        bits |= 1L << peer.node();
      }
    }
    return bits;
  }

  /** This node and the newcomers that could form a view with it, as a bitmap. */
  private long here(long now) {
    long here = 1L << settings.node();
    for (PeerState peer : peers) {
      if (peer != null && canJoin(peer, now)) {
        here |= 1L << peer.node();
      }
    }
    return here;
  }

  /** What is to be done, in order; empties the list. */
  List<Effect> takeEffects() {
    List<Effect> taken = List.copyOf(effects);
    effects.clear();
    return taken;
  }

  // ---- events of this node

  void join(long now) {
    if (stance != Stance.STARTING) {
      return; // it has left while it was kept from joining
    }
    stance = Stance.JOINING;
    joiningSinceNs = now;
    tickNs = now;
    readRegistry(now);
    news = true;
    step(now);
  }

  void leave(long now) {
    switch (stance) {
      case MEMBER -> {
        stance = Stance.LEAVING;
        proposal = proposal.filter(Proposal::isWriting);
        news = true;
        step(now);
      }
      case STARTING, JOINING -> left();
      case LEAVING, GONE -> {}
    }
  }

  /** Ends all activity. */
  void close() {
    stance = Stance.GONE;
  }

  /** This node had to write when its lease was over: it stops as soon as it is known why. */
  void onLeaseRevoked() {
    revoked = true;
  }

  /**
   * This machine may have stood still, and its lease with it. The lease is not taken for over,
   * since somebody may only have set the wall clock; but what the others did meanwhile shows now.
   */
  void onClockStoodStill(long now) {
    readAgain = reading; // that question may be older
    readRegistry(now);
  }

  /** Comes at each interval of the heartbeats. */
  void tick(long now) {
    advanceDetectorTime(now);
    if (stance == Stance.GONE || stance == Stance.STARTING) {
      return;
    }
    if (stance == Stance.JOINING) {
      followOthers(now);
    }
    if (now - readStartNs >= settings.registryNs()) {
      readRegistry(now);
    }
    tellOfLook(now);
    news = true;
    step(now);
  }

  /**
   * Members that recover make steps, or read redo and recover blocks between two steps, of which
   * they do not tell: a newcomer waits for that, but not for ever, since they may stand still.
   */
  private void followOthers(long now) {
    for (PeerState peer : peers) {
      if (peer != null && peer.status().isPresent()) {
        MembershipMessage.Status said = peer.status().get();
        long steps = said.epoch() + said.fenced() + said.recovered() + said.complete();
        if (steps > reached[peer.node()]) {
          reached[peer.node()] = steps;
          reachedNs = now;
        }
      }
    }
    if (recovering(now) != 0 && now - reachedNs <= SILENT_LEASES * settings.leaseNs()) {
      advances++;
    }
  }

  // ---- events of the transport

  void onConnected(int node, long incarnation, long now) {
    if (peers[node] != null) {
      peers[node].onConnected(incarnation, freshWatch(now));
      peers[node].resetAskDelay();
      news = true;
      step(now);
    }
  }

  void onDisconnected(int node, long incarnation, long now) {
    if (peers[node] != null) {
      peers[node].onDisconnected(incarnation, now);
      step(now);
    }
  }

  void onGoodbye(int node, long incarnation, long now) {
    if (peers[node] != null) {
      peers[node].onGoodbye(incarnation);
      step(now);
    }
  }

  void onLost(int node, long incarnation, long now) {
    if (peers[node] != null) {
      peers[node].onLost(incarnation);
      // It may be because the others have agreed on a view without this node.
      readRegistry(now);
      step(now);
    }
  }

  void onMessage(int from, MembershipMessage message, long now) {
    if (peers[from] == null || stance == Stance.GONE) {
      return;
    }
    switch (message) {
      case MembershipMessage.Status m -> onStatus(peers[from], m, now);
      case MembershipMessage.VoteRequest m -> onVoteRequest(peers[from], m, now);
      case MembershipMessage.Vote m -> onVote(from, m, now);
      case MembershipMessage.Announcement m -> adopt(m.record(), now);
    }
    step(now);
  }

  // ---- events of the registry

  /**
   * The registry has been read.
   *
   * @param startNs when this node began to ask
   */
  void onRegistryRead(long startNs, Optional<ViewRecord> newest, long now) {
    reading = false;
    registryTrouble = Optional.empty();
    if (!isBehind(newest.map(ViewRecord::epoch).orElse(0L), now)) {
      takeIn(startNs, newest, now);
    }
    readOnceMore(now); // not before: this answer is judged by what was known when it was asked for
    step(now);
  }

  private void takeIn(long startNs, Optional<ViewRecord> newest, long now) {
    hasRead = true;
    newest.ifPresent(record -> adopt(record, now));
    noticeSetBack(newest, now);
    if (setBack.isEmpty()
        && newest.isPresent()
        && newest.get().epoch() == epoch()
        && known.get().has(settings.node(), settings.incarnation())) {
      lease.checked(startNs);
    }
  }

  /**
   * Whether a newcomer has read an older view than the one that a member had told of before. A
   * directory may be looked at through a cache, so it looks again for half a lease.
   */
  private boolean isBehind(long read, long now) {
    if (read >= toldAtRead || !stance.isNew()) {
      behindSinceNs = MembershipLease.NEVER;
      return false;
    }
    behindSinceNs = behindSinceNs == MembershipLease.NEVER ? now : behindSinceNs;
    if (now - behindSinceNs > settings.leaseNs() / 2) {
      stop(
          MembershipErrors.OTHER_STORAGE,
          "a member has told of view "
              + toldAtRead
              + ", but the newest in "
              + settings.registry()
              + " is "
              + read
              + ", also after half a lease: this node reads another copy of the registry than the"
              + " others, or it has been set back; let all nodes name the same weft.registry");
    }
    return true;
  }

  /**
   * The newest record was agreed under other terms than this node's. It may be followed by one of
   * this node's terms only when nobody of that view runs any more.
   *
   * @param running the nodes of that view that run, or may run, as a bitmap
   * @param code and {@code why} this node has to stop if they do
   */
  void onForeignRecord(
      long startNs, ViewRecord record, long running, ErrorCode code, String why, long now) {
    if (running == 0) {
      onRegistryRead(startNs, Optional.of(record), now);
      return;
    }
    reading = false;
    registryTrouble = Optional.empty();
    if (!stance.isNew() || now - joiningSinceNs > lease.overNs(0)) {
      stop(code, names(running) + " in view " + record.epoch() + ": " + why);
    }
    readOnceMore(now);
  }

  /** A message has brought a record of other terms: the registry knows better. */
  void onForeignMessage(long now) {
    readRegistry(now);
  }

  /**
   * What this node knew when it began to read was in the registry before: if it is not there any
   * more, the registry is not the one that the node has been working with. A single such answer may
   * come from a cache of the file system; it renews no lease, and does no other harm.
   */
  private void noticeSetBack(Optional<ViewRecord> newest, long now) {
    long read = newest.map(ViewRecord::epoch).orElse(0L);
    boolean differs = read == epoch() && read > 0 && !newest.get().isSameAs(known.get());
    if (read >= readFloor && !differs) {
      setBack = Optional.empty();
      return;
    }
    setBackSinceNs = setBack.isEmpty() ? now : setBackSinceNs;
    setBack =
        Optional.of(
            "the registry holds "
                + (differs ? "another record of epoch " : "no record of epoch ")
                + epoch()
                + (differs ? " than the one" : " or later")
                + ", which this node has; its newest view is "
                + read
                + ": is it the directory that the others use, or has it been set back, restored"
                + " from a copy or replaced while nodes ran? Put the newest registry back, then"
                + " start again");
    if (stance == Stance.JOINING && now - setBackSinceNs > settings.leaseNs() / 2) {
      stop(MembershipErrors.BAD_REGISTRY, setBack.get());
    }
  }

  void onRegistryFailed(String why, long now) {
    reading = false;
    registryTrouble = Optional.of(why);
    readOnceMore(now);
    step(now);
  }

  /**
   * The redo logs are there. The registry is asked now, unless this node has meanwhile voted for
   * somebody else, or there is something else to propose.
   */
  void onLogsChecked(Effect.Propose order, long now) {
    looking = Optional.empty();
    if (stance != Stance.GONE
        && proposal.filter(p -> p.record() == order.record() && p.isLooking()).isPresent()) {
      proposal.get().write();
      effects.add(order);
    }
    step(now);
  }

  /**
   * Nobody knows whether the registry has accepted a record; reading will tell. A registry that can
   * be read may still be unable to write, so the pauses between attempts grow.
   *
   * @param waitNs how long to wait before the next attempt
   */
  void onProposeFailed(ViewRecord record, String why, long waitNs, long now) {
    looking = looking.filter(r -> r != record);
    writeAgainNs = now + waitNs;
    registryTrouble = Optional.of(why);
    proposal = proposal.filter(p -> p.record() != record);
    readRegistry(now);
    step(now);
  }

  /**
   * The registry has answered a proposal.
   *
   * @param startNs when this node began to ask
   */
  void onProposed(long startNs, ViewRecord record, boolean accepted, long now) {
    writeAgainNs = MembershipLease.NEVER;
    looking = looking.filter(r -> r != record);
    proposal = proposal.filter(p -> p.record() != record);
    if (accepted) {
      lease.checked(startNs);
      for (PeerState peer : peers) {
        if (peer != null && peer.hasSession()) {
          announce(peer, record);
        }
      }
      adopt(record, now);
    } else {
      readRegistry(now);
    }
    step(now);
  }

  /** The registry could not be asked whether a connected life runs. */
  void onLockUnknown(Life life) {
    peers[life.node()].onLockUnknown(life.incarnation());
  }

  /** The registry says whether a connected life runs. */
  void onLockLook(Life life, boolean free, long now) {
    peers[life.node()].onLockLook(life.incarnation(), free, now);
    step(now);
  }

  void onStopAnswer(Life life, boolean stopped, long now) {
    PeerState peer = peers[life.node()];
    peer.onAnswered();
    if (stopped) {
      peer.onStopped(life.incarnation());
      if (known.filter(record -> record.has(life.node(), life.incarnation())).isPresent()) {
        note(Effect.Step.DETECTED, life + " has stopped: its process is gone");
      }
    }
    step(now);
  }

  // ---- events of recovery

  /** The cache is in the view of this epoch. */
  void onInstalled(long epoch, long now) {
    installed = Math.max(installed, epoch);
    step(now);
  }

  /** Whoever is out of the view of this epoch has stopped and is fenced. */
  void onFenced(long epoch, long now) {
    fenced = grown(fenced, epoch);
    step(now);
  }

  /** This node serves all its blocks in the view of this epoch. */
  void onRecovered(long epoch, long now) {
    recovered = grown(recovered, epoch);
    step(now);
  }

  /** Nothing of this node needs the redo of those who are out of the view of this epoch. */
  void onSaved(long epoch, long now) {
    saved = grown(saved, epoch);
    step(now);
  }

  private long grown(long before, long epoch) {
    news |= epoch > before;
    return Math.max(before, epoch);
  }

  // ---- messages

  private void onStatus(PeerState peer, MembershipMessage.Status status, long now) {
    if (!peer.onStatus(status, settings.incarnation(), now, detectorTime(now))) {
      return;
    }
    if (peer.belies()) {
      distrustLocks(peer);
    }
    told = Math.max(told, status.epoch());
    if (status.epoch() > epoch()) {
      readRegistry(now); // its proposer may have died before it told everybody
    } else if (status.epoch() < epoch()
        && (!status.stance().isNew() || known.get().has(peer.node(), peer.incarnation()))) {
      announce(peer, known.get());
    }
  }

  private void onVoteRequest(PeerState peer, MembershipMessage.VoteRequest request, long now) {
    ViewRecord record = request.record();
    if (request.incarnation() != peer.incarnation()) {
      return;
    }
    boolean granted = grants(peer.node(), record, now);
    if (granted) {
      promisedEpoch = record.epoch();
      promisedTo = peer.node();
      promisedNs = now;
      proposal = proposal.filter(p -> !p.isLooking());
    } else if (record.epoch() <= epoch()) {
      announce(peer, known.get());
    } else if (record.epoch() > epoch() + 1) {
      readRegistry(now);
    }
    send(
        peer,
        new MembershipMessage.Vote(
            settings.incarnation(), request.attempt(), record.epoch(), granted));
  }

  /**
   * Whether this node agrees to a record: it follows the newest one, it takes this node for what it
   * is, and no other proposer of the same epoch is at work. The registry would decide between two;
   * the promise spares one of them the attempt, and is forgotten when its holder is out of touch.
   */
  private boolean grants(int proposer, ViewRecord record, long now) {
    boolean promised =
        promisedEpoch == record.epoch()
            && promisedTo != proposer
            && now - promisedNs < settings.leaseNs() / 3
            && promisedTo != settings.node()
            && peers[promisedTo].isConnected();
    // A member that cannot write at present pauses; another one could do no better.
    boolean pauses = stance == Stance.MEMBER && now < writeAgainNs;
    boolean trying = pauses || proposal.filter(Proposal::isWriting).isPresent();
    boolean own = promisedTo == settings.node() && trying;
    boolean asMyself =
        stance != Stance.MEMBER || record.has(settings.node(), settings.incarnation());
    return record.epoch() == epoch() + 1 && !promised && !own && asMyself;
  }

  private void onVote(int from, MembershipMessage.Vote vote, long now) {
    if (proposal.filter(p -> p.attempt() == vote.attempt()).isEmpty()
        || vote.incarnation() != peers[from].incarnation()) {
      return;
    }
    if (!vote.granted()) {
      proposal.get().refuse(from);
      if (standsInFor == vote.epoch() && from < settings.node()) {
        // It has a proposal before the registry, or will have one again: it gets more time.
        standsInFor = 0;
        promisedTo = from;
        promisedNs = now;
      }
      return;
    }
    proposal.get().vote(from);
    peers[from].onGranted();
    write(now);
  }

  private void send(PeerState peer, MembershipMessage message) {
    effects.add(new Effect.Send(peer.node(), message));
  }

  private void announce(PeerState peer, ViewRecord record) {
    send(peer, new MembershipMessage.Announcement(settings.incarnation(), record));
  }

  /** Who cannot read the registry cannot be taken in, and leads nobody. */
  private Stance said() {
    return stance == Stance.JOINING && !hasRead ? Stance.STARTING : stance;
  }

  private void broadcast(long now) {
    for (PeerState peer : peers) {
      if (peer != null && peer.hasSession()) {
        send(
            peer,
            new MembershipMessage.Status(
                settings.incarnation(),
                now,
                peer.status().map(MembershipMessage.Status::sentNs).orElse(MembershipLease.NEVER),
                peer.incarnation(),
                said(),
                settings.witness(),
                epoch(),
                fenced,
                recovered,
                complete,
                saved,
                suspects));
      }
    }
  }

  // ---- the newest record

  /** Takes in a record that the registry has accepted. */
  private void adopt(ViewRecord record, long now) {
    if (record.epoch() <= epoch() || stance == Stance.GONE) {
      return;
    }
    former = known;
    known = Optional.of(record);
    knowAll(record);
    proposal = proposal.filter(Proposal::isWriting);
    links.clear();
    news = true;
    boolean member = record.has(settings.node(), settings.incarnation());
    switch (stance) {
      case JOINING -> {
        if (member) {
          stance = Stance.MEMBER;
          install(record, now);
        } else if (record.incarnation(settings.node()) >= settings.incarnation()) {
          refuseOwnLife(record);
        }
      }
      case MEMBER -> {
        if (member) {
          install(record, now);
        } else {
          stop(
              MembershipErrors.EVICTED,
              "the other members have gone on without "
                  + name(settings.node())
                  + ", in view "
                  + record.epoch()
                  + ", proposed by "
                  + name(record.proposer())
                  + ": "
                  + whySuspected()
                  + "; start it again");
        }
      }
      case LEAVING -> {
        if (member) {
          install(record, now);
        } else {
          left();
        }
      }
      case STARTING, GONE -> {}
    }
  }

  /**
   * What this node knows of why it is out; the record has no reasons, those who suspect log them.
   */
  private String whySuspected() {
    long by = suspectedBy(settings.node());
    return by == 0
        ? "they did not hear of it for too long, or it was told to end; their logs say why"
        : names(by) + " have said that they suspect it; their logs say why";
  }

  /** A node that is not configured any more is heard of by nobody, but its last life counts. */
  private void knowAll(ViewRecord record) {
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.node() != settings.node() && peers[entry.node()] == null) {
        peers[entry.node()] = new PeerState(entry.node());
      }
    }
  }

  private void refuseOwnLife(ViewRecord record) {
    long last = record.incarnation(settings.node());
    if (last == settings.incarnation()) {
      stop(
          MembershipErrors.EVICTED, "view " + record.epoch() + " has no place for this life of it");
    } else {
      stop(
          MembershipErrors.OLD_INCARNATION,
          "this start has incarnation "
              + settings.incarnation()
              + ", but an earlier start had "
              + last
              + ", which the registry had forgotten (was the lock file of this node removed?)");
    }
  }

  private void install(ViewRecord record, long now) {
    boolean voted = promisedEpoch == record.epoch() && promisedTo == record.proposer();
    if (voted) {
      // The record was accepted after this node had voted for it: then it was a member for sure.
      lease.checked(promisedNs);
    }
    if (!voted || now - lease.checkedNs() >= settings.registryNs()) {
      readAgain = reading; // that question may be older, and its answer renews nothing then
      readRegistry(now);
    }
    effects.add(new Effect.Install(record));
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.standing().belongs() && entry.node() != settings.node()) {
        peers[entry.node()].watch(freshWatch(now));
      }
    }
    if (record.proposer() == settings.node()) {
      Set<Life> lives = new HashSet<>();
      for (ViewRecord.Entry entry : record.entries()) {
        if (entry.standing() == Standing.OUT) {
          lives.add(entry.life());
        }
      }
      effects.add(new Effect.Fence(record, lives, lease.overNs(now)));
    }
  }

  // ---- one step: whatever is due in the present state

  private void step(long now) {
    if (stance == Stance.GONE || stance == Stance.STARTING) {
      return;
    }
    long before = suspects;
    suspects = failed(now);
    news |= suspects != before;
    if (stance != Stance.JOINING) {
      tellOfSuspects(suspects & ~before, now);
    }
    askWhoHasStopped(now);
    lookAtLocks();
    extendLease(now);
    followRecovery(now);
    switch (stance) {
      case JOINING -> form(now);
      case MEMBER -> reform(now);
      case LEAVING -> leaveWithTheOthers(now);
      case STARTING, GONE -> {}
    }
    if (news && stance != Stance.GONE) { // who stops unplanned must not seem to have left
      news = false;
      broadcast(now);
    }
  }

  /** Members that cannot be worked with, or that a newcomer does not reach, as a bitmap. */
  private long failed(long now) {
    long bits = 0;
    if (known.isPresent()) {
      for (ViewRecord.Entry entry : known.get().entries()) {
        if (stance == Stance.JOINING
            ? entry.standing().belongs() && !isHere(entry)
            : isSuspected(entry.node(), now)) {
          bits |= 1L << entry.node();
        }
      }
    }
    return bits;
  }

  /** So that it can be said later who suspected whom, when, and on what evidence. */
  private void tellOfSuspects(long fresh, long now) {
    for (ViewRecord.Entry entry : known.map(ViewRecord::entries).orElse(List.of())) {
      if ((fresh >>> entry.node() & 1) != 0) {
        note(
            Effect.Step.WAITING,
            "suspects "
                + name(entry.node())
                + " ("
                + entry.life()
                + "): "
                + peers[entry.node()].whyFailed(entry.incarnation(), detectorTime(now)));
      }
    }
  }

  private boolean isHere(ViewRecord.Entry entry) {
    return entry.node() == settings.node()
        || peers[entry.node()].isConnected()
            && peers[entry.node()].incarnation() == entry.incarnation();
  }

  /**
   * Asks about members whose connection is broken, or who are suspected. A killed process shows it
   * at once: no lease has to be waited for. A newcomer, who suspects nobody that is connected, asks
   * about those who are silent: the host of one may be gone, and its connection seem to be there.
   */
  private void askWhoHasStopped(long now) {
    if (known.isEmpty()) {
      return;
    }
    for (ViewRecord.Entry entry : known.get().entries()) {
      PeerState peer = peers[entry.node()];
      if (peer == null
          || !entry.standing().belongs()
          || isHere(entry) && !isDoubtful(entry.node(), now)
          || peer.hasStopped(entry.incarnation())) {
        continue;
      }
      if (peer.mayAsk()) {
        long delay = peer.nextAskDelay(FIRST_ASK_NS, settings.heartbeatNs());
        effects.add(new Effect.AskStopped(entry.life(), delay == FIRST_ASK_NS ? 0 : delay));
      }
    }
  }

  private boolean isDoubtful(int node, long now) {
    return (suspects >>> node & 1) != 0 || stance == Stance.JOINING && isSilent(node, now);
  }

  /** Asks once about everybody who has connected: then it must be seen to run. */
  private void lookAtLocks() {
    for (PeerState peer : peers) {
      if (peer != null && !distrusts && peer.mayLookAtLock(stance.isNew())) {
        effects.add(new Effect.LookAtLock(new Life(peer.node(), peer.incarnation())));
      }
    }
  }

  /**
   * Somebody answers who has ended, as the registry says: so its locks mean nothing between these
   * two nodes, and the free lock of a node that runs would be taken for the proof of its end. A
   * newcomer does not run with that; a member goes on, since it would stop with every newcomer of
   * that kind, and waits for leases instead.
   */
  private void distrustLocks(PeerState peer) {
    if (distrusts) {
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
      stop(
          MembershipErrors.LOCKS_WITHOUT_EFFECT,
          what + "; put weft.registry.file.directory on storage whose locks all nodes see");
    } else {
      effects.add(new Effect.DistrustLocks(what));
    }
  }

  private void extendLease(long now) {
    if (stance == Stance.JOINING) {
      return;
    }
    long[] inTouch = new long[Long.SIZE];
    for (int node = 0; node < Long.SIZE; node++) {
      inTouch[node] = peers[node] == null ? MembershipLease.NEVER : peers[node].ackedNs();
    }
    inTouch[settings.node()] = now;
    lease.quorum(rule(known.get()).inTouchSince(inTouch, lease.checkedNs()));
    if (lease.untilNs() > leaseUntilNs) {
      leaseUntilNs = lease.untilNs();
      effects.add(new Effect.ExtendLease(leaseUntilNs));
    }
    if (now < leaseUntilNs && !revoked) {
      lapsedNs = MembershipLease.NEVER;
    } else if (lapsedNs == MembershipLease.NEVER) {
      // Perhaps this process has been paused: it may be a member still.
      lapsedNs = now;
      readRegistry(now);
    } else if (now - lapsedNs > settings.leaseNs() / 2
        || lease.checkedNs() >= lapsedNs && now < leaseUntilNs) {
      loseLease(now);
    }
  }

  private void loseLease(long now) {
    if (setBack.isPresent()) {
      stop(MembershipErrors.BAD_REGISTRY, setBack.get());
    } else if (now < leaseUntilNs) {
      stop(
          MembershipErrors.LEASE_LOST,
          "this node was held up for longer than its lease, and had to write before it was"
              + " renewed");
    } else if (lease.lacksQuorum()) {
      QuorumRule rule = rule(known.get());
      stop(
          MembershipErrors.QUORUM_LOST,
          "this node has heard of too few nodes for longer than a lease: "
              + rule.quorum()
              + " of "
              + rule.votes()
              + " votes are needed; the others go on if they are enough");
    } else {
      stop(
          MembershipErrors.LEASE_LOST,
          "this node could not prove its membership by the registry for longer than a lease"
              + registryTrouble
                  .map(why -> ": " + why)
                  .orElse(
                      "; its last call of "
                          + settings.registry()
                          + " did not return in that time: is that storage reachable?"));
    }
  }

  /** Carries the recovery of the view in force one step on, if the others are ready for it. */
  private void followRecovery(long now) {
    if (stance == Stance.JOINING) {
      return;
    }
    ViewRecord record = known.get();
    long epoch = record.epoch();
    boolean leader = record.proposer() == settings.node();
    if (!leader) {
      Optional<MembershipMessage.Status> led = statusOf(record, record.proposer());
      fenced = grown(fenced, led.map(MembershipMessage.Status::fenced).orElse(0L));
    }
    // Recovery writes, so it waits for the first lease: a newcomer has none before a quorum
    // answers.
    boolean leased = now < leaseUntilNs;
    if (leased && fenced >= epoch && installed >= epoch && rebuilt < epoch) {
      rebuilt = epoch;
      effects.add(new Effect.Rebuild(record, former.filter(f -> f.epoch() == epoch - 1)));
    }
    if (complete < epoch && isComplete(record, leader)) {
      complete = grown(complete, epoch);
      effects.add(new Effect.Complete(record));
    }
    if (leader && deleted < epoch && saved >= epoch && allOthers(record, s -> s.saved() >= epoch)) {
      deleted = epoch;
      effects.add(new Effect.DeleteLogs(record));
    }
  }

  private boolean isComplete(ViewRecord record, boolean leader) {
    long epoch = record.epoch();
    return leader
        ? recovered >= epoch && allOthers(record, s -> s.recovered() >= epoch)
        : statusOf(record, record.proposer()).filter(s -> s.complete() >= epoch).isPresent();
  }

  private boolean allOthers(ViewRecord record, Predicate<MembershipMessage.Status> holds) {
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.standing().belongs()
          && entry.node() != settings.node()
          && statusOf(record, entry.node()).filter(holds).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** The newest status of the life of a node that belongs to the view. */
  private Optional<MembershipMessage.Status> statusOf(ViewRecord record, int node) {
    return record.entry(node).flatMap(entry -> peers[node].status(entry.incarnation()));
  }

  // ---- forming the first view after a cold start

  private void form(long now) {
    // Without the view that others have told of it would take nobody for one who may run.
    if (!hasRead || told > epoch() || someoneRuns(now)) {
      quorumSinceNs = MembershipLease.NEVER;
      return;
    }
    long here = here(now);
    boolean serving = !settings.witness();
    for (PeerState peer : peers) {
      boolean isHere = peer != null && (here >>> peer.node() & 1) != 0;
      serving |= isHere && !peer.status().get().witness();
    }
    if (!serving || !new QuorumRule(settings.configured()).isQuorum(here)) {
      quorumSinceNs = MembershipLease.NEVER;
      proposal = proposal.filter(Proposal::isWriting);
      return;
    }
    if (quorumSinceNs == MembershipLease.NEVER) {
      quorumSinceNs = now;
    }
    if (now - quorumSinceNs >= formPatienceNs(here)) {
      long running = mayRun();
      if (running != 0 && !rule(known.get()).isMajority(here)) {
        if (!isUnproved(running)) {
          giveUp(running);
        }
        return;
      }
      TreeMap<Integer, ViewRecord.Entry> next = entriesAfter(0, 0);
      putJoiners(next, here);
      propose(next, here, now);
    } else {
      proposal = proposal.filter(Proposal::isWriting);
    }
  }

  /** Members of the newest view that have not certainly stopped, as a bitmap. */
  long mayRun() {
    long bits = 0;
    for (ViewRecord.Entry entry : known.map(ViewRecord::entries).orElse(List.of())) {
      if (entry.standing().belongs()
          && entry.node() != settings.node()
          && !peers[entry.node()].hasStopped(entry.incarnation())) {
        bits |= 1L << entry.node();
      }
    }
    return bits;
  }

  /** Whether the registry has not answered yet whether all of these run, as a bitmap. */
  private boolean isUnproved(long nodes) {
    for (PeerState peer : peers) {
      if (peer != null && (nodes >>> peer.node() & 1) != 0 && peer.isUnproved()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Newcomers that would need the registry's vote to outvote a member which runs cannot know
   * whether it or they are cut off, by a network or by a wrong address. The one that started later
   * gives up: else the two would evict each other in turns.
   */
  private void giveUp(long running) {
    StringBuilder who = new StringBuilder();
    for (int node = 0; node < Long.SIZE; node++) {
      if ((running >>> node & 1) != 0) {
        who.append(who.isEmpty() ? "" : ", ").append(name(node));
      }
    }
    stop(
        MembershipErrors.NOT_FORMED,
        "view "
            + epoch()
            + " belongs to "
            + who
            + ": nothing proves that its process has ended, and "
            + name(settings.node())
            + " cannot reach it; without it no view can be formed. Check that weft.members has the"
            + " right addresses at both, and the network between them; or stop that process, if it"
            + " hangs. Then start this node again");
  }

  /**
   * How long a quorum has to be here before this node proposes the first view. The first of those
   * who are here does it; should it be stuck, the next one does after a lease, and so on.
   */
  private long formPatienceNs(long here) {
    int rank = Long.bitCount(here & (1L << settings.node()) - 1);
    boolean all = here == settings.configured();
    return (all && rank == 0 ? 0 : settings.formWaitNs()) + rank * settings.leaseNs();
  }

  /** Whether a newcomer is here, goes on talking, and has not failed to vote of late. */
  private boolean canJoin(PeerState peer, long now) {
    return peer.isJoining() && !isSilent(peer.node(), now) && !peer.isPassedOver(now);
  }

  /**
   * Whether a member of the newest view runs, or may run: then it has to take this node in. One
   * that was in touch and has died is proved to have ended by the registry, which may be slow to
   * answer.
   */
  private boolean someoneRuns(long now) {
    for (PeerState peer : peers) {
      if (peer != null
          && peer.isConnected()
          && (peer.is(Stance.MEMBER) || peer.is(Stance.LEAVING))
          && peer.silenceNs(now) <= lease.overNs(0) + settings.formWaitNs()) {
        memberSeenNs = now;
        return true;
      }
    }
    // Nobody who could be reached is one: a quorum of newcomers need not wait for ever.
    long aloneNs = now - Math.max(joiningSinceNs, memberSeenNs);
    boolean waited = aloneNs > lease.overNs(0) + settings.formWaitNs();
    return !waited && mayRun() != 0;
  }

  // ---- the next view

  private void reform(long now) {
    ViewRecord record = known.get();
    long members = record.belonging();
    long out = suspects & ~unheard(record, members & ~suspects);
    long leaving = 0;
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.standing().belongs()
          && entry.node() != settings.node()
          && peers[entry.node()].isLeaving(entry.incarnation())) {
        leaving |= 1L << entry.node();
      }
    }
    if ((out | leaving) == 0) {
      out = links.victims(members, this::suspectsOf, node -> isSilent(node, now), now);
    }
    long staying = members & ~out & ~leaving;
    boolean serving = (staying & record.bits(Standing.MEMBER)) != 0;
    long joining = 0;
    if (!serving || (out | leaving) == 0 && complete >= record.epoch()) {
      joining = joiners(record, staying, now);
    }
    boolean changes = (out | leaving | joining) != 0;
    if (!changes || !leads(staying, now)) {
      proposal = proposal.filter(Proposal::isWriting);
      return;
    }
    TreeMap<Integer, ViewRecord.Entry> next = entriesAfter(out & ~leaving, leaving);
    putJoiners(next, joining);
    if (next.values().stream().noneMatch(entry -> entry.standing() == Standing.MEMBER)) {
      return; // a witness alone cannot serve; it waits for someone who can
    }
    propose(next, staying | joining, now);
  }

  /**
   * Whether it is for this node to propose: the lowest member that stays does. Should that one have
   * got votes, and make nothing of them for half a lease, the next one does, and so on: it may hang
   * in the look at its redo logs, and answer and vote all the same. The registry decides if both go
   * on.
   */
  private boolean leads(long staying, long now) {
    int rank = Long.bitCount(staying & (1L << settings.node()) - 1);
    long next = epoch() + 1;
    if (rank == 0 || standsInFor == next) {
      return true;
    }
    boolean promised =
        promisedEpoch == next && promisedTo < settings.node() && (staying >>> promisedTo & 1) != 0;
    if (!promised || now - promisedNs <= rank * (settings.leaseNs() / 2)) {
      return false;
    }
    standsInFor = next;
    note(
        Effect.Step.WAITING,
        name(promisedTo)
            + " has got a vote for view "
            + next
            + " and has not made it for half a lease; "
            + name(settings.node())
            + " proposes it in its place");
    return true;
  }

  /** Says once that this node cannot lead, and what it waits for. */
  private void tellOfLook(long now) {
    if (looking.isPresent() && !toldOfLook && now - lookingSinceNs > settings.leaseNs() / 2) {
      toldOfLook = true;
      note(
          Effect.Step.WAITING,
          "proposes no view: the look at its redo logs has not returned for half a lease, is "
              + settings.logs()
              + " reachable? Another member may propose instead; blocks of failed nodes that this"
              + " node masters wait, so mend that storage or end this node");
    }
  }

  /**
   * Suspects of which this node has never heard, as a bitmap, unless those who stay are enough
   * without the registry's vote: perhaps it is this node that cannot be reached. It is for those
   * who have heard them to decide, or for the registry, which knows when they have stopped.
   */
  private long unheard(ViewRecord record, long staying) {
    if (rule(record).isMajority(staying)) {
      return 0;
    }
    long bits = 0;
    for (ViewRecord.Entry entry : record.entries()) {
      if ((suspects >>> entry.node() & 1) != 0
          && peers[entry.node()].status(entry.incarnation()).isEmpty()
          && !peers[entry.node()].hasStopped(entry.incarnation())) {
        bits |= 1L << entry.node();
      }
    }
    return bits;
  }

  private long suspectsOf(int node) {
    return node == settings.node()
        ? suspects
        : statusOf(known.get(), node)
            .filter(status -> status.epoch() == epoch())
            .map(MembershipMessage.Status::suspects)
            .orElse(0L);
  }

  /** Whether nothing has come from a node for longer than it takes to be sure of its silence. */
  private boolean isSilent(int node, long now) {
    return node != settings.node()
        && peers[node].silenceNs(now) > VOTE_BEATS * settings.heartbeatNs();
  }

  private long joiners(ViewRecord record, long staying, long now) {
    long bits = 0;
    for (PeerState peer : peers) {
      if (peer != null
          && canJoin(peer, now)
          && (staying >>> peer.node() & 1) == 0
          && reaches(peer, record, staying)
          && peer.incarnation() > record.incarnation(peer.node())) {
        bits |= 1L << peer.node();
      }
    }
    return bits;
  }

  /** Whether a newcomer knows the newest record, and reaches all who will be in the next. */
  private static boolean reaches(PeerState newcomer, ViewRecord record, long staying) {
    MembershipMessage.Status status = newcomer.status().get();
    return status.epoch() == record.epoch() && (status.suspects() & staying) == 0;
  }

  /** The entries of the newest record as they have to follow it. */
  private TreeMap<Integer, ViewRecord.Entry> entriesAfter(long out, long leaving) {
    TreeMap<Integer, ViewRecord.Entry> next = new TreeMap<>();
    boolean forming = stance == Stance.JOINING;
    boolean certain = known.isPresent() && fenced >= epoch();
    known
        .map(ViewRecord::entries)
        .orElse(List.of())
        .forEach(
            entry -> {
              long bit = 1L << entry.node();
              boolean goes = forming || (out & bit) != 0;
              Standing standing =
                  switch (entry.standing()) {
                    case MEMBER, WITNESS ->
                        goes
                            ? Standing.OUT
                            : (leaving & bit) != 0 ? Standing.LEFT : entry.standing();
                    case OUT -> certain ? Standing.FENCED : Standing.OUT;
                    case LEFT, FENCED -> entry.standing();
                  };
              next.put(entry.node(), entry.as(standing));
            });
    return next;
  }

  private void putJoiners(TreeMap<Integer, ViewRecord.Entry> next, long joining) {
    for (int node = 0; node < Long.SIZE; node++) {
      if ((joining >>> node & 1) != 0) {
        boolean self = node == settings.node();
        boolean witness = self ? settings.witness() : peers[node].status().get().witness();
        next.put(
            node,
            new ViewRecord.Entry(
                node,
                self ? settings.incarnation() : peers[node].incarnation(),
                witness ? Standing.WITNESS : Standing.MEMBER));
      }
    }
  }

  /** Proposes these entries, unless they are proposed already, if this node is the one to do so. */
  private void propose(TreeMap<Integer, ViewRecord.Entry> next, long needed, long now) {
    if (looking.isPresent()) {
      return; // a second look would wait behind the first one
    }
    ViewRecord record = new ViewRecord(epoch() + 1, settings.node(), List.copyOf(next.values()));
    if (proposal.isPresent()) {
      Proposal under = proposal.get();
      boolean fresh = now - under.startedNs() < VOTE_BEATS * settings.heartbeatNs();
      if (under.isWriting() || fresh && under.record().equals(record)) {
        return;
      }
      if (!fresh && passOver(under, now)) {
        proposal = Optional.empty();
        return; // what is proposed next has to be found out again
      }
    }
    if (isPromisedToAnother(record.epoch(), now)) {
      return;
    }
    if (registryTrouble.isPresent() || now < writeAgainNs) {
      return; // a read has to succeed first: no storm of votes for what cannot be written
    }
    QuorumRule rule = rule(record);
    long asked = 1L << settings.node();
    for (PeerState peer : peers) {
      if (peer != null && peer.isConnected() && peer.status().isPresent()) {
        asked |= 1L << peer.node();
      }
    }
    if (!rule.isQuorum(asked)) {
      return; // too few are in touch; the lease will end
    }
    boolean again = proposal.filter(p -> p.record().equals(record)).isPresent();
    attempts++;
    promisedEpoch = record.epoch();
    promisedTo = settings.node();
    promisedNs = now;
    proposal =
        Optional.of(new Proposal(record, attempts, now, asked, needed, 1L << settings.node()));
    if (!again) {
      note(
          Effect.Step.ELECTED,
          "proposes view " + record.epoch() + " of " + names(record.belonging()) + without(record));
    }
    for (PeerState peer : peers) {
      if (peer != null && (asked >>> peer.node() & 1) != 0) {
        send(peer, new MembershipMessage.VoteRequest(settings.incarnation(), attempts, record));
      }
    }
    write(now);
  }

  /** Whom a record takes out, and who suspects them, for people. */
  private String without(ViewRecord record) {
    long out = (known.map(ViewRecord::belonging).orElse(0L)) & ~record.belonging();
    StringBuilder text = new StringBuilder();
    for (int node = 0; node < Long.SIZE; node++) {
      if ((out >>> node & 1) != 0) {
        long by = suspectedBy(node) | (suspects >>> node & 1) << settings.node();
        text.append(", without n").append(node);
        text.append(by == 0 ? "" : ", suspected by " + names(by));
      }
    }
    return text.toString();
  }

  /** Who has said of late that it suspects a node, as a bitmap. */
  private long suspectedBy(int node) {
    long bits = 0;
    for (PeerState peer : peers) {
      if (peer != null
          && peer.status().filter(status -> (status.suspects() >>> node & 1) != 0).isPresent()) {
        bits |= 1L << peer.node();
      }
    }
    return bits;
  }

  /**
   * Goes on without newcomers that do not vote: a view has to have the votes of all who will be in
   * it, so one that is stuck would keep out all others. It may try again later.
   */
  private boolean passOver(Proposal expired, long now) {
    boolean some = false;
    for (PeerState peer : peers) {
      if (peer != null && peer.isJoining() && expired.lacks(peer.node())) {
        boolean answers = expired.hasRefused(peer.node());
        if (peer.isUnwilling(now, answers ? settings.leaseNs() : 0)) {
          peer.passOver(now + settings.leaseNs());
          note(
              Effect.Step.WAITING,
              name(peer.node())
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

  private String name(int node) {
    return settings.names().apply(node);
  }

  private boolean isPromisedToAnother(long epoch, long now) {
    return promisedEpoch == epoch
        && promisedTo != settings.node()
        && now - promisedNs < VOTE_BEATS * settings.heartbeatNs()
        && peers[promisedTo].isConnected();
  }

  /** Has the registry decide, as soon as the votes are there and the redo logs have been seen. */
  private void write(long now) {
    Proposal under = proposal.orElseThrow();
    boolean begun = under.isLooking() || under.isWriting();
    if (!begun && looking.isEmpty() && under.isAgreed(rule(under.record()))) {
      under.look();
      looking = Optional.of(under.record());
      lookingSinceNs = now;
      toldOfLook = false;
      effects.add(
          new Effect.CheckLogs(
              new Effect.Propose(under.record(), stance == Stance.JOINING, known)));
    }
  }

  /** Who votes: the configured nodes but those that have left as planned. */
  private QuorumRule rule(ViewRecord record) {
    return new QuorumRule(settings.configured() & ~record.bits(Standing.LEFT));
  }

  // ---- the end

  /** When everybody goes, nobody is left to agree on a view without this node. */
  private void leaveWithTheOthers(long now) {
    for (ViewRecord.Entry entry : known.get().entries()) {
      boolean stays =
          entry.standing() == Standing.MEMBER
              && entry.node() != settings.node()
              && (suspects >>> entry.node() & 1) == 0
              && !peers[entry.node()].isLeaving(entry.incarnation());
      if (stays) {
        return;
      }
    }
    broadcast(now); // that it leaves; nothing is sent afterwards
    left();
  }

  private void left() {
    stance = Stance.GONE;
    effects.add(new Effect.Left());
  }

  private void stop(ErrorCode code, String why) {
    stance = Stance.GONE;
    effects.add(new Effect.Stop(code, why));
  }

  // ---- time

  /**
   * The clock of the failure detector: it stands still while this process does, so that a pause is
   * not taken for the silence of everybody else.
   */
  private long detectorTime(long now) {
    return tickNs == MembershipLease.NEVER
        ? detectorNs
        : detectorNs + Math.min(now - tickNs, 2 * settings.heartbeatNs());
  }

  private void advanceDetectorTime(long now) {
    detectorNs = detectorTime(now);
    tickNs = now;
  }

  private FailureDetector.Watch freshWatch(long now) {
    return detector.watch(detectorTime(now), settings.heartbeatNs());
  }

  // ---- small things

  private void readRegistry(long now) {
    if (!reading && stance != Stance.GONE && stance != Stance.STARTING) {
      reading = true;
      readStartNs = now;
      toldAtRead = told;
      readFloor = epoch();
      effects.add(new Effect.ReadRegistry());
    }
  }

  private void readOnceMore(long now) {
    if (readAgain) {
      readAgain = false;
      readRegistry(now);
    }
  }

  private void note(Effect.Step step, String text) {
    effects.add(new Effect.Note(step, epoch(), text));
  }

  static String names(long nodes) {
    return list(nodes, ", ", node -> "n" + node);
  }

  /** The nodes of a bitmap in words, in the order of their ids. */
  static String list(long nodes, String between, IntFunction<String> words) {
    return IntStream.range(0, Long.SIZE)
        .filter(node -> (nodes >>> node & 1) != 0)
        .mapToObj(words)
        .collect(Collectors.joining(between));
  }
}
