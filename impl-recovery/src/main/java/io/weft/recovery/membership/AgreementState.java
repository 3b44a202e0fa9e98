// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.spi.membership.AgreedMembers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the parts of {@link ViewAgreement} have in common: how this node stands, the newest record,
 * the peers, and the list of what is to be done. It decides nothing but which phase may follow
 * which. Owned by the same serial executor.
 */
final class AgreementState {
  private final AgreementSettings settings;
  private final KnownPeers peers;
  private final List<Effect> effects = new ArrayList<>();
  private MembershipPhase phase = MembershipPhase.STARTING;
  private Optional<ViewRecord> known = Optional.empty();
  private Optional<ViewRecord> former = Optional.empty();

  /** Whether there are too many members for a full mesh of heartbeats. */
  private boolean sparse;

  /** Whether the status of this node says more than the last one that was sent. */
  private boolean news;

  AgreementState(AgreementSettings settings) {
    this.settings = settings;
    this.peers = new KnownPeers(settings);
    this.sparse = settings.spread().isSparse(configured().size());
  }

  AgreementSettings settings() {
    return settings;
  }

  KnownPeers peers() {
    return peers;
  }

  // ---- the phase

  MembershipPhase phase() {
    return phase;
  }

  boolean is(MembershipPhase asked) {
    return phase == asked;
  }

  /** Whether it takes part: it has begun, and has not ended. */
  boolean isActive() {
    return phase != MembershipPhase.STARTING && phase != MembershipPhase.GONE;
  }

  /**
   * The only way to another phase.
   *
   * @throws WeftException {@link CoreErrors#INVARIANT_BROKEN} if that phase cannot follow
   */
  void become(MembershipPhase next) {
    if (!phase.mayBecome(next)) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          name(settings.node()) + " is " + phase + " in its membership and cannot become " + next);
    }
    phase = next;
  }

  /** This node has left as planned. */
  void leave() {
    become(MembershipPhase.GONE);
    want(new Effect.Left());
  }

  /** This node has to stop. */
  void stop(ErrorCode code, String why) {
    become(MembershipPhase.GONE);
    want(new Effect.Stop(code, why));
  }

  // ---- the newest record

  /** The newest record that this node knows. */
  Optional<ViewRecord> known() {
    return known;
  }

  /** The newest record of a node that knows one, as a member does. */
  ViewRecord newest() {
    return known.orElseThrow();
  }

  /** The record that this node knew before the newest one. */
  Optional<ViewRecord> former() {
    return former;
  }

  /** The epoch of the newest record; 0 if there is none. */
  long epoch() {
    return known.map(ViewRecord::epoch).orElse(0L);
  }

  List<ViewRecord.Entry> entries() {
    return known.map(ViewRecord::entries).orElse(List.of());
  }

  void adopt(ViewRecord record) {
    boolean newList = !record.members().list().equals(members().list());
    former = known;
    known = Optional.of(record);
    boolean before = sparse;
    sparse = settings.spread().isSparse(configured().size());
    peers.know(record, sparse, sparse != before);
    if (newList) {
      want(new Effect.Contact(record.members().list()));
    }
  }

  /** The agreed list of members; that of the configuration before there is a record. */
  AgreedMembers members() {
    return known.map(ViewRecord::members).orElse(settings.configured());
  }

  /** The ids of the members. */
  NodeSet configured() {
    return members().list().ids();
  }

  /** Whether there are too many members for a full mesh of heartbeats. */
  boolean isSparse() {
    return sparse;
  }

  /** Whether this incarnation belongs to the view of a record. */
  boolean isIn(ViewRecord record) {
    return record.has(settings.node(), settings.incarnation());
  }

  /**
   * The electors are the members of the list but those that have left as planned, or some of them
   * if they are many ({@link Electors}).
   */
  QuorumRule rule(ViewRecord record) {
    return new QuorumRule(settings.spread().choice().of(candidates(record), record.belonging()));
  }

  private NodeSet candidates(ViewRecord record) {
    NodeSet agreed = record.members().list().ids();
    return (phase.isNew() ? counted(agreed) : agreed).minus(record.nodes(EntryState.LEFT));
  }

  /**
   * Whether these votes decide that a record follows. If not all nodes are electors, a member needs
   * a quorum of the electors of the newest record, too: those of the next one are chosen among the
   * nodes that it has, so a minority would always be a quorum of its own. It needs both as well if
   * the list of members changes.
   */
  boolean isQuorum(ViewRecord next, NodeSet votes) {
    boolean ofNewest =
        phase.isNew()
            || !settings.spread().choice().limits(candidates(newest())) && !isChanged(next)
            || rule(newest()).isQuorum(votes);
    if (known.isPresent() && !settings.rules().asksNextList() && isChanged(next)) {
      return ofNewest;
    }
    return ofNewest && rule(next).isQuorum(votes);
  }

  private boolean isChanged(ViewRecord next) {
    return !next.members().equals(newest().members());
  }

  /** The nodes of which newcomers need a quorum to form a view. */
  NodeSet counted() {
    return counted(configured());
  }

  private NodeSet counted(NodeSet agreed) {
    return settings.rules().counted(agreed, settings.configured().list().ids());
  }

  // ---- what is to be done

  void want(Effect effect) {
    effects.add(effect);
  }

  void send(PeerState peer, MembershipMessage message) {
    want(new Effect.Send(peer.node(), message));
  }

  void announce(PeerState peer, ViewRecord record) {
    send(peer, new MembershipMessage.Announcement(settings.incarnation(), record));
  }

  void note(Effect.Step step, String text) {
    want(new Effect.Note(step, epoch(), text));
  }

  /** What is to be done, in order; empties the list. */
  List<Effect> takeEffects() {
    List<Effect> taken = List.copyOf(effects);
    effects.clear();
    return taken;
  }

  /** The others have to be told. */
  void changed() {
    news = true;
  }

  /** Whether the others have to be told. */
  boolean hasNews() {
    return news;
  }

  /** The others are being told. */
  void told() {
    news = false;
  }

  /** A node for people, with its address. */
  String name(int node) {
    return members()
        .list()
        .find(new NodeId(node))
        .map(member -> "n" + node + " at " + member.host() + ":" + member.port())
        .orElse("n" + node + ", which is no member any more,");
  }
}
