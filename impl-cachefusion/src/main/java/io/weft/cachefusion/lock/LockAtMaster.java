// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import io.weft.cachefusion.spec.LockRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * The master's part of one lock: what it has granted to each node, and the requests that wait. On
 * the executor of the lock's shard.
 *
 * <p>Every event ends with {@link #step}: grant the first requests of the queue, then revoke what
 * the next one cannot be granted beside, and take back what nobody waits for.
 */
final class LockAtMaster {
  private final LockName name;
  private final LockRules rules;
  private final LockEffects effects;

  /** Nodes that have or had a mode, or have asked for one. Few, so a list. */
  private final List<Party> parties = new ArrayList<>(2);

  /** q: requests that wait, conversions first. At most one of each node. */
  private final List<MovedLock.Queued> queue = new ArrayList<>(2);

  /** val: the value as far as the master knows. */
  private StoredValue value;

  /** st: whether a party is out, and it is not certain yet that its node has stopped. */
  private boolean repairing;

  /** A node as the master sees it. */
  private static final class Party {
    final int node;

    /** m, g: the mode granted to the node, and the number of that grant. */
    LockMode mode = LockMode.NL;

    long grant;

    /** seen: the last request of the node. */
    long seen;

    /** told: what the node may keep, according to the revocation of its grant; null without one. */
    LockMode told;

    /** rn: how many times revocations of the grant have been taken back. */
    int revocation;

    /** Whether the revocation asked for an answer. */
    boolean answers;

    /** out: the node has stopped, or will, with the mode that it has. */
    boolean isOut;

    Party(int node) {
      this.node = node;
    }

    /** A new grant: what was revoked of the one before does not count. */
    void has(LockMode granted, long number) {
      mode = granted;
      grant = number;
      forgetRevocations();
      revocation = 0;
    }

    void forgetRevocations() {
      told = null;
      answers = false;
    }

    /** Whether the node has been told to give something up that it has. */
    boolean isRevoked() {
      return told != null && !told.covers(mode);
    }

    @Override
    public String toString() {
      return "n" + node + " " + mode + (told == null ? "" : " revoked to " + told);
    }
  }

  /**
   * Creates a lock that no node has.
   *
   * @param now larger than the version of any value that the lock had before
   */
  LockAtMaster(LockName name, LockRules rules, LockEffects effects, long now) {
    this.name = name;
    this.rules = rules;
    this.effects = effects;
    this.value = new StoredValue(rules.versionsOn(now), LockValue.ABSENT);
  }

  /** A lock that another master has handed over. */
  LockAtMaster(MovedLock moved, LockRules rules, LockEffects effects) {
    this.name = moved.name();
    this.rules = rules;
    this.effects = effects;
    this.value = moved.value();
    for (MovedLock.Party each : moved.parties()) {
      Party party = party(each.node());
      party.has(each.mode(), each.grant());
      party.seen = each.seen();
      party.told = each.told().orElse(null);
      party.revocation = each.revocation();
      party.answers = each.answers();
    }
    queue.addAll(moved.queue());
  }

  /** The lock as the next master gets it. */
  MovedLock handOver() {
    return new MovedLock(
        name,
        value,
        0,
        parties.stream()
            .map(
                party ->
                    new MovedLock.Party(
                        party.node,
                        party.mode,
                        party.grant,
                        party.seen,
                        Optional.ofNullable(party.told),
                        party.revocation,
                        party.answers))
            .toList(),
        queue);
  }

  // ---- messages ------------------------------------------------------------------------------

  /** A node asks for a mode. */
  void recvRequest(int from, LockMessage.Request m) {
    Party party = party(from);
    if (rules.isKnown(m.number(), party.seen)) {
      if (m.number() == party.seen && !isQueued(from)) {
        answer(party, m.number());
      }
      return;
    }
    party.seen = m.number();
    queue.removeIf(queued -> queued.node() == from);
    if (party.mode.covers(m.mode())) {
      answer(party, m.number());
    } else {
      enqueue(new MovedLock.Queued(from, m.mode(), m.number(), m.converts(), m.tryOnly()));
    }
    step();
  }

  private void enqueue(MovedLock.Queued request) {
    int place = queue.size();
    if (request.converts() && rules.conversionsFirst()) {
      place = 0;
      while (place < queue.size() && queue.get(place).converts()) {
        place++;
      }
    }
    if (request.tryOnly() && place > 0) {
      answer(party(request.node()), request.number()); // it would wait behind others
    } else {
      queue.add(place, request);
    }
  }

  /** A node has lowered its mode. */
  void recvDown(int from, LockMessage.Down m) {
    Party party = party(from);
    if (rules.isNewerValue(value.version(), m.value().version())) {
      value = m.value();
    }
    if (rules.isForGrant(m.grant(), party.grant)) {
      party.mode = m.mode();
    }
    effects.toNode(from, new LockMessage.DownAck(name));
    step();
  }

  /** A node has no more than this of its grant. */
  void recvNotHeld(int from, LockMessage.NotHeld m) {
    Party party = party(from);
    if (rules.isForGrant(m.grant(), party.grant)) {
      party.mode = Modes.meet(party.mode, m.mode());
    }
    step();
  }

  /** Owners of a node hold what was revoked: a request that shall not wait for them is refused. */
  void recvInUse(int from, LockMessage.InUse m) {
    Party party = party(from);
    if (party.grant != m.grant()) {
      return;
    }
    party.answers = false; // the next request that shall not wait needs an answer of its own
    if (queue.isEmpty()) {
      return;
    }
    MovedLock.Queued first = queue.getFirst();
    if (first.tryOnly() && !first.mode().isCompatibleWith(party.mode)) {
      queue.removeFirst();
      answer(party(first.node()), first.number());
      step();
    }
  }

  // ---- what follows --------------------------------------------------------------------------

  private void step() {
    serveQueue();
    for (Party party : parties) {
      if (party.isRevoked() && rules.isTakenBack(nobodyWaitsFor(party))) {
        party.forgetRevocations();
        party.revocation++;
        effects.toNode(
            party.node, LockMessage.Revoke.takenBack(name, party.grant, party.revocation));
      }
    }
  }

  /** Whether all requests of other nodes can be granted beside what the node has. */
  private boolean nobodyWaitsFor(Party party) {
    for (MovedLock.Queued queued : queue) {
      if (queued.node() != party.node && !queued.mode().isCompatibleWith(party.mode)) {
        return false;
      }
    }
    return true;
  }

  private void serveQueue() {
    while (!queue.isEmpty()) {
      MovedLock.Queued first = queue.getFirst();
      if (!rules.amongNodes(isCompatible(first))) {
        revokeFor(first);
        return;
      }
      queue.removeFirst();
      Party party = party(first.node());
      party.has(first.mode(), effects.nextNumber());
      answer(party, first.number());
    }
  }

  private boolean isCompatible(MovedLock.Queued request) {
    for (Party party : parties) {
      if (party.node != request.node() && !party.mode.isCompatibleWith(request.mode())) {
        return false;
      }
    }
    return true;
  }

  private void revokeFor(MovedLock.Queued first) {
    LockMode keep = Modes.keptBeside(first.mode());
    for (Party party : parties) {
      if (party.node == first.node() || party.mode.isCompatibleWith(first.mode())) {
        continue;
      }
      boolean told = party.told != null && keep.covers(party.told);
      if (!told || first.tryOnly() && !party.answers) {
        party.told = party.told == null ? keep : Modes.meet(party.told, keep);
        party.answers |= first.tryOnly();
        effects.toNode(
            party.node,
            new LockMessage.Revoke(
                name, party.grant, party.revocation, party.told, first.tryOnly()));
      }
    }
  }

  private void answer(Party party, long request) {
    effects.toNode(
        party.node, new LockMessage.Grant(name, party.mode, party.grant, request, value));
  }

  private boolean isQueued(int node) {
    for (MovedLock.Queued queued : queue) {
      if (queued.node() == node) {
        return true;
      }
    }
    return false;
  }

  private Party party(int node) {
    for (Party party : parties) {
      if (party.node == node) {
        return party;
      }
    }
    Party party = new Party(node);
    parties.add(party);
    return party;
  }

  // ---- view changes --------------------------------------------------------------------------

  /**
   * A view is installed, and this node stays the master. The queue is built anew, because requests
   * are sent again, and revocations follow from it. Nodes that are not in the view any more in the
   * same incarnation are taken out later, by {@link #repair}.
   */
  void keep(IntPredicate insiders) {
    for (Party party : parties) {
      if (!insiders.test(party.node)) {
        party.seen = 0;
        party.isOut |= party.mode != LockMode.NL;
        repairing |= party.isOut;
      } else if (isQueued(party.node)) {
        party.seen--; // it is sent again
      }
      party.forgetRevocations();
      party.revocation = 0;
    }
    queue.clear();
  }

  /** Whether the lock waits for {@link #repair}. */
  boolean isRepairing() {
    return repairing;
  }

  /** All nodes outside the view have certainly stopped: what they had is free. */
  void repair() {
    if (rules.isLostByRepair(outsiderWrote())) {
      lose();
    }
    parties.removeIf(party -> party.isOut);
    repairing = false;
  }

  private boolean outsiderWrote() {
    for (Party party : parties) {
      if (party.isOut && party.mode.mayWriteValue()) {
        return true;
      }
    }
    return false;
  }

  private void lose() {
    value = new StoredValue(effects.nextNumber(), LockValue.LOST);
    effects.lostValue();
  }

  /** What this node tells a new master of the lock, after {@link #keep}. */
  LockMessage.Known known() {
    return new LockMessage.Known(name, value, outsiderWrote());
  }

  /** A member has this mode, says its report. */
  void rebuild(int node, LockMessage.Held report) {
    Party party = party(node);
    party.has(report.mode(), report.grant());
    if (rules.isNewerValue(value.version(), report.value().version())) {
      value = report.value();
    }
  }

  /**
   * All members have reported.
   *
   * @param known what former masters knew that are still members
   */
  void rebuilt(Collection<LockMessage.Known> known) {
    boolean outsiderWrote = false;
    for (LockMessage.Known former : known) {
      outsiderWrote |= former.outsiderWrote();
      if (rules.isNewerValue(value.version(), former.value().version())) {
        value = former.value();
      }
    }
    boolean lost =
        known.isEmpty()
            ? rules.isLostByRebuild(parties.stream().anyMatch(party -> party.mode.seesValue()))
            : rules.isLostByRepair(outsiderWrote);
    if (lost) {
      lose();
    }
  }

  // ---- questions -----------------------------------------------------------------------------

  LockName name() {
    return name;
  }

  /** Whether no node has a mode, waits for one, or may have one. */
  boolean isUnused() {
    return queue.isEmpty()
        && !repairing
        && rules.isUnused(parties.stream().allMatch(party -> party.mode == LockMode.NL));
  }

  /** Nodes whose requests wait, in order. */
  List<Integer> waitingNodes() {
    return queue.stream().map(MovedLock.Queued::node).toList();
  }

  @Override
  public String toString() {
    return name + ": " + parties + ", waiting " + queue + (repairing ? ", repairing" : "");
  }
}
