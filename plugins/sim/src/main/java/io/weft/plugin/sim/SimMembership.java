// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.recovery.membership.AgreementRules;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.store.StoreErrors;
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
 * and takes its members through them step by step, each at its own time. What it does between two
 * steps of one view, the {@link Probe} decides: whoever wants a crash there can have it.
 *
 * <p>Long because the rules that tests break, who is in, and the steps of a view are one model of
 * membership, to be compared with the specification.
 */
final class SimMembership implements Driver {
  /**
   * How membership behaves.
   *
   * @param leaseNs how long a lease is
   * @param marginNs how much longer an evictor waits
   * @param step until a member takes the next step
   */
  record Conduct(long leaseNs, long marginNs, Delay step) {}

  /** The steps of a view change. */
  enum Step {
    AGREED,
    INSTALLED,
    FENCED,
    REDO,
    RECOVERED,
    COMPLETE,
    CHECKPOINTED,
    CLOSED
  }

  /** Sees every step as it is done. */
  @FunctionalInterface
  interface Probe {
    /** {@code node} has done a step, or the whole view has if there is none. */
    void onStep(Step step, long epoch, Optional<SimNode> node);
  }

  /** Rules of membership and recovery, which the drill breaks one by one. */
  static class Rules {
    static final Rules STANDARD = new Rules();

    /** R12: nobody outside the view writes any more when recovery begins. */
    boolean fences() {
      return true;
    }

    /** R14: masters serve when everybody outside has certainly stopped. */
    boolean waitsForLeases() {
      return true;
    }

    /**
     * R16, R32: recovery uses the redo of all dead lives that is kept.
     *
     * @param members bitmap of the nodes in the view
     */
    List<NodeLog> pool(List<NodeLog> all, long members) {
      return all;
    }

    /** R17: redo of failed nodes goes when all of it is on disk for good. */
    boolean keepsRedoUntilWritten() {
      return true;
    }

    /** Each node indexes the redo of the blocks that it masters in this view. */
    OwnBuckets indexed(BucketMap masters, int node) {
      return SimDirectory.own(masters, node);
    }

    /** R35: nobody recovers before the fence is up and the logs of failed nodes are read. */
    boolean waitsForFence() {
      return true;
    }

    /** R1: a message is handled only in the epoch it was sent in. */
    boolean dropsOldEpochs() {
      return true;
    }

    /** R28: of a change over several blocks all becomes durable, or nothing. */
    boolean keepsChangesWhole() {
      return true;
    }

    /** A lease is judged by a clock that goes on while the machine is suspended. */
    boolean countsSuspendedTime() {
      return true;
    }

    /** The registry knows of all reserved system change numbers (CR-6). */
    boolean remembersNumbers() {
      return true;
    }

    /** A number that is not reserved yet waits for its reservation. */
    boolean waitsForNumbers() {
      return true;
    }

    /** A log that is neither there nor deleted on purpose has vanished (LD-6). */
    boolean missesLogs() {
      return true;
    }

    /** A node starts only where all parts of the storage belong together. */
    boolean checksStorage() {
      return true;
    }

    /** Nodes compare the settings that must be alike, in the handshake and with the newest view. */
    boolean comparesSettings() {
      return true;
    }

    /** What the engine's membership follows. */
    AgreementRules agreement() {
      return AgreementRules.STANDARD;
    }

    /** The storage is forced before redo goes. */
    boolean forcesBeforeDeleting() {
      return true;
    }
  }

  /** Between two looks whether a view has quarantined blocks still. */
  private static final long LOOK_AGAIN_NS = 1_000_000_000;

  private final SimCluster cluster;
  private final Simulation simulation;
  private final Conduct conduct;
  private final Rules rules;
  private final List<Member> configured;
  private final List<SimNode> lives = new ArrayList<>();
  private final Map<Life, Long> leasedUntil = new HashMap<>();
  private final List<NodeLog> pool = new ArrayList<>();
  private final Set<SimNode> joining = new LinkedHashSet<>();
  private Probe probe = (step, epoch, node) -> {};
  private List<SimNode> members = List.of();
  private Optional<ViewChange> change = Optional.empty();
  private long epoch;
  private long views;
  private long logsDeleted;

