// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.cluster;

import io.weft.api.Member;
import io.weft.api.MemberErrors;
import io.weft.api.MemberList;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.storage.SimRegistry;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.Simulation;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.MemberAnswer;
import io.weft.spi.membership.MemberChange;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * An operator who changes the members at random, whatever happens to the cluster meanwhile: adds
 * the last node, which no configuration names, and a node that never starts; removes nodes that are
 * down; changes weights and addresses; asks for what has to be refused; withdraws requests. Has
 * each list checked ({@link AcceptedLists}).
 */
public final class MemberChanger {
  private static final long MS = 1_000_000;
  private static final Delay PAUSE = new Delay(Delay.Shape.UNIFORM, 20 * MS, 400 * MS);

  private final Simulation simulation;
  private final SimOptions options;
  private final SimRegistry registry;
  private final SplittableRandom random;
  private final AcceptedLists accepted;
  private int asked;
  private boolean mends;

  /** Begins at once. */
  public MemberChanger(Simulation simulation, SimOptions options, SimRegistry registry) {
    this.simulation = simulation;
    this.options = options;
    this.registry = registry;
    this.accepted = new AcceptedLists(simulation);
    this.random = new SplittableRandom(options.seed() * 0x94D049BB133111EBL + 11);
    later();
  }

  /** The configured members of a node: no other node's configuration names the last one. */
  public static List<Member> configured(SimOptions options, int node) {
    int last = options.nodes() - 1;
    return node == last ? options.members() : options.members().subList(0, last);
  }

  /** How many lists were agreed on after the first. */
  public int changed() {
    return accepted.changed();
  }

  /** How many requests were left. */
  public int asked() {
    return asked;
  }

  /** From here on asks only for what all nodes need to run. */
  public void mend() {
    mends = true;
  }

  /** The registry has accepted a record. */
  public void onAccepted() {
    accepted.onAccepted(registry.newestRecord(), registry.wasSetBack(10_000 * MS));
  }

  private void later() {
    simulation.schedule(
        PAUSE,
        simulation.world(),
        () -> {
          simulation.quiet();
          registry.members().ifPresent(now -> step(now.list()));
          later();
        });
  }

  private void step(MemberList list) {
    List<ClusterRegistry.Request> pending = registry.requests().pending();
    if (pending.size() > 2) {
      withdraw(pending.get(random.nextInt(pending.size())).number());
    } else if (mends) {
      if (pending.isEmpty()) {
        wanted(list).ifPresent(this::ask);
      }
    } else {
      ask(any(list));
    }
  }

  private void withdraw(long number) {
    MemberAnswer answer =
        MemberAnswer.refused(MemberErrors.NOT_CARRIED_OUT, "the operator has given it up");
    registry.requests().answer(number, answer.encode());
  }

  private void ask(MemberChange change) {
    asked++;
    try {
      registry.requests().ask(change.encode(), 0);
    } catch (WeftException e) {
      simulation.violate(Invariant.NODE_RUNS, "the registry takes no request: " + e);
    }
  }

  /** What is still needed so that all nodes, and no other one, are members. */
  private Optional<MemberChange> wanted(MemberList list) {
    NodeSet missing = NodeSet.ofFirst(options.nodes()).minus(list.ids());
    if (!missing.isEmpty()) {
      return Optional.of(MemberChange.add(options.members().get(missing.next(0))));
    }
    return list.find(phantom().id()).map(member -> MemberChange.remove(member.id()));
  }

  private Member phantom() {
    return new Member(new NodeId(options.nodes()), "nowhere", 1);
  }

  private MemberChange any(MemberList list) {
    Member node = options.members().get(random.nextInt(options.nodes()));
    return switch (random.nextInt(6)) {
      case 0, 1 -> wanted(list).orElseGet(() -> MemberChange.add(phantom()));
      case 2 -> MemberChange.remove(node.id());
      case 3 -> MemberChange.remove(phantom().id());
      case 4 ->
          MemberChange.change(
              new Member(node.id(), node.host(), node.port(), 50 + random.nextInt(3) * 100));
      default -> MemberChange.add(random.nextBoolean() ? phantom() : node);
    };
  }
}
