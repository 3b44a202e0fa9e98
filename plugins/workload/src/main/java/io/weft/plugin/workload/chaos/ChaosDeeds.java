// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.faults.PowerLoss;
import io.weft.plugin.workload.chaos.ChaosNode.State;
import io.weft.plugin.workload.chaos.Nemesis.Act;
import io.weft.plugin.workload.chaos.Nemesis.Deed;
import io.weft.plugin.workload.fleet.Fleet;
import io.weft.plugin.workload.fleet.NodeProcess.Signal;
import io.weft.plugin.workload.shared.Json;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Does to the nodes what the nemesis decides. Used by one thread. */
final class ChaosDeeds {
  /** How far a wall clock is set, in either direction. */
  private static final long MOST_STEP_MS = 3_600_000;

  /** Kinds of calls of the storage that fail together. */
  private static final List<String> CALLS =
      List.of(
          "read", "write", "force", "look", "name", "write,force", "read,write,force,look,name");

  private final Fleet fleet;
  private final ChaosPlan plan;
  private final ChaosNodes nodes;
  private final NetworkCuts cuts;
  private final ChaosLedger ledger;
  private final RunHistory history;
  private final ChaosFigures figures;
  private final KillEffect effect;
  private final Diary diary;
  private final SplittableRandom dice;

  ChaosDeeds(
      Fleet fleet,
      ChaosPlan plan,
      ChaosNodes nodes,
      NetworkCuts cuts,
      ChaosLedger ledger,
      ChaosFigures figures,
      KillEffect effect,
      Diary diary) {
    this.fleet = fleet;
    this.plan = plan;
    this.nodes = nodes;
    this.cuts = cuts;
    this.ledger = ledger;
    history = ledger.history();
    this.figures = figures;
    this.effect = effect;
    this.diary = diary;
    dice = new SplittableRandom(plan.seed());
  }

  /** Does something now. */
  void act(Act act) {
    ledger.disturb();
    Fault fault = Fault.of(act.deed());
    figures.suffered(fault, act.nodes().size());
    act.nodes().forEach(node -> nodes.get(node).suffer(fault));
    switch (act.deed()) {
      case KILL -> kill(act.nodes(), act.length());
      case PAUSE_SHORT, PAUSE_LONG -> {
        for (int node : act.nodes()) {
          diary.say("node %d is paused for %d ms", node, act.length().toMillis());
          figures.paused();
          nodes.hold(node, act.length());
          history.unsteady(node, fleet.life(node));
          fleet.signal(node, Signal.STOP);
          nodes.enter(node, State.PAUSED);
        }
        effect.drop();
      }
      case LEAVE -> {
        for (int node : act.nodes()) {
          diary.say("node %d is told to leave", node);
          figures.left();
          nodes.hold(node, act.length());
          fleet.signal(node, Signal.TERM);
          nodes.enter(node, State.LEAVING);
        }
        effect.drop();
      }
      case CUT_SHORT, CUT_LONG -> {
        diary.say("nothing is carried over %s", act.links());
        cuts.begin(act.links(), act.length());
        act.nodes().forEach(node -> nodes.get(node).restless(!act.patient()));
        ail(act, "cut off", _ -> {}, _ -> {});
      }
      case POWER_LOSS -> losePower(act);
      case DISK_FULL -> {
        String space = dice.nextBoolean() ? "none" : "no-growth";
        ail(act, "space " + space, "space enough");
      }
      case IO_ERROR -> ail(act, "error " + calls() + " 1 100", "error none");
      case IO_ERRORS -> ail(act, "error " + calls() + " 0 " + (1 << dice.nextInt(7)), "error none");
      case CLOCK_STEP -> ail(act, "wall " + dice.nextLong(-MOST_STEP_MS, MOST_STEP_MS), "");
      case CLOCK_LEAP -> ail(act, "boot " + dice.nextLong(2 * plan.lease().toMillis()), "");
      case SUSPEND -> suspend(act);
    }
  }

  /** The kinds of calls that fail together. */
  private String calls() {
    return CALLS.get(dice.nextInt(CALLS.size()));
  }

