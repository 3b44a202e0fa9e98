// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.membership;

import io.weft.api.ClusterState;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.sim.network.SimNetwork;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.RecoveryRules;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.node.SimStorage;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.storage.SimLogDevice;
import io.weft.plugin.sim.storage.SimRegistry;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.recovery.membership.MembershipSettings;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.TransportErrors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Lets every node have the engine's own membership, as the assembly does. */
public final class ClusterDriver implements Driver {
  private static final long FORM_TIMEOUT_NS = 5_000_000_000L;

  private final Host host;
  private final Simulation simulation;
  private final SimOptions options;
  private final RecoveryRules rules;
  private final Nodes nodes;
  private final SimLogDevice logs;
  private final SimRegistry registry;
  private final Contacts contacts;

  /** Processes that have stopped because of a view that no node has installed yet. */
  private final List<Outsider> outsiders = new ArrayList<>();

  /** The newest view that anybody has installed. */
  private Optional<View> seen = Optional.empty();

  /** The map with which the first member of each epoch has begun. */
  private final Map<Long, BucketMap> maps = new HashMap<>();

  /** Whether members come and go. */
  private boolean changes;

  private long logsDeleted;
  private int startsRefused;

  /** A process that is outside the view of an epoch, or was outside before. */
  private record Outsider(SimProcess process, long epoch) {}

  public ClusterDriver(
      Host host,
      Simulation simulation,
      SimOptions options,
      RecoveryRules rules,
      Nodes nodes,
      SimStorage storage,
      SimNetwork network) {
    this.host = host;
    this.simulation = simulation;
    this.options = options;
    this.rules = rules;
    this.nodes = nodes;
    this.logs = storage.logs();
    this.registry = storage.registry();
    boolean limited =
        options
            .faults()
            .clusterMembership()
            .filter(own -> options.nodes() > Math.max(own.watchers() + 1, own.electors()))
            .isPresent();
    this.contacts = new Contacts(simulation, nodes, options.nodes(), network, limited);
  }

  @Override
  public void membersChange() {
    contacts.followViews();
    changes = true;
  }

  @Override
  public boolean isListed(int node) {
    return !changes
        || registry.members().filter(now -> now.list().ids().contains(node)).isPresent()
        || registry.members().isEmpty();
  }

  @Override
  public void join(SimNode node) {
    try {
      findStorage(node);
      node.registry().open();
      node.openLog();
    } catch (WeftException e) {
      host.failed(node, e);
      return;
    }
    node.transport().start(node.membership());
    simulation.schedule(
        FORM_TIMEOUT_NS,
        node.process(),
        () -> {
          if (!node.serves()) { // as the assembly gives up
            node.expectStop();
            host.failed(node, new WeftException(MembershipErrors.NOT_FORMED, "it takes too long"));
          }
        });
    node.membership()
        .join()
        .whenComplete(
            (view, error) -> {
              if (error == null) {
                simulation.schedule(0, node.process(), () -> host.becameMember(node));
              }
            });
  }

  /** Finds out on which storage a node works. */
  private void findStorage(SimNode node) {
    if (rules.checksStorage()) {
      UUID identity = new UUID(1, options.seed());
      boolean named = node.mistake().hasNothing();
      node.findStorage(named ? Optional.of(identity) : Optional.empty(), () -> identity);
    }
  }

  @Override
  public void leave(SimNode node) {
    try {
      long end = node.log().beginCheckpoint();
      node.store().force();
      node.log().endCheckpoint(end);
      node.log().close();
    } catch (WeftException e) {
      host.failed(node, e);
      return;
    }
    node.process().giveUp();
    node.membership()
        .leave()
        .whenComplete(
            (nothing, error) ->
                simulation.schedule(
                    0,
                    node.process(),
                    () -> {
                      node.membership().close();
                      node.transport().close();
                      host.endSoon(node);
                    }));
  }

  @Override
  public void evict(SimNode node) {}

  /** A view is in force: a node that has stopped because it was told that it is out must be out. */
  @Override
  public void installs(View view, BucketMap masters) {
    BucketMap first = maps.computeIfAbsent(view.epoch().value(), _ -> masters);
    if (!first.equals(masters)) { // equal maps are one object
      simulation.violate(Invariant.SAME_MAPS, "members of " + view + " begin with different maps");
    }
    if (seen.isEmpty() || view.epoch().value() > seen.get().epoch().value()) {
      seen = Optional.of(view);
    }
    outsiders.removeIf(outsider -> isProven(outsider, view));
    List<SimNode> members = nodes.nodesOf(view);
    if (members.stream().map(SimNode::mistake).distinct().count() > 1) {
      simulation.violate(
          Invariant.SAME_TERMS,
          "not all nodes of "
              + view
              + " work on one storage with the same settings: "
              + members.stream().map(node -> node + " " + node.mistake()).toList());
    }
  }

