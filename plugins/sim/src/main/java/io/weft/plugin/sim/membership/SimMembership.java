// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.membership;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.sim.node.LogHistory;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.Reachability;
import io.weft.plugin.sim.node.RecoveryRules;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.ScriptedConduct;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.directory.Overrides;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.TransportErrors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A membership that knows everything, as the specification assumes one: agrees on views at once,
 * and takes its members through them step by step ({@link ViewChange}), each at its own time. What
 * it does between two steps of one view, the {@link ViewProbe} decides: a test that wants a crash
 * there can have it.
 */
public final class SimMembership implements Driver, ViewChange.Owner {
  /** Of so many views one gives buckets that have been moved to other masters. */
  private static final int VIEWS_UNTIL_SHUFFLE = 4;

  private final Host host;
  private final Simulation simulation;
  private final RecoveryRules rules;
  private final Nodes nodes;
  private final Reachability reachability;
  private final ScriptedLeases leases;
  private final RedoPool pool;
  private final ScriptedConduct conduct;
  private final List<Member> configured;
  private final List<SimNode> started = new ArrayList<>();
  private final Set<SimNode> joining = new LinkedHashSet<>();
  private ViewProbe probe = (step, epoch, node) -> {};
  private List<SimNode> members = List.of();
  private Optional<ViewChange> change = Optional.empty();
  private Overrides overrides = Overrides.NONE;
  private Optional<Overrides> placed = Optional.empty();
  private long epoch;
  private long views;

  public SimMembership(
      Host host,
      Simulation simulation,
      SimOptions options,
      RecoveryRules rules,
      Nodes nodes,
      Reachability reachability,
      LogHistory logs) {
    this.host = host;
    this.simulation = simulation;
    this.rules = rules;
    this.nodes = nodes;
    this.reachability = reachability;
    this.conduct = options.faults().membership();
    this.leases = new ScriptedLeases(simulation, conduct, rules);
    this.pool = new RedoPool(logs);
    this.configured = options.members();
  }

  @Override
  public void probe(ViewProbe next) {
    probe = next;
  }

  @Override
  public void place(Overrides next) {
    placed = Optional.of(next);
  }

  @Override
  public long epoch() {
    return epoch;
  }

  @Override
  public long views() {
    return views;
  }

  @Override
  public long logsDeleted() {
    return pool.deleted();
  }

  @Override
  public List<SimNode> members() {
    return members;
  }

  @Override
  public boolean isMember(SimNode node) {
    return members.contains(node);
  }

  /** Whether the newest view is complete, and its dead logs are gone. */
  @Override
  public boolean isQuiet() {
    return joining.isEmpty() && change.isPresent() && change.get().isClosed();
  }

  /** Whether the newest view is complete. */
  @Override
  public boolean isComplete() {
    return change.isPresent() && change.get().isComplete();
  }

  // ---- who is in --------------------------------------------------------------------------------

  /** A node has started and would like to become a member. */
  @Override
  public void join(SimNode node) {
    node.transport().start(listener(node));
    started.add(node);
    joining.add(node);
    renewLater(node);
    tryToJoin(node);
  }

  private void tryToJoin(SimNode node) {
    simulation.schedule(
        conduct.step(),
        node.process(),
        () -> {
          simulation.quiet();
          if (!joining.contains(node) || node.process().isStopped()) {
            return;
          }
          List<SimNode> survivors = survivors();
          List<SimNode> next = new ArrayList<>(survivors);
          if (survivors.isEmpty()) {
            next.addAll(joinable());
          } else {
            next.add(node);
          }
          boolean formerProcess = members.stream().anyMatch(m -> m.id() == node.id() && m != node);
          if (formerProcess && !survivors.isEmpty()) {
            agree(survivors); // first the old incarnation goes, then the new one comes
          } else if (next.contains(node) && canMeet(next)) {
            agree(next);
          }
          if (joining.contains(node)) {
            tryToJoin(node);
          }
        });
  }

  private List<SimNode> survivors() {
    return members.stream().filter(member -> !member.process().isDead()).toList();
  }

  /** The nodes that could form a view when none of the last one is left. */
  private List<SimNode> joinable() {
    return started.stream()
        .filter(node -> joining.contains(node) && node.process().isRunning())
        .toList();
  }