  SimMembership(SimCluster cluster, Conduct conduct, Rules rules, List<Member> configured) {
    this.cluster = cluster;
    this.simulation = cluster.simulation();
    this.conduct = conduct;
    this.rules = rules;
    this.configured = List.copyOf(configured);
  }

  @Override
  public void probe(Probe next) {
    probe = next;
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
    return logsDeleted;
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
    return joining.isEmpty() && change.isPresent() && change.get().closed;
  }

  /** Whether the newest view is complete. */
  @Override
  public boolean isComplete() {
    return change.isPresent() && change.get().complete;
  }

  // ---- who is in --------------------------------------------------------------------------------

  /** A node has started and would like to become a member. */
  @Override
  public void join(SimNode node) {
    node.transport().start(listener(node));
    lives.add(node);
    joining.add(node);
    renewLater(node);
    tryToJoin(node);
  }

  private void tryToJoin(SimNode node) {
    simulation.schedule(
        conduct.step(),
        node.life(),
        () -> {
          simulation.quiet();
          if (!joining.contains(node) || node.life().isStopped()) {
            return;
          }
          List<SimNode> survivors = survivors();
          List<SimNode> next = new ArrayList<>(survivors);
          if (survivors.isEmpty()) {
            next.addAll(joinable());
          } else {
            next.add(node);
          }
          boolean formerLife = members.stream().anyMatch(m -> m.id() == node.id() && m != node);
          if (formerLife && !survivors.isEmpty()) {
            agree(survivors); // first the old life goes, then the new one comes
          } else if (next.contains(node) && canMeet(next)) {
            agree(next);
          }
          if (joining.contains(node)) {
            tryToJoin(node);
          }
        });
  }

  private List<SimNode> survivors() {
    return members.stream().filter(member -> !member.life().isDead()).toList();
  }

  /** Who could form a view when nobody of the last one is left. */
  private List<SimNode> joinable() {
    return lives.stream()
        .filter(node -> joining.contains(node) && node.life().isRunning())
        .toList();
  }

