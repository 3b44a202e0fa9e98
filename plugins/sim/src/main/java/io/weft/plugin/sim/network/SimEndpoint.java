// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.session.LamportClock;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.Terms;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.view.Views;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * One process of a node as its peers meet it: its terms, its handlers and its listener, whom it
 * refuses, and which messages wait here, for a peer or for a view.
 */
final class SimEndpoint {
  private static final int MAX_SERVICE = 255;

  private static final PeerListener NOBODY_LISTENS =
      new PeerListener() {
        @Override
        public void onConnected(NodeId peer, long incarnation) {}

        @Override
        public void onGoodbye(NodeId peer, long incarnation) {}

        @Override
        public void onLost(NodeId peer, long incarnation, WeftException reason) {}
      };

  private final SimProcess process;
  private final Supplier<Terms> terms;
  private final NodeFailure failure;
  private final MessageHandler[] handlers = new MessageHandler[MAX_SERVICE + 1];

  /** By peer: messages that were sent before there is a session with it. */
  private final Map<Integer, ArrayDeque<OutboundMessage>> queued = new HashMap<>();

  private final List<Parked> parked = new ArrayList<>();

  /** By peer: the newest incarnation that is evicted. */
  private final long[] evicted;

  /** The nodes that it connects to, and those that it has ever been told of. */
  private Set<Integer> listed = Set.of();

  private final Set<Integer> known = new HashSet<>();

  private PeerListener listener = NOBODY_LISTENS;
  private boolean started;
  private boolean left;
  private int payloadsOut;
  private long payloadsReleased;

  /** A message that has come before its view. */
  private record Parked(long epoch, Runnable delivery) {}

  /**
   * The end of a process that has not started.
   *
   * @param terms with which it calls others
   * @param failure is told if the others refuse it by its own fault
   * @param nodes how many there are
   * @param configured the nodes that it knows at its start
   */
  SimEndpoint(
      SimProcess process,
      Supplier<Terms> terms,
      NodeFailure failure,
      int nodes,
      List<Member> configured) {
    this.process = process;
    this.terms = terms;
    this.failure = failure;
    this.evicted = new long[nodes];
    contacts(configured);
  }

  SimProcess process() {
    return process;
  }

  NodeId id() {
    return new NodeId(process.node());
  }

  void register(int service, MessageHandler handler) {
    if (started || handlers[service] != null) {
      throw new IllegalStateException("service " + service + " is registered too late or twice");
    }
    handlers[service] = handler;
  }

  /** The handler of a service. */
  MessageHandler handler(int service) {
    return handlers[service];
  }

  // ---- whether it is there

  void start(PeerListener peers) {
    started = true;
    listener = peers;
  }

  PeerListener listener() {
    return listener;
  }

  /** Nothing goes to it or comes from it any more. */
  void leave() {
    left = true;
  }

  boolean hasLeft() {
    return left;
  }

  /** Whether others can connect to it. */
  boolean isOpen() {
    return started && !left && !process.isDead();
  }

  // ---- whom it knows

  /** It connects to these nodes from here on, and to no others (TR-10). */
  void contacts(List<Member> members) {
    listed = members.stream().map(member -> member.id().value()).collect(Collectors.toSet());
    known.addAll(listed);
  }

  /** Whether one of two processes connects to the other, which knows it: the one of higher id. */
  static boolean find(SimEndpoint one, SimEndpoint other) {
    boolean calls = one.process.node() > other.process.node();
    SimEndpoint caller = calls ? one : other;
    SimEndpoint called = calls ? other : one;
    return caller.listed.contains(called.process.node())
        && called.known.contains(caller.process.node());
  }

  // ---- whom it refuses

  private boolean isInView() {
    return process.views().installed().isPresent();
  }

  /** Refuses a process of a node from here on, and earlier ones; whether that is news. */
  boolean evict(int node, long incarnation) {
    if (incarnation <= evicted[node]) {
      return false;
    }
    evicted[node] = incarnation;
    return true;
  }

  /** Whether it has evicted a peer. */
  boolean refuses(SimEndpoint peer) {
    return peer.process.incarnation() <= evicted[peer.process.node()];
  }

  /** Why it refuses the terms of a peer that calls it, if it does. */
  Optional<WeftException> refusalOf(SimEndpoint caller) {
    return terms.get().refusalOf(caller.terms.get(), isInView() && process.views().leaseHolds());
  }

  /** Whether it stops when it is refused for that reason: a newcomer with wrong terms does. */
  boolean stopsFor(WeftException refusal) {
    return Terms.isOwnFault(refusal.code()) && !isInView();
  }

  /** Stops because it is refused. */
  void stop(WeftException refusal) {
    failure.stop(refusal);
  }

  // ---- what waits

  /** The messages that wait for a session with a peer. */
  ArrayDeque<OutboundMessage> queuedFor(int peer) {
    return queued.computeIfAbsent(peer, _ -> new ArrayDeque<>());
  }

  /** Keeps a message until the view of its epoch is installed. */
  void park(long epoch, Runnable delivery) {
    parked.add(new Parked(epoch, delivery));
  }

  /** Takes out what has come before a view that is installed now, in the order of its arrival. */
  List<Runnable> unpark(long epoch) {
    List<Runnable> ready =
        parked.stream().filter(one -> one.epoch <= epoch).map(Parked::delivery).toList();
    parked.removeIf(one -> one.epoch <= epoch);
    return ready;
  }

  /** Whether a message of that epoch comes before its view. */
  boolean isEarly(long epoch) {
    return epoch != Views.NO_EPOCH && epoch > process.views().epoch();
  }

  /** Whether a message of that epoch comes after its view. */
  boolean isLate(long epoch) {
    return epoch != Views.NO_EPOCH && epoch < process.views().epoch();
  }

  LamportClock clock() {
    return process.clock();
  }

  // ---- payloads

  /** A payload of this process is on its way. */
  void payloadTaken() {
    payloadsOut++;
  }

  /** A payload is given back to this process. */
  void payloadReleased() {
    payloadsOut--;
    payloadsReleased++;
  }

  /** How many payloads have not been given back. */
  int payloadsOut() {
    return payloadsOut;
  }

  /** How many payloads have been given back. */
  long payloadsReleased() {
    return payloadsReleased;
  }
}