  /** Links may flap, and never all be up at one moment: it is enough that sessions live. */
  private boolean canMeet(List<SimNode> nodes) {
    for (SimNode a : nodes) {
      for (SimNode b : nodes) {
        if (a.process().isPaused() || !reachability.haveSession(a, b)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The others go on without it. */
  @Override
  public void evict(SimNode node) {
    joining.remove(node);
    if (isMember(node)) {
      List<SimNode> next = new ArrayList<>(survivors());
      next.remove(node);
      if (!next.isEmpty()) {
        agree(next);
      }
    }
  }

  /** The others have a view without it soon. */
  @Override
  public void leave(SimNode node) {
    leases.giveBack(node);
    node.process().giveUp();
    node.store().force();
    evict(node);
    closeWhenOut(node);
  }

  private void closeWhenOut(SimNode node) {
    simulation.schedule(
        conduct.step(),
        node.process(),
        () -> {
          if (isMember(node) || !isComplete()) {
            if (isComplete()) {
              evict(node); // no other member ran when it asked for that
            }
            closeWhenOut(node);
          } else if (!node.process().isStopped()) {
            node.transport().close();
            host.endSoon(node);
          }
        });
  }

  @Override
  public PeerListener listener(SimNode node) {
    return new Peers(node);
  }

  @Override
  public void failed(SimNode node) {}

  @Override
  public boolean explains(SimNode node, WeftException reason) {
    boolean isOut = !isMember(node);
    if (Driver.saysOut(reason)) {
      return isOut;
    }
    return reason.code() == MembershipErrors.LEASE_LOST
        ? isOut || node.mayLoseLease()
        : node.mayStop();
  }

  private void agree(List<SimNode> next) {
    if (next.isEmpty() || next.equals(members) && change.isPresent() && !change.get().isStale()) {
      return;
    }
    List<SimNode> staying = survivors().stream().filter(next::contains).toList();
    epoch++;
    views++;
    List<SimNode> sorted = next.stream().sorted((a, b) -> Integer.compare(a.id(), b.id())).toList();
    members = sorted;
    joining.removeAll(sorted);
    Map<NodeId, Long> incarnations = new HashMap<>();
    List<Member> list = new ArrayList<>();
    for (SimNode node : sorted) {
      incarnations.put(new NodeId(node.id()), node.process().incarnation());
      list.add(configured.get(node.id()));
    }
    simulation.record(
        Trace.What.VIEW, simulation.world(), epoch, sorted.size(), "agreed on " + sorted);
    List<SimNode> out =
        started.stream().filter(node -> !sorted.contains(node) && !joining.contains(node)).toList();
    View view = new View(new Epoch(epoch), list, incarnations);
    overrides = nextOverrides(view, staying, sorted.getFirst());
    ViewChange.Sides sides = new ViewChange.Sides(view, overrides, sorted, out);
    ViewChange begun = new ViewChange(this, simulation, rules, conduct.step(), leases, pool, sides);
    change = Optional.of(begun);
    probe.onStep(ViewStep.AGREED, epoch, Optional.empty());
    begun.start();
  }

  /**
   * The buckets that have been moved, as far as one of the members that stay knows: each in its
   * turn, so that also one that has not learnt of the last move has a say. Now and then they get
   * other masters, since the specification allows any member.
   */
  private Overrides nextOverrides(View view, List<SimNode> staying, SimNode any) {
    Overrides known = overrides;
    if (!staying.isEmpty()) {
      SimNode proposer = staying.get((int) (epoch % staying.size()));
      known = known.after(proposer.cache().inspectMoves(epoch - 1));
    }
    if (placed.isPresent()) {
      known = placed.get();
      placed = Optional.empty();
    } else if (epoch % VIEWS_UNTIL_SHUFFLE == 0) {
      known = shuffled(known, view.members());
    }
    return known.isEmpty() ? known : known.in(view.memberIds(), any.directory().mapOf(view));
  }

  private Overrides shuffled(Overrides known, List<Member> among) {
    Map<Integer, Integer> others = new HashMap<>();
    known.forEach(
        (bucket, master) -> {
          int index = (int) ((bucket + epoch) % among.size());
          others.put(bucket, among.get(index).id().value());
        });
    return Overrides.of(others);
  }

  // ---- leases -----------------------------------------------------------------------------------

  private void renewLater(SimNode node) {
    simulation.schedule(conduct.leaseNs() / 3, node.process(), () -> renew(node));
  }

  private void renew(SimNode node) {
    if (node.process().isStopped()) {
      return;
    }
    if (isMember(node)) {
      if (node.process().views().epoch() > 0 && !node.process().views().leaseHolds()) {
        host.failed(node, new WeftException(MembershipErrors.LEASE_LOST, node + " was late"));
        return;
      }
      if (!reachability.isCutOff(node)) {
        leases.grant(node);
      }
    } else if (!joining.contains(node) && !node.isLeaving()) {
      host.failed(node, new WeftException(MembershipErrors.EVICTED, node + " is evicted"));
      return;
    }
    renewLater(node);
  }

  // ---- one view ---------------------------------------------------------------------------------

  @Override
  public boolean isOver(ViewChange view) {
    return change.orElseThrow() != view;
  }

  @Override
  public void installed(SimNode node) {
    host.becameMember(node);
  }

  @Override
  public void failed(SimNode node, WeftException reason) {
    host.failed(node, reason);
  }

  @Override
  public void onStep(ViewStep step, long of, Optional<SimNode> node) {
    if (step == ViewStep.CLOSED) {
      List<SimNode> out = change.orElseThrow().out();
      started.removeIf(each -> out.contains(each) && each.process().isDead());
    }
    probe.onStep(step, of, node);
  }

  // ---- sessions ---------------------------------------------------------------------------------

  /** What a node does when it hears of its peers. */
  private final class Peers implements PeerListener {
    private final SimNode node;

    Peers(SimNode node) {
      this.node = node;
    }

    @Override
    public void onConnected(NodeId peer, long incarnation) {}

    @Override
    public void onGoodbye(NodeId peer, long incarnation) {}

    @Override
    public void onLost(NodeId peer, long incarnation, WeftException reason) {
      if (reason.code() == TransportErrors.EVICTED && !isMember(node)) {
        node.expectStop();
        host.failed(node, reason);
      } else {
        nodes.present().get(peer.value()).ifPresent(other -> lost(node, other));
      }
    }
  }

  /** A session between two members is over: one of them has to go. */
  private void lost(SimNode node, SimNode peer) {
    if (!isMember(node) || !isMember(peer)) {
      return;
    }
    boolean isolated = reachability.isIsolated(node.id());
    SimNode victim =
        isolated != reachability.isIsolated(peer.id())
            ? isolated ? node : peer
            : node.id() > peer.id() ? node : peer;
    victim.expectStop();
    evict(victim);
  }
}
