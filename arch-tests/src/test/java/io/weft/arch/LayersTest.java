// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Modules of several packages keep them in layers. */
final class LayersTest {
  private static final Layers CACHE_FUSION =
      new Layers(
          House.CACHE_FUSION,
          List.of(
              "spec",
              "node",
              "lock",
              "frame",
              "protocol",
              "storage",
              "shard",
              "mastery",
              "recovery",
              "scope"));

  private static final Layers SIMULATOR =
      new Layers(
          House.SIM,
          List.of(
              "time",
              "history",
              "network",
              "storage",
              "options",
              "node",
              "membership",
              "cluster",
              "run"));

  private static final String PROTOCOL = "protocol";

  /** Packages in which no class uses another one that uses it, with the fewest classes of each. */
  private static final Map<String, Integer> ONE_WAY =
      Map.ofEntries(
          Map.entry(House.TCP, 20),
          Map.entry(House.SHM, 20),
          Map.entry(House.SPI + ".peer", 20),
          Map.entry(House.LAUNCHER, 20),
          Map.entry(House.SIM, 1),
          Map.entry(House.SIM + ".cluster", 5),
          Map.entry(House.SIM + ".history", 3),
          Map.entry(House.SIM + ".membership", 8),
          Map.entry(House.SIM + ".network", 10),
          Map.entry(House.SIM + ".node", 13),
          Map.entry(House.SIM + ".options", 6),
          Map.entry(House.SIM + ".run", 14),
          Map.entry(House.SIM + ".storage", 14),
          Map.entry(House.SIM + ".time", 11),
          Map.entry(House.WORKLOAD, 1),
          Map.entry(House.WORKLOAD + ".affinity", 6),
          Map.entry(House.WORKLOAD + ".agent", 8),
          Map.entry(House.WORKLOAD + ".chaos", 15),
          Map.entry(House.WORKLOAD + ".demo", 7),
          Map.entry(House.WORKLOAD + ".fleet", 7),
          Map.entry(House.WORKLOAD + ".network", 4),
          Map.entry(House.WORKLOAD + ".replay", 10),
          Map.entry(House.WORKLOAD + ".run", 6),
          Map.entry(House.WORKLOAD + ".shared", 7));

  /** What reaches time, threads, other nodes or devices; the machines have it done for them. */
  private static final Pattern WORLD =
      Pattern.compile(
          "io\\.weft\\.spi\\.(runtime|view|node|redo|recovery|session)\\..*"
              + "|io\\.weft\\.spi\\.transport\\.(?!Lane\\b).*"
              + "|io\\.weft\\.spi\\.store\\.BlockStore.*"
              + "|java\\.util\\.concurrent\\.(locks\\..*|.*Execut.*|Semaphore|CountDownLatch)");

  /** Two layers, of which the lower one uses the higher one, and so both use each other. */
  private static final Layers PLANTED =
      new Layers("io.weft.plugin.planted.layers", List.of("low", "high"));

  private static final JavaClasses PLANTED_CLASSES =
      new ClassFileImporter().importPackages(PLANTED.module());

  /** Three classes in a circle, and one that uses them all. */
  private static final String CIRCLE = "io.weft.plugin.planted.circle";

  @Test
  void theLayersOfCacheFusionUseWhatLiesBelow() {
    Verdict.on(
        "a class of cache fusion uses its own layer and those below it: "
            + String.join(" < ", CACHE_FUSION.below())
            + " < the package on top",
        "Let the lower layer say what it needs as an interface of its own, and hand it over in"
            + " CacheFusion.",
        CACHE_FUSION.violations(House.CLASSES));
  }

  @Test
  void everyPackageOfCacheFusionIsALayer() {
    assertEquals(Set.of(), CACHE_FUSION.unknown(House.CLASSES));
    assertTrue(CACHE_FUSION.classes(House.CLASSES).size() >= 100, "sees too few classes");
  }

