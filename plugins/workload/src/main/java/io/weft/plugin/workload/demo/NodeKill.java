// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.fleet.Fleet;
import io.weft.plugin.workload.run.Run;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.LongestTime;
import io.weft.plugin.workload.shared.Measured;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The work phase of a demo in which a node is killed: a third of the time with all nodes, a third
 * without one, and the rest with it again. Reports the events with times of the parent's clock.
 * Used by one thread.
 */
final class NodeKill {
  /** Blocks that each node touches all the time, to measure stalls. */
  private static final int PULSE_BLOCKS = 64;

  /** Least time for which the node works after its restart. */
  private static final double ENCORE_SECONDS = 1;

  private final Run run;
  private final Fleet fleet;
  private final DemoSettings settings;
  private final int victim;
  private final double seconds;
  private final List<ObjectNode> lastWords = new ArrayList<>();
  private final LongestTime unaffected = new LongestTime();
  private final LongestTime all = new LongestTime();
  private OptionalDouble detectedMillis = OptionalDouble.empty();
  private OptionalDouble recoveredMillis = OptionalDouble.empty();
  private OptionalDouble backMillis = OptionalDouble.empty();

  /** Creates the phase, for a victim in a demo of {@code seconds} seconds. */
  NodeKill(Run run, DemoSettings settings, int victim, int seconds) {
    this.run = run;
    fleet = run.fleet();
    this.settings = settings;
    this.victim = victim;
    this.seconds = seconds;
  }

  /** Starts the touching of own blocks on all nodes. */
  void prepare() {
    fleet.tellAll(this::pulse);
    fleet.await("beating", Fleet.SILENCE, () -> run.display().show(0, ""));
  }

  private ObjectNode pulse(int node) {
    return Json.command("pulse")
        .put("node", node)
        .put("nodes", settings.nodes())
        .put("blocks", PULSE_BLOCKS);
  }

  /** Runs the phase, and returns when the work has lasted long enough. */
  void play() {
    workUntil(seconds / 3);
    kill();
    workUntil(2 * seconds / 3);
    bringBack();
    workUntil(Math.max(seconds, run.seconds() + ENCORE_SECONDS));
  }

  private void workUntil(double second) {
    fleet.follow(
        () -> {
          show();
          return run.seconds() >= second;
        });
  }

  private void show() {
    run.showWork(_ -> run.seconds() / seconds, "operations", "requests");
  }

  private void kill() {
    fleet.tellAll(_ -> Json.command("mark"));
    lastWords.addAll(fleet.latest(victim));
    long pid = fleet.pids().get(victim);
    long killedNs = Clock.SYSTEM.nanoTime();
    fleet.kill(victim);
    run.display()
        .say("weft: node " + victim + ", process " + pid + ", was killed; the others recover:");
    List<Integer> survivors = fleet.present();
    long giveUpNs = killedNs + Fleet.SILENCE.toNanos();
    fleet.follow(
        () -> {
          show();
          return fleet.recovery().isSettled(survivors, List.of(victim))
              || Clock.SYSTEM.nanoTime() - giveUpNs > 0;
        });
    fleet.recovery().since(killedNs).forEach(line -> run.display().say("  " + line));
    detectedMillis = millis(fleet.recovery().beganNs(killedNs), killedNs);
    recoveredMillis = millis(fleet.recovery().completedNs(killedNs), killedNs);
    for (ObjectNode felt : fleet.ask("feel", "felt", this::show)) {
      for (int master = 0; master < settings.nodes(); master++) {
        feel(master, felt.path("longestMicros").path(master));
      }
    }
    run.display()
        .say(
            String.format(
                Locale.ROOT,
                "weft: every block is served again after %s; blocks that node %d neither held"
                    + " nor mastered waited %s at most",
                Measured.text("%.1f ms", recoveredMillis),
                victim,
                Measured.text("%.1f ms", unaffected.millis())));
  }

  /** A node tells how long blocks of a master were not served, if it touched any. */
  private void feel(int master, JsonNode longestMicros) {
    if (!longestMicros.isNumber()) {
      return;
    }
    all.addMicros(longestMicros.asLong());
    if (master != victim) {
      unaffected.addMicros(longestMicros.asLong());
    }
  }

  private static OptionalDouble millis(Optional<Long> momentNs, long sinceNs) {
    return momentNs.stream().mapToDouble(moment -> (moment - sinceNs) / 1e6).findAny();
  }

  private void bringBack() {
    long startNs = Clock.SYSTEM.nanoTime();
    fleet.restart(victim, this::show);
    fleet.tell(victim, settings.returning(victim).toCommand());
    fleet.await("ready", victim, Fleet.SILENCE, this::show);
    fleet.tell(victim, Json.command("start"));
    double millis = (Clock.SYSTEM.nanoTime() - startNs) / 1e6;
    backMillis = OptionalDouble.of(millis);
    run.display()
        .say(
            String.format(
                Locale.ROOT,
                "weft: node %d is back and works, %.1f s after it was started",
                victim,
                millis / 1e3));
  }

  /** The last progress of the killed node; acknowledged changes are counted elsewhere. */
  List<ObjectNode> lastWords() {
    return lastWords;
  }

  /** Most operations that the killed node had in progress: one per thread. */
  long inFlight() {
    return settings.threads();
  }

  /** The part of the verdict about the kill. */
  String verdict() {
    return ", and no more than the "
        + inFlight()
        + " operations that were under way when node "
        + victim
        + " was killed are there besides";
  }

  /** Adds the figures. */
  void addTo(ObjectNode json, List<ObjectNode> audits) {
    for (ObjectNode audit : audits) {
      JsonNode longest = audit.path("longestMicros");
      if (longest.isNumber()) {
        all.addMicros(longest.asLong());
      }
    }
    json.put("kills", 1).put("pauses", 0).put("restarts", 1);
    Measured.put(json, "detectedMillis", detectedMillis);
    Measured.put(json, "recoveredMillis", recoveredMillis);
    Measured.put(json, "backMillis", backMillis);
    ObjectNode stall = json.putObject("longestStallMillis");
    Measured.put(stall, "unaffected", unaffected.millis());
    Measured.put(stall, "all", all.millis());
  }
}