  /** Whether a node stops because it is not like the others, and it is not. */
  private boolean isOdd(SimNode node, WeftException reason) {
    if (reason.code() == MembershipErrors.OTHER_STORAGE) {
      return !node.mistake().away().isEmpty();
    }
    List<SimNode> others = new ArrayList<>(nodes.alive());
    seen.map(nodes::nodesOf).ifPresent(others::addAll);
    boolean settings =
        reason.code() == MembershipErrors.SETTINGS_DIFFER
            || reason.code() == TransportErrors.SETTINGS_DIFFER;
    return settings
        && others.stream()
            .anyMatch(other -> other.mistake().otherSettings() != node.mistake().otherSettings());
  }

  @Override
  public void forgetViews() {
    seen = Optional.empty();
    outsiders.clear();
    maps.clear();
  }

  private boolean isProven(Outsider outsider, View view) {
    if (view.epoch().value() < outsider.epoch) {
      return false;
    }
    SimProcess process = outsider.process;
    NodeId id = new NodeId(process.node());
    if (view.contains(id) && view.incarnation(id) == process.incarnation()) {
      simulation.violate(
          Invariant.NODE_RUNS, process + " has stopped as if it were outside of " + view);
    }
    return true;
  }

  @Override
  public boolean explains(SimNode node, WeftException reason) {
    MembershipSettings settings = options.faults().clusterMembership().orElseThrow();
    long recentNs = 2 * settings.lease().toNanos();
    if (Driver.saysOut(reason)) {
      Outsider outsider = new Outsider(node.process(), registry.accepted());
      if (seen.isEmpty() || !isProven(outsider, seen.get())) {
        outsiders.add(outsider);
      }
      return true;
    }
    boolean unlisted =
        reason.code() == MembershipErrors.NOT_A_MEMBER
            || reason.code() == MembershipErrors.MEMBER_REMOVED;
    if (unlisted && changes && registry.lacked(node.id(), recentNs)) {
      node.expectStop();
      return true;
    }
    if (isOdd(node, reason)) {
      node.expectStop();
      startsRefused++;
      return true;
    }
    if (reason.code() == MembershipErrors.QUORUM_LOST) {
      return contacts.lackedQuorum(node, recentNs);
    }
    if (reason.code() == MembershipErrors.LEASE_LOST) {
      return node.mayLoseLease()
          || node.registry().hasFailed(recentNs)
          || node.registry().wasSlow(recentNs)
          || contacts.lackedQuorum(node, recentNs);
    }
    if (reason.code() == MembershipErrors.NOT_FORMED && contacts.missedOthers(node, recentNs)) {
      node.expectStop();
      return true;
    }
    // A former view may name logs whose tombstones have been removed since.
    boolean lacksLogs = logs.lackedLogs(recentNs) || registry.wasSetBack(recentNs);
    if (reason.code() == RedoErrors.MISSING_LOG && lacksLogs) {
      node.expectStop();
      return true;
    }
    if (reason.code() == MembershipErrors.BAD_REGISTRY && registry.wasSetBack(recentNs)) {
      node.expectStop();
      return true;
    }
    return node.mayStop();
  }

  @Override
  public PeerListener listener(SimNode node) {
    return node.membership();
  }

  @Override
  public void failed(SimNode node) {
    node.membership().close();
  }

  @Override
  public void onDeleted(LogId log) {
    logsDeleted++;
  }

  @Override
  public int startsRefused() {
    return startsRefused;
  }

  private Optional<View> newest() {
    Optional<View> newest = Optional.empty();
    for (SimNode node : nodes.alive()) {
      Optional<View> view = node.process().views().installed();
      if (view.isPresent()
          && (newest.isEmpty() || view.get().epoch().value() > newest.get().epoch().value())) {
        newest = view;
      }
    }
    return newest;
  }

  @Override
  public boolean isMember(SimNode node) {
    return newest()
        .map(view -> view.incarnation(new NodeId(node.id())) == node.process().incarnation())
        .orElse(false);
  }

  @Override
  public List<SimNode> members() {
    List<SimNode> members = new ArrayList<>();
    for (SimNode node : nodes.alive()) {
      if (isMember(node)) {
        members.add(node);
      }
    }
    return members;
  }

  @Override
  public long epoch() {
    return registry.accepted();
  }

  @Override
  public long views() {
    return registry.accepted();
  }

  @Override
  public long logsDeleted() {
    return logsDeleted;
  }

  @Override
  public boolean isComplete() {
    return nodes.alive().stream()
        .allMatch(
            node ->
                (node.membership().clusterState() == ClusterState.OPERATIONAL
                        || node.membership().clusterState() == ClusterState.DEGRADED)
                    && node.process().views().epoch() == registry.accepted());
  }

  @Override
  public boolean isQuiet() {
    boolean noneFailed =
        newest().map(view -> view.members().size() == members().size()).orElse(false);
    return noneFailed
        && isComplete()
        && logs.logs().stream()
            .allMatch(log -> isOf(nodes.node(log.node()).process(), log) || waitsForNextView(log));
  }

  /**
   * The log of a process that no node misses may be away while a view deletes what it does not
   * need.
   */
  private boolean waitsForNextView(LogId log) {
    return logs.isBackSince(log, registry.acceptedNs());
  }

  private static boolean isOf(SimProcess process, LogId log) {
    return !process.isDead() && process.incarnation() == log.incarnation();
  }

  @Override
  public void probe(ViewProbe probe) {}
}
