// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.Terms;
import io.weft.spi.transport.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The network of a simulated cluster. Connections carry frames in order and lose what is under way
 * when they break ({@link SimLink}); sessions between two processes make that exactly once ({@link
 * SimDirection}); behind the session every message waits again, so that the engine sees them in any
 * order (TR-2), and is judged by its epoch when that wait is over (TR-6, {@link SimInbox}). A
 * payload is read from the sender's memory when it arrives, as late as can be, and given back when
 * the sender hears of it: if it changed meanwhile, {@link Invariant#IMAGE_UNCHANGED} is broken.
 *
 * <p>A cut swallows nothing: what meets it arrives when it is mended, if the connection lives that
 * long, as with TCP.
 *
 * <pre>
 *   SimTransport  ->  SimLink  ->  SimSession, SimDirection  ->  SimInbox    ->  SimEndpoint
 *   a process sends   two nodes    two processes                 at a process    as peers see it
 * </pre>
 */
public final class SimNetwork {
  private final Simulation simulation;
  private final NetworkConditions conditions;
  private final NetworkCounts counts = new NetworkCounts();
  private final PayloadCheck payloadCheck;

  /** By node: its latest process. */
  private final List<Optional<SimEndpoint>> endpoints = new ArrayList<>();

  /** By node and peer. */
  private final List<SortedMap<Integer, SimLink>> links = new ArrayList<>();

  /** Makes a network for {@code nodes} nodes, none of which lives yet. */
  public SimNetwork(
      Simulation simulation, NetworkConduct conduct, int nodes, PayloadCheck payloadCheck) {
    this.simulation = simulation;
    this.conditions = new NetworkConditions(simulation, conduct, nodes);
    this.payloadCheck = payloadCheck;
    for (int node = 0; node < nodes; node++) {
      endpoints.add(Optional.empty());
      links.add(new TreeMap<>());
      for (int peer = 0; peer < node; peer++) {
        SimLink link = new SimLink(simulation, conditions, counts, peer, node);
        links.get(node).put(peer, link);
        links.get(peer).put(node, link);
      }
    }
  }

  /** Gives a new process of a node, which knows all others, its end of the network. */
  public Transport attach(SimProcess process) {
    List<Member> all =
        IntStream.range(0, endpoints.size())
            .mapToObj(node -> new Member(new NodeId(node), "node" + node, 1))
            .toList();
    return attach(process, () -> termsOfAll(process), _ -> {}, all);
  }

  private static Terms termsOfAll(SimProcess process) {
    return new Terms(
        process.node(), process.incarnation(), ClusterSettings.NONE, StorageIdentity.NONE, "", 0);
  }

  /**
   * The same, of a node that compares its terms with those of the others, and knows those that its
   * configuration names.
   */
  public Transport attach(
      SimProcess process, Supplier<Terms> terms, NodeFailure failure, List<Member> configured) {
    SimEndpoint endpoint = new SimEndpoint(process, terms, failure, endpoints.size(), configured);
    endpoints.set(process.node(), Optional.of(endpoint));
    links.get(process.node()).values().forEach(link -> link.attach(endpoint));
    return new SimTransport(
        simulation, conditions.conduct(), payloadCheck, endpoint, links.get(process.node()));
  }

  /** {@code process} has ended; {@code silently}: nobody is told. */
  public void died(SimProcess process, boolean silently) {
    endpoints.get(process.node()).ifPresent(SimEndpoint::leave);
    links
        .get(process.node())
        .forEach(
            (peer, link) -> link.processEnds(silently || conditions.isCut(process.node(), peer)));
  }

  // ---- faults

  /** Lets no connection break from here on, and mends all cuts. */
  public void heal() {
    conditions.heal();
  }

  /** From here on nothing gets from one node to another. */
  public void cut(int from, int to) {
    if (conditions.cut(from, to)) {
      link(from, to).cut(from, to);
    }
  }

  /** What was cut off gets through again. */
  public void mend(int from, int to) {
    conditions.mend(from, to);
  }

  public boolean isCut(int from, int to) {
    return conditions.isCut(from, to);
  }

  /** Breaks the connection between two nodes; the session survives. */
  public void reset(int a, int b) {
    link(a, b).breakDown(false);
  }

  /** Breaks rule R1, for the drill: hands messages over whatever their epoch. */
  public void handleOldEpochs() {
    conditions.handleOldEpochs();
  }

  // ---- what it is like

  private SimLink link(int a, int b) {
    return links.get(a).get(b);
  }

  /** Whether two processes can talk to each other at present. */
  public boolean isConnected(SimProcess a, SimProcess b) {
    return a == b || link(a.node(), b.node()).isConnected(a, b);
  }

  /**
   * Whether two processes have met and not lost each other, though the connection may be broken.
   */
  public boolean hasSession(SimProcess a, SimProcess b) {
    return a == b || link(a.node(), b.node()).hasSession(a, b);
  }

  /** Payloads of living nodes that have not been given back. */
  public int payloadsOut() {
    return endpoints.stream()
        .flatMap(Optional::stream)
        .filter(endpoint -> !endpoint.process().isDead())
        .mapToInt(SimEndpoint::payloadsOut)
        .sum();
  }

  /** Messages that were handed to the engine after a later one of the same sender. */
  public long reordered() {
    return counts.reordered;
  }

  /** Frames sent again after a reconnect. */
  public long resent() {
    return counts.resent;
  }

  /** Frames that arrived twice. */
  public long duplicates() {
    return counts.duplicates;
  }

  /** Broken connections. */
  public long disconnects() {
    return counts.disconnects;
  }

  /** Messages of older epochs that were dropped. */
  public long dropped() {
    return counts.dropped;
  }

  /** Messages of newer epochs that were kept. */
  public long parked() {
    return counts.parked;
  }

  /** Sessions that were lost. */
  public long lost() {
    return counts.lost;
  }
}