  private void losePower(Act act) {
    List<Integer> others =
        IntStream.range(0, nodes.count())
            .filter(node -> !act.nodes().contains(node))
            .filter(node -> !isIn(node, State.DOWN) && !isIn(node, State.PAUSED))
            .boxed()
            .toList();
    PowerLoss.Loss loss = fleet.losePower(act.nodes(), others, dice.nextLong());
    for (int node : act.nodes()) {
      diary.say("node %d loses its power: %s", node, lost(loss));
      gone(node, act.length());
    }
    others.forEach(node -> history.unsteady(node, fleet.life(node)));
    effect.drop();
  }

  private static String lost(PowerLoss.Loss loss) {
    return String.format(
        Locale.ROOT,
        "of %,d writes that were not forced %,d sectors are lost, and %,d names",
        loss.writes(),
        loss.sectors(),
        loss.names());
  }

  /** The node is told that the next pause is a suspension, and stopped when it says so. */
  private void suspend(Act act) {
    for (int node : act.nodes()) {
      diary.say("node %d is suspended for %d ms", node, act.length().toMillis());
      nodes.get(node).putToSleep(act.length());
      history.unsteady(node, fleet.life(node));
      fleet.tell(node, fault("suspend " + act.length().toMillis()));
      nodes.enter(node, State.AILING);
      nodes.hold(node, ChaosNode.PATIENCE);
    }
    effect.drop();
  }

  /** A node says that it is under a fault. */
  void onFaulted(int node) {
    ChaosNode slot = nodes.get(node);
    if (slot.state() != State.AILING) {
      return;
    }
    Duration sleep = slot.takeSleep();
    if (sleep.isPositive()) {
      nodes.hold(node, sleep);
      fleet.signal(node, Signal.STOP);
      nodes.enter(node, State.PAUSED);
    }
  }

  private static ObjectNode fault(String words) {
    return Json.command("fault").put("words", words);
  }

  /** Puts nodes under a fault that the plugin of each node injects. */
  private void ail(Act act, String begin, String end) {
    ail(
        act,
        begin,
        node -> fleet.tell(node, fault(begin)),
        node -> {
          if (!end.isEmpty() && isIn(node, State.AILING)) {
            fleet.tell(node, fault(end));
          }
        });
  }

  /**
   * Puts nodes under a fault with which they work on, and which ends by itself.
   *
   * @param what it is, for people
   * @param begin puts a node under it
   * @param end takes it away again, also when the process has ended meanwhile
   */
  private void ail(Act act, String what, IntConsumer begin, IntConsumer end) {
    for (int node : act.nodes()) {
      diary.say("node %d for %d ms: %s", node, act.length().toMillis(), what);
      nodes.hold(node, act.length());
      nodes.get(node).ail(() -> end.accept(node));
      history.unsteady(node, fleet.life(node));
      begin.accept(node);
      nodes.enter(node, State.AILING);
    }
    effect.drop();
  }

  /**
   * Kills nodes at once.
   *
   * @param absence how long they are not started again
   */
  void kill(List<Integer> victims, Duration absence) {
    boolean calm = nodes.isCalm();
    nodes.in(State.WORKING).forEach(node -> fleet.tell(node, Json.command("mark")));
    if (calm) {
      effect.begin(victims);
    } else {
      effect.drop();
    }
    fleet.kill(victims);
    for (int node : victims) {
      diary.say("node %d is killed%s", node, calm ? "" : " while the cluster recovers");
      figures.killed(1);
      gone(node, absence);
    }
  }

  private void gone(int node, Duration absence) {
    history.ended(node, fleet.life(node));
    nodes.get(node).harm();
    nodes.get(node).relieve();
    nodes.hold(node, absence);
    nodes.enter(node, State.DOWN);
  }

  /** Kills everything that runs, in mid-work. */
  void killAll() {
    List<Integer> running =
        IntStream.range(0, nodes.count()).filter(node -> !isIn(node, State.DOWN)).boxed().toList();
    diary.say("all nodes are killed: %s", running);
    figures.killed(running.size());
    if (plan.deeds().contains(Deed.POWER_LOSS)) {
      diary.say("the power fails: %s", lost(fleet.losePower(running, List.of(), dice.nextLong())));
    } else {
      fleet.kill(running);
    }
    running.forEach(node -> history.ended(node, fleet.life(node)));
  }

  private boolean isIn(int node, State state) {
    return nodes.get(node).state() == state;
  }
}