  @Test
  void theLayersOfTheSimulatorUseWhatLiesBelow() {
    Verdict.on(
        "a class of the simulator uses its own layer and those below it: "
            + String.join(" < ", SIMULATOR.below())
            + " < the package on top",
        "Let the lower layer say what it needs as an interface of its own, and hand it over in"
            + " SimCluster.",
        SIMULATOR.violations(House.CLASSES));
  }

  @Test
  void everyPackageOfTheSimulatorIsALayer() {
    assertEquals(Set.of(), SIMULATOR.unknown(House.CLASSES));
    SIMULATOR
        .below()
        .forEach(layer -> assertTrue(ONE_WAY.containsKey(House.SIM + "." + layer), layer));
  }

  @Test
  void theMachinesOfTheProtocolKnowEachOtherOneWay() {
    assertEquals(
        Set.of(),
        CACHE_FUSION.cycles(House.CLASSES, PROTOCOL),
        "classes of the protocol use each other in a circle. To fix: tell the higher one through"
            + " an interface, as Waiters does.");
  }

  @Test
  void theClassesOfThesePackagesKnowEachOtherOneWay() {
    Verdict.on(
        "the classes of transports, of the launcher, of the simulator and of the workloads know"
            + " each other one way",
        "Tell the higher class through an interface of the lower one, as Link.Owner does, or move"
            + " what both need into a class of its own.",
        ONE_WAY.keySet().stream()
            .sorted()
            .flatMap(name -> Layers.cyclesWithin(House.CLASSES, name).stream())
            .toList());
  }

  @Test
  void seesTheClassesOfThesePackages() {
    ONE_WAY.forEach(
        (name, least) ->
            assertTrue(
                House.CLASSES.stream().filter(type -> type.getPackageName().equals(name)).count()
                    >= least,
                () -> "sees too few classes of " + name));
  }

  /** A new package of the workloads is one of them, too. */
  @Test
  void everyPackageOfTheWorkloadsIsAmongThem() {
    assertEquals(
        Set.of(),
        House.CLASSES.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> (name + ".").startsWith(House.WORKLOAD + "."))
            .filter(name -> !ONE_WAY.containsKey(name))
            .collect(Collectors.toSet()));
  }

  @Test
  void theMachinesOfTheProtocolReachTheWorldThroughEffects() {
    Verdict.on(
        "the protocol is pure: no clock, thread, network or device",
        "Ask for it in Effects, and let ShardEffects carry it out.",
        CACHE_FUSION.classes(House.CLASSES).stream()
            .filter(type -> type.getPackageName().equals(House.CACHE_FUSION + "." + PROTOCOL))
            .flatMap(type -> Uses.ofTypes(type, WORLD))
            .sorted()
            .toList());
  }

  @Test
  void findsThePlantedUseOfAHigherLayer() {
    List<String> found = PLANTED.violations(PLANTED_CLASSES);
    assertTrue(
        !found.isEmpty() && found.stream().allMatch(line -> line.contains("Low")),
        () -> "the lower one alone is wrong: " + found);
  }

  @Test
  void findsThePlantedCycle() {
    String high = PLANTED.module() + ".high.";
    assertEquals(Set.of(high + "First", high + "Second"), PLANTED.cycles(PLANTED_CLASSES, "high"));
    assertEquals(Set.of(), PLANTED.cycles(PLANTED_CLASSES, "low"));
  }

  /** As a command that names the command class, which names the command. */
  @Test
  void findsThePlantedCycleOfThree() {
    assertEquals(
        Set.of(CIRCLE + ".Command", CIRCLE + ".Place", CIRCLE + ".Top"),
        Layers.cyclesWithin(new ClassFileImporter().importPackages(CIRCLE), CIRCLE));
  }

  @Test
  void findsThePlantedPackageThatIsNoLayer() {
    assertEquals(
        Set.of(PLANTED.module() + ".high", PLANTED.module()),
        new Layers(PLANTED.module(), List.of("low")).unknown(PLANTED_CLASSES));
  }
}
