// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.InvariantCheck;
import io.weft.cachefusion.spec.LockRules;
import io.weft.spi.metrics.Counter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A node's part of one lock: the mode that the master has granted to the node, the owners that hold
 * it within that mode, and those that wait. On the executor of the lock's shard.
 *
 * <p>Every event ends with {@link #step}: serve the owners that can be served, then say to the
 * master what follows. Fields have the names of the specification in their comments.
 *
 * <p>Long because the owners' side and the master's side of a node's lock share all of its state.
 */
final class LockAtNode {
  private final LockName name;
  private final LockRules rules;
  private final LockEffects effects;
  private final LockCounters counters;

  /** m: the mode granted to the node. */
  private LockMode mode = LockMode.NL;

  /** g: the number of that grant. */
  private long grant;

  /** rvk: the grant that is revoked, the revocation's number, and what may be kept. 0: none. */
  private long revoked;

  private int revocation;
  private LockMode keep = LockMode.EX;

  /** Whether the master wants to know that the owners do not allow the revocation. */
  private boolean answerRevoke;

  /** down: a Down is not acknowledged yet. */
  private boolean lowering;

  /** want: a request is not answered yet; its number, its mode, and the owner it is for or null. */
  private boolean asking;

  private long asked;
  private LockMode wanted = LockMode.NL;
  private LockRequest wantedFor;

  /** val: the value as far as this node knows. */
  private StoredValue value = StoredValue.UNKNOWN;

  /** hold: the first of the granted holds, and how many there are in each mode. */
  private Hold holds;

  private final HeldModes held = new HeldModes();

  /** ask: requests of owners that hold the lock already, and of others; oldest first. */
  private final ArrayDeque<LockRequest> conversions = new ArrayDeque<>(0);

  private final ArrayDeque<LockRequest> newcomers = new ArrayDeque<>(2);

  /** The list of the shard in which this lock is, and its neighbours there; owned by the shard. */
  LockList list;

  LockAtNode older;
  LockAtNode newer;

  /** Requests of this lock in the shard's number of those that wait; owned by the shard. */
  int countedWaiting;

  LockAtNode(LockName name, LockRules rules, LockEffects effects, LockCounters counters, long now) {
    this.name = name;
    this.rules = rules;
    this.effects = effects;
    this.counters = counters;
    this.grant = rules.numbersOn(now);
  }

  // ---- owners --------------------------------------------------------------------------------

  /** An owner asks for a mode. */
  void request(LockRequest request) {
    (converts(request) ? conversions : newcomers).add(request);
    step();
    if (!request.isPending()) {
      return;
    }
    if (request.isTryOnly() && !mayStillBeGranted(request)) {
      refuse(request);
    } else {
      request.stamp = effects.nextNumber();
      request.since = effects.nanoTime();
    }
  }

  /**
   * An owner takes what it can have at once. No {@link #step} follows: nothing waits, and what the
   * node owes the master does not grow with what its owners hold.
   */
  boolean takeAtOnce(TakeAtOnce take) {
    LockMode goal = take.mode();
    if (first() != null
        || !rules.isCovered(mode, goal)
        || !rules.amongOwners(held.isCompatible(goal, null))
        || !limit().covers(goal)
        || !take.grant(value.value())) {
      return false;
    }
    link(take.hold);
    take.hold.granted = goal;
    held.add(goal);
    counters.localGrants.increment();
    return true;
  }

  /** A request that shall not wait goes on only while the master is being asked for it. */
  private boolean mayStillBeGranted(LockRequest request) {
    return first() == request
        && isCompatible(request)
        && (asking ? wantedFor == request : lowering || !effects.isMember());
  }

  /** An owner has given up waiting. */
  void left(LockRequest request) {
    if (!conversions.remove(request)) {
      newcomers.remove(request);
    }
    step();
  }

  /** An owner lowers its hold. */
  void convertDown(Hold hold, LockMode target) {
    if (hold.granted != null) {
      held.remove(hold.granted);
      hold.granted = target;
      held.add(target);
      step();
    }
  }

  /** An owner has released. */
  void release(Hold hold) {
    if (hold.granted != null) {
      held.remove(hold.granted);
      hold.granted = null;
      unlink(hold);
      step();
    }
  }

  /** An owner in PW or EX writes the value, which counts from its release on. */
  void write(LockValue written) {
    value = new StoredValue(effects.nextNumber(), written);
  }

  // ---- messages ------------------------------------------------------------------------------

  /** The master has answered a request. */
  void recvGrant(LockMessage.Grant m) {
    takeValue(m.value());
    if (rules.isNewGrant(grant, m.grant())) {
      mode = m.mode();
      grant = m.grant();
    } else if (mode != m.mode()) {
      sayWhatItDoesNotHold(m.grant());
    }
    if (asking && asked == m.request()) {
      LockRequest served = wantedFor;
      asking = false;
      wantedFor = null;
      if (served != null && served.isPending()) {
        serveGranted(served);
      }
    }
    step();
  }

  /**
   * The owner that the node asked for gets the lock with the grant, even if the grant is revoked
   * already: every grant serves an owner.
   */
  private void serveGranted(LockRequest request) {
    if (rules.isCovered(mode, goal(request)) && rules.amongOwners(isCompatible(request))) {
      (converts(request) ? conversions : newcomers).remove(request);
      grant(request, counters.remoteGrants);
    } else if (request.isTryOnly()) {
      refuse(request);
    }
  }

  private void takeValue(StoredValue brought) {
    if (rules.isNewerValue(value.version(), brought.version())) {
      value = brought;
    }
  }

  /** The master revokes a grant, or takes that back. It may do so before the grant has arrived. */
  void recvRevoke(LockMessage.Revoke m) {
    if (m.grant() > revoked
        || m.grant() == revoked && rules.isLaterRevocation(revocation, m.number())) {
      revoked = m.grant();
      revocation = m.number();
      keep = m.keep();
      answerRevoke = m.answer();
      (m.takesBack() ? counters.takenBack : counters.revocations).increment();
    } else if (m.grant() == revoked && m.number() == revocation) {
      keep = Modes.meet(keep, m.keep());
      answerRevoke |= m.answer();
    }
    if (m.grant() <= grant && m.keep().covers(mode) && !m.takesBack()) {
      sayWhatItDoesNotHold(m.grant());
    }
    step();
  }

  /** The master says or believes that the node has more by that grant; a Down would say it, too. */
  private void sayWhatItDoesNotHold(long of) {
    if (!lowering && rules.saysWhatItDoesNotHold()) {
      effects.toMaster(new LockMessage.NotHeld(name, mode, of));
    }
  }

  /** The master has received the Down. */
  void recvDownAck() {
    lowering = false;
    step();
  }

  /** A view is installed: the master may be another one, and knows nothing that was in flight. */
  void install() {
    revoked = 0;
    answerRevoke = false;
    if (asking && rules.sendsRequestsAgain()) {
      sendRequest();
    }
    if (lowering && rules.sendsDownsAgain()) {
      effects.toMaster(new LockMessage.Down(name, mode, grant, value));
    }
    step();
  }

  /** Gives the lock up that no owner holds, for its memory. */
  void drop() {
    if (isCached() && !lowering && !asking) {
      lower(LockMode.NL);
    }
  }

  // ---- what follows --------------------------------------------------------------------------

  private void step() {
    serve();
    if (!effects.isMember()) {
      return;
    }
    LockMode target = lowerTo();
    if (!lowering && target != mode) {
      lower(target);
    }
    if (asking && wantedFor != null && !wantedFor.isPending()) {
      ask(null, mode); // takes the request back
    }
    for (LockRequest first = first(); first != null; first = first()) {
      askFor(first);
      if (!first.isTryOnly() || mayStillBeGranted(first)) {
        break;
      }
      refuse(first);
      serve();
    }
    if (answerRevoke && revoked == grant) {
      answerRevoke = false;
      if (limit() != mode) {
        effects.toMaster(new LockMessage.InUse(name, grant));
      }
    }
  }

  /** Serves the owners that wait, conversions first, in their order. */
  private void serve() {
    for (LockRequest first = first(); first != null && isGrantable(first); first = first()) {
      (converts(first) ? conversions : newcomers).poll();
      grant(first, counters.localGrants);
    }
  }

  private boolean isGrantable(LockRequest request) {
    LockMode goal = goal(request);
    return rules.isCovered(mode, goal)
        && rules.amongOwners(isCompatible(request))
        && (converts(request) || limit().covers(goal));
  }

  private void grant(LockRequest request, Counter counter) {
    Hold hold = request.hold;
    LockMode goal = goal(request);
    if (!request.grant(value.value())) {
      return; // its caller has given up
    }
    if (hold.granted == null) {
      link(hold);
    } else {
      held.remove(hold.granted);
      counters.conversions.increment();
    }
    hold.granted = goal;
    held.add(goal);
    counter.increment();
    request.tell();
  }

  private void refuse(LockRequest request) {
    (converts(request) ? conversions : newcomers).remove(request);
    if (request.refuse()) {
      counters.refusals.increment();
      request.hold.freeUnlessGranted();
      request.tell();
    }
  }

  private void askFor(LockRequest first) {
    LockMode need = Modes.join(held.all(), goal(first));
    if (mode.covers(need)) {
      return; // another owner of this node is in the way, or the mode is revoked
    }
    if (!rules.asksNoLess(need, mode) && !lowering && held.all() != mode) {
      lower(held.all()); // CW is kept and PR is needed, or the reverse
    }
    if (!lowering
        && rules.asksNoLess(need, mode)
        && rules.amongOwners(isCompatible(first))
        && (!asking || converts(first) && !isAskedForConversion())) {
      ask(first, need);
    }
  }

  private boolean isAskedForConversion() {
    return wantedFor != null && converts(wantedFor);
  }

  private void ask(LockRequest owner, LockMode need) {
    LockRequest overtaken = wantedFor;
    if (overtaken != null && overtaken != owner && overtaken.isTryOnly()) {
      refuse(overtaken); // it would wait
    }
    asking = true;
    asked = effects.nextRequest();
    wanted = need;
    wantedFor = owner;
    sendRequest();
  }

  private void sendRequest() {
    effects.toMaster(
        new LockMessage.Request(
            name,
            wanted,
            asked,
            isAskedForConversion(),
            wantedFor != null && wantedFor.isTryOnly()));
  }

  private void lower(LockMode target) {
    InvariantCheck.holds(!lowering, "a node sends one Down at a time", this);
    mode = target;
    lowering = true;
    effects.toMaster(new LockMessage.Down(name, mode, grant, value));
  }

  /** What a revoked node lowers its mode to: as far as its owners allow it. */
  private LockMode lowerTo() {
    LockMode limit = limit();
    LockMode needed = held.all();
    return rules.isDrained(limit, needed) ? limit : Modes.join(limit, needed);
  }

  /** What the node may keep of its mode. */
  private LockMode limit() {
    return isRevoked() ? Modes.meet(mode, keep) : mode;
  }

  // ---- owners, counted -----------------------------------------------------------------------

  /** The request that is served next; those whose callers have given up are removed. */
  private LockRequest first() {
    LockRequest first = firstPending(conversions);
    return first != null ? first : firstPending(newcomers);
  }

  private static LockRequest firstPending(ArrayDeque<LockRequest> queue) {
    LockRequest first = queue.peek();
    while (first != null && !first.isPending()) {
      queue.poll();
      first = queue.peek();
    }
    return first;
  }

  private static boolean converts(LockRequest request) {
    return request.hold.granted != null;
  }

  /** The mode that the owner then has. */
  private static LockMode goal(LockRequest request) {
    LockMode granted = request.hold.granted;
    return granted == null ? request.target() : Modes.join(granted, request.target());
  }

  /** Whether all other owners of this node may hold the lock beside the requested mode. */
  private boolean isCompatible(LockRequest request) {
    return held.isCompatible(goal(request), request.hold.granted);
  }

  private void link(Hold hold) {
    hold.previous = null;
    hold.next = holds;
    if (holds != null) {
      holds.previous = hold;
    }
    holds = hold;
  }

  private void unlink(Hold hold) {
    if (hold.previous == null) {
      holds = hold.next;
    } else {
      hold.previous.next = hold.next;
    }
    if (hold.next != null) {
      hold.next.previous = hold.previous;
    }
    hold.next = null;
    hold.previous = null;
  }

  // ---- questions -----------------------------------------------------------------------------

  LockName name() {
    return name;
  }

  /** Whether no owner holds the lock or waits for it. */
  private boolean hasNoOwner() {
    return holds == null && conversions.isEmpty() && newcomers.isEmpty();
  }

  /** Requests that wait, those included whose callers have just given up. */
  int waiting() {
    return conversions.size() + newcomers.size();
  }

  /** Whether the node keeps a mode that no owner uses. */
  boolean isCached() {
    return mode != LockMode.NL && hasNoOwner();
  }

  /** Whether nothing is lost by forgetting the lock. */
  boolean isForgettable() {
    return mode == LockMode.NL && hasNoOwner() && !asking && !lowering;
  }

  /**
   * Whether a rebuilding master needs to know of the lock: the node has a mode, or it has lowered
   * it and no master has acknowledged that, so that the value may be known here only.
   */
  boolean hasToReport() {
    return mode != LockMode.NL || lowering;
  }

  /** What this node reports to a rebuilding master. */
  LockMessage.Held report() {
    return new LockMessage.Held(name, mode, grant, value);
  }

  private List<Hold> holds() {
    List<Hold> all = new ArrayList<>();
    for (Hold hold = holds; hold != null; hold = hold.next) {
      all.add(hold);
    }
    return all;
  }

  /** Whether requests wait here, or owners hold what is revoked. */
  boolean isContended() {
    return waiting() > 0 || holds != null && isRevoked();
  }

  private boolean isRevoked() {
    return revoked == grant && revoked != 0 && keep != LockMessage.Revoke.EVERYTHING;
  }

  /** Whether a request waits since that time or longer. */
  boolean hasWaitedSince(long time) {
    return isOlder(firstPending(conversions), time) || isOlder(firstPending(newcomers), time);
  }

  private static boolean isOlder(LockRequest first, long time) {
    return first != null && first.since - time <= 0;
  }

  /** Who waits for this lock here, and who may be in the way; empty if nobody waits or may be. */
  Optional<LockMessage.LockWaits> waits(List<Integer> queue) {
    boolean mayBlock = holds != null && isContended();
    if (first() == null && !mayBlock && queue.isEmpty()) {
      return Optional.empty();
    }
    List<LockMessage.Holding> holding = new ArrayList<>();
    for (Hold hold = holds; hold != null; hold = hold.next) {
      holding.add(new LockMessage.Holding(hold.owner, hold.granted));
    }
    List<LockMessage.Waiting> waiting = new ArrayList<>();
    Stream.concat(conversions.stream(), newcomers.stream())
        .filter(LockRequest::isPending)
        .forEach(
            request ->
                waiting.add(
                    new LockMessage.Waiting(request.hold.owner, goal(request), request.stamp)));
    return Optional.of(new LockMessage.LockWaits(name, 0, holding, waiting, queue));
  }

  /** Ends a wait that is part of a deadlock, unless it has ended. */
  void endWait(long owner, long stamp, WeftException reason) {
    List<LockRequest> ended =
        Stream.concat(conversions.stream(), newcomers.stream())
            .filter(request -> request.stamp == stamp && request.hold.owner == owner)
            .toList();
    for (LockRequest request : ended) {
      (converts(request) ? conversions : newcomers).remove(request);
      if (request.fail(reason)) {
        request.hold.freeUnlessGranted();
        request.tell();
      }
    }
    step();
  }

  /** Fails all requests that wait. */
  void failWaiting(WeftException reason) {
    failAll(conversions, reason);
    failAll(newcomers, reason);
  }

  private static void failAll(ArrayDeque<LockRequest> queue, WeftException reason) {
    for (Iterator<LockRequest> all = queue.iterator(); all.hasNext(); ) {
      LockRequest request = all.next();
      all.remove();
      if (request.fail(reason)) {
        request.hold.freeUnlessGranted();
        request.tell();
      }
    }
  }

  /** The node leaves: owners hold nothing any more, and the mode goes back to the master. */
  void end(WeftException reason) {
    failWaiting(reason);
    for (Hold hold : holds()) {
      release(hold);
    }
    step();
    drop();
  }

  @Override
  public String toString() {
    return name
        + " in "
        + mode
        + " by grant "
        + grant
        + (isRevoked() ? ", revoked to " + keep : "")
        + (lowering ? ", lowering" : "")
        + (asking ? ", asking for " + wanted : "");
  }
}