  /** Links may flap, and never all be up at one moment: it is enough that sessions live. */
  private boolean canMeet(List<SimNode> nodes) {
    for (SimNode a : nodes) {
      for (SimNode b : nodes) {
        if (a.life().isPaused() || !cluster.network().hasSession(a.life(), b.life())) {
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
    leasedUntil.put(node.life(), 0L);
    node.life().giveUp();
    node.store().force();
    evict(node);
    closeWhenOut(node);
  }

  private void closeWhenOut(SimNode node) {
    simulation.schedule(
        conduct.step(),
        node.life(),
        () -> {
          if (isMember(node) || !isComplete()) {
            if (isComplete()) {
              evict(node); // nobody else lived when it asked for that
            }
            closeWhenOut(node);
          } else if (!node.life().isStopped()) {
            node.transport().close();
            cluster.endSoon(node);
          }
        });
  }

  @Override
  public PeerListener listener(SimNode node) {
    return new Peers(cluster, node);
  }

  @Override
  public void failed(SimNode node) {}

  @Override
  public boolean explains(SimNode node, WeftException reason) {
    boolean isOut = !isMember(node);
    if (saysOut(reason)) {
      return isOut;
    }
    return reason.code() == MembershipErrors.LEASE_LOST
        ? isOut || node.mayLoseLease()
        : node.mayStop();
  }

  /** Whether a node stops for this because it is outside the view. */
  static boolean saysOut(WeftException reason) {
    return reason.code() == MembershipErrors.EVICTED
        || reason.code() == TransportErrors.EVICTED
        || reason.code() == RedoErrors.LOG_SEALED
        || reason.code() == StoreErrors.FENCED;
  }

  private void agree(List<SimNode> next) {
    if (next.isEmpty() || next.equals(members) && change.isPresent() && !change.get().isStale()) {
      return;
    }
    epoch++;
    views++;
    List<SimNode> sorted = next.stream().sorted((a, b) -> Integer.compare(a.id(), b.id())).toList();
    members = sorted;
    joining.removeAll(sorted);
    Map<NodeId, Long> incarnations = new HashMap<>();
    List<Member> list = new ArrayList<>();
    for (SimNode node : sorted) {
      incarnations.put(new NodeId(node.id()), node.life().incarnation());
      list.add(configured.get(node.id()));
    }
    simulation.record(
        Trace.What.VIEW, simulation.world(), epoch, sorted.size(), "agreed on " + sorted);
    ViewChange begun = new ViewChange(new View(new Epoch(epoch), list, incarnations), sorted);
    change = Optional.of(begun);
    probe.onStep(Step.AGREED, epoch, Optional.empty());
    begun.start();
  }

  // ---- leases -----------------------------------------------------------------------------------

  private void renewLater(SimNode node) {
    simulation.schedule(conduct.leaseNs() / 3, node.life(), () -> renew(node));
  }

  private void renew(SimNode node) {
    if (node.life().isStopped()) {
      return;
    }
    if (isMember(node)) {
      if (node.life().views().epoch() > 0 && !node.life().views().leaseHolds()) {
        cluster.failed(node, new WeftException(MembershipErrors.LEASE_LOST, node + " was late"));
        return;
      }
      if (!cluster.isCutOff(node)) {
        lease(node);
      }
    } else if (!joining.contains(node) && !node.isLeaving()) {
      cluster.failed(node, new WeftException(MembershipErrors.EVICTED, node + " is evicted"));
      return;
    }
    renewLater(node);
  }

  private void lease(SimNode node) {
    leasedUntil.put(node.life(), simulation.now() + conduct.leaseNs());
    node.life().views().lease(node.life().bootTime() + conduct.leaseNs());
  }

  private boolean hasStopped(SimNode node) {
    return node.life().isDead()
        || !rules.waitsForLeases()
        || simulation.now() > leasedUntil.getOrDefault(node.life(), 0L) + conduct.marginNs();
  }

  // ---- one view ---------------------------------------------------------------------------------

  private final class ViewChange {
    private final View view;
    private final List<SimNode> in;
    private final List<SimNode> out;
    private final Set<SimNode> installed = new LinkedHashSet<>();
    private final Set<SimNode> recovered = new LinkedHashSet<>();
    private final Set<SimNode> written = new LinkedHashSet<>();
    private List<NodeLog> dead = List.of();
    private boolean fenced;
    private boolean complete;
    private boolean closed;

    ViewChange(View view, List<SimNode> in) {
      this.view = view;
      this.in = in;
      this.out =
          lives.stream().filter(node -> !in.contains(node) && !joining.contains(node)).toList();
    }

    /** Whether somebody in it has died. */
    boolean isStale() {
      return in.stream().anyMatch(node -> node.life().isDead());
    }

    private boolean isOver() {
      return change.orElseThrow() != this;
    }

    private void at(SimNode node, Runnable step) {
      simulation.schedule(
          conduct.step(),
          node.life(),
          () -> {
            if (isOver() || node.life().isStopped()) {
              return;
            }
            try {
              step.run();
            } catch (WeftException e) {
              cluster.failed(node, e);
            }
          });
    }

    private void done(Step step, SimNode node) {
      simulation.record(Trace.What.VIEW, node.life(), view.epoch().value(), 0, step);
      probe.onStep(step, view.epoch().value(), Optional.of(node));
    }

    void start() {
      for (SimNode node : in) {
        at(node, () -> install(node));
      }
      at(proposer(), this::fence);
    }

    private SimNode proposer() {
      return in.get(simulation.random().nextInt(in.size()));
    }

    private void install(SimNode node) {
      node.life().views().install(view);
      lease(node);
      node.openLog();
      for (SimNode other : out) {
        if (other.id() != node.id()) {
          node.transport().evict(other.id(), other.life().incarnation());
        }
      }
      BucketMap map = node.directory().mapOf(view);
      node.directory().install(map);
      node.transport()
          .viewInstalled(
              () -> {
                if (node.life().isStopped()) {
                  return;
                }
                if (isOver() && node.life().views().epoch() != view.epoch().value()) {
                  return; // the next view is installed already
                }
                node.masters(map);
                node.cache()
                    .install(view, map)
                    .whenComplete((nothing, error) -> at(node, () -> installed(node, error)));
              });
    }

    private void installed(SimNode node, Throwable error) {
      if (error != null) {
        return; // the node is about to stop, or the view to change
      }
      cluster.becameMember(node);
      done(Step.INSTALLED, node);
      installed.add(node);
      if (fenced || !rules.waitsForFence()) {
        at(node, () -> redo(node));
      }
    }

    /** Waits until everybody outside has stopped, and shuts the storage to them. */
    private void fence() {
      SimNode proposer = proposer();
      boolean allStopped = out.stream().allMatch(SimMembership.this::hasStopped);
      boolean shut = allStopped;
      if (allStopped) {
        for (SimNode node : out) {
          shut &= shut(proposer, node);
        }
      }
      if (!shut) {
        at(proposer(), this::fence);
        return;
      }
      dead = List.copyOf(pool);
      fenced = true;
      done(Step.FENCED, proposer);
      if (rules.waitsForFence()) {
        for (SimNode node : installed) {
          at(node, () -> redo(node));
        }
      }
    }

    private boolean shut(SimNode proposer, SimNode node) {
      if (!pool.contains(node.log())) {
        try {
          if (rules.fences()) {
            proposer.store().fence(node.id(), node.life().incarnation());
          }
        } catch (WeftException e) {
          return false;
        }
        cluster.sealed(node);
        pool.add(node.log());
      }
      return true;
    }

    private void redo(SimNode node) {
      RecoveryRedo redo =
          node.deadRedo(
              rules.pool(dead, view.memberBits()),
              () -> rules.indexed(node.masters().orElseThrow(), node.id()));
      done(Step.REDO, node);
      node.cache()
          .startRecovery(view.epoch().value(), redo)
          .whenComplete(
              (nothing, error) -> {
                if (error == null) {
                  at(node, () -> recovered(node));
                }
              });
    }

    private void recovered(SimNode node) {
      done(Step.RECOVERED, node);
      recovered.add(node);
      if (recovered.size() == in.size()) {
        complete = true;
        simulation.record(
            Trace.What.VIEW, simulation.world(), view.epoch().value(), 0, Step.COMPLETE);
        probe.onStep(Step.COMPLETE, view.epoch().value(), Optional.empty());
        if (!rules.keepsRedoUntilWritten()) {
          close();
          return;
        }
        for (SimNode member : in) {
          at(member, () -> checkpoint(member));
        }
      }
    }

    private void checkpoint(SimNode node) {
      node.cache()
          .checkpoint()
          .whenComplete(
              (nothing, error) -> {
                if (error == null) {
                  at(node, () -> writtenUnlessQuarantined(node));
                }
              });
    }

    private void lookAgain(SimNode node) {
      simulation.schedule(
          LOOK_AGAIN_NS,
          simulation.world(),
          () -> {
            simulation.quiet();
            at(node, () -> writtenUnlessQuarantined(node));
          });
    }

    private void writtenUnlessQuarantined(SimNode node) {
      node.cache()
          .quarantined()
          .whenComplete(
              (blocks, error) -> {
                if (error == null && blocks.isEmpty()) {
                  at(node, () -> written(node));
                } else if (error == null) {
                  lookAgain(node);
                }
              });
    }

    private void written(SimNode node) {
      done(Step.CHECKPOINTED, node);
      written.add(node);
      if (written.size() == in.size()) {
        close();
      }
    }

    private void close() {
      for (NodeLog log : dead) {
        log.delete();
        logsDeleted++;
      }
      pool.removeAll(dead);
      lives.removeIf(node -> out.contains(node) && node.life().isDead());
      closed = true;
      cluster.redoForgotten();
      probe.onStep(Step.CLOSED, view.epoch().value(), Optional.empty());
    }
  }
}
