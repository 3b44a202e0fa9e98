// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.options;

import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Delay.Shape;
import io.weft.recovery.membership.MembershipSettings;
import io.weft.spi.plugin.ByteSize;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What goes wrong in a seed, beyond what the network, the disk and the logs do every day.
 *
 * @param kinds what may happen; a seed may lack what hides something in another
 * @param most how many faults at most
 * @param between from one fault to the next
 * @param outage how long it lasts: until a restart, a mend, the end of a pause
 * @param detect until the others suspect a node that they do not hear of
 * @param mostAway most nodes that are down, paused or cut off at once
 * @param inRecoveryPerMille how often a step of a view change brings a crash
 * @param redoAtOnce blocks that a node recovers at once
 * @param membership conduct of the membership
 * @param clusterMembership settings of the engine's own membership; empty: the scripted one
 * @param registryFailsPerMille how often a call of the registry fails
 * @param registryTakes how long a call of the registry takes until it has its effect, and as long
 *     again, by another draw, until it returns; {@link Delay#NONE}: no time, and nothing else
 *     happens meanwhile
 * @param coreLog whether the nodes have the engine's own redo log
 * @param checkpoint from one checkpoint of a node to the next; {@link Delay#NONE}: there are none
 * @param coldEnd whether all nodes start again before the last look
 */
public record Faults(
    Set<Kind> kinds,
    int most,
    Delay between,
    Delay outage,
    Delay detect,
    int mostAway,
    int inRecoveryPerMille,
    int redoAtOnce,
    ScriptedConduct membership,
    Optional<MembershipSettings> clusterMembership,
    int registryFailsPerMille,
    Delay registryTakes,
    boolean coreLog,
    Delay checkpoint,
    boolean coldEnd) {
  /** What can go wrong. */
  public enum Kind {
    /** A process is killed; its peers see their connections break. */
    CRASH,
    /** A host dies; nobody is told. */
    CRASH_SILENTLY,
    /** A process stands still, perhaps for longer than its lease. */
    PAUSE,
    /** Nothing gets to a node or from it. */
    ISOLATE,
    /** Nothing gets to a node, or nothing from it. */
    ISOLATE_ONE_WAY,
    /** Two nodes cannot talk to each other. */
    CUT_LINK,
    /** A connection breaks. */
    RESET,
    /** Everything takes longer at a node. */
    SLOW,
    /** A healthy node is suspected. */
    EVICT,
    /** A write to the disk fails. */
    WRITE_FAILS,
    /** A force of a log fails. */
    FORCE_FAILS,
    /** There is no space for redo. */
    LOG_FULL,
    /** A process dies inside a write to its log, or a force of it. */
    DIE_IN_LOG,
    /** Forces of a log take long. */
    SLOW_LOG,
    /** A node cannot reach the storage. */
    LOSE_STORAGE,
    /** Fencing fails, several times. */
    FENCE_FAILS,
    /** All processes are killed. */
    CRASH_ALL,
    /** The power fails everywhere. */
    LOSE_POWER,
    /** The power of one host fails, perhaps long after its process has ended. */
    LOSE_POWER_OF_HOST,
    /** A wall clock jumps. */
    CLOCK_STEP,
    /** A node leaves as planned. */
    LEAVE,
    /** A machine is suspended: its processes stand still, and one of its clocks. */
    SUSPEND,
    /** A monotonic clock jumps forwards, at most by some leases. */
    BOOT_CLOCK_LEAP,
    /** A monotonic clock stands still for a while or goes back, by less than the margin. */
    BOOT_CLOCK_LAG,
    /** The shared storage is full for a while: for blocks, logs and the registry. */
    DISK_FULL,
    /** Reads of a block fail for a while, or until it is mended. */
    BLOCK_UNREADABLE,
    /** There is no space for blocks and fences, for long. */
    STORE_FULL,
    /** The log of a node that has ended is there no more, and is put back later. */
    LOG_VANISHES,
    /** The registry cannot be read or written for a while, by one node or by all. */
    REGISTRY_FAILS,
    /** All processes end, and the registry is restored from an old copy. */
    REGISTRY_GOES_BACK,
    /** All nodes leave as planned. */
    LEAVE_ALL,
    /** A node starts again where some of the directories of the storage are not mounted. */
    STORAGE_AWAY,
    /** A node starts again with another value of a setting that must be alike on all nodes. */
    OTHER_SETTINGS;

    /** Whether only the engine's own membership can meet it. */
    boolean isOfMembership() {
      return this == REGISTRY_GOES_BACK
          || this == LEAVE_ALL
          || this == LOG_VANISHES
          || this == REGISTRY_FAILS
          || OF_OPERATORS.contains(this);
    }
  }

  /** What clocks do; added to a seed by itself, so that its other faults stay what they are. */
  private static final Set<Kind> OF_CLOCKS =
      EnumSet.of(Kind.SUSPEND, Kind.BOOT_CLOCK_LEAP, Kind.BOOT_CLOCK_LAG);

  /** What the storage does; likewise. */
  private static final Set<Kind> OF_STORAGE =
      EnumSet.of(Kind.BLOCK_UNREADABLE, Kind.STORE_FULL, Kind.LOG_VANISHES, Kind.REGISTRY_FAILS);

  /** What operators do; likewise. */
  private static final Set<Kind> OF_OPERATORS = EnumSet.of(Kind.STORAGE_AWAY, Kind.OTHER_SETTINGS);

  /** Nodes that watch a node, and that vote in larger clusters: not reached by 2 to 5 nodes. */
  private static final int WATCHERS = 6;

  private static final int ELECTORS = 7;

  private static final long US = 1_000;
  private static final long MS = 1_000_000;

  /** Most faults of a large cluster, in which every view change takes long. */
  private static final int MOST_OF_MANY = 2;

  /** Nothing goes wrong. */
  public static final Faults NONE =
      new Faults(
          EnumSet.noneOf(Kind.class),
          0,
          Delay.NONE,
          Delay.NONE,
          Delay.NONE,
          0,
          0,
          4,
          new ScriptedConduct(20 * MS, 2 * MS, new Delay(Shape.UNIFORM, 5 * US, 100 * US)),
          Optional.empty(),
          0,
          Delay.NONE,
          false,
          Delay.NONE,
          false);

  /** Nothing goes wrong, and a node recovers one block after the other. */
  public static Faults oneBlockAtATime() {
    return new Faults(
        NONE.kinds,
        NONE.most,
        NONE.between,
        NONE.outage,
        NONE.detect,
        NONE.mostAway,
        NONE.inRecoveryPerMille,
        1,
        NONE.membership,
        NONE.clusterMembership,
        NONE.registryFailsPerMille,
        NONE.registryTakes,
        NONE.coreLog,
        NONE.checkpoint,
        NONE.coldEnd);
  }

  /** Nothing goes wrong, and the nodes have the engine's own membership and redo log. */
  public static Faults ownMembership() {
    MembershipSettings settings =
        new MembershipSettings(
            Duration.ofMillis(200),
            5,
            Duration.ofMillis(10),
            Duration.ofMillis(100),
            false,
            false,
            WATCHERS,
            ELECTORS,
            Duration.ofSeconds(1),
            new ByteSize(1 << 20));
    return new Faults(
        NONE.kinds,
        NONE.most,
        NONE.between,
        NONE.outage,
        NONE.detect,
        NONE.mostAway,
        NONE.inRecoveryPerMille,
        NONE.redoAtOnce,
        NONE.membership,
        Optional.of(settings),
        NONE.registryFailsPerMille,
        NONE.registryTakes,
        true,
        NONE.checkpoint,
        NONE.coldEnd);
  }

  /** The same, and clocks that stop and jump in some seeds. */
  Faults withClocks(SplittableRandom random) {
    return with(OF_CLOCKS, random);
  }

  /** The same, and storage that fails in part in some seeds. */
  Faults withStorage(SplittableRandom random) {
    return with(OF_STORAGE, random);
  }

  /** The same, and mistakes of operators in some seeds. */
  Faults withMistakes(SplittableRandom random) {
    return with(OF_OPERATORS, random);
  }

  /** The same, and a registry whose calls take time in every second seed. */
  Faults withSlowRegistry(SplittableRandom random) {
    return random.nextBoolean()
        ? registryTaking(Delay.drawn(random, US, (1 + random.nextInt(20)) * MS))
        : this;
  }

  /** The same with a registry whose calls take so long. */
  Faults registryTaking(Delay delay) {
    return with(kinds, delay);
  }

  /** These kinds of faults only. */
  Faults only(Set<Kind> some) {
    return with(some, registryTakes);
  }

  private Faults with(Set<Kind> some, SplittableRandom random) {
    Set<Kind> more = EnumSet.noneOf(Kind.class);
    more.addAll(kinds);
    for (Kind kind : some) {
      boolean meetsIt = clusterMembership.isPresent() || !kind.isOfMembership();
      if (random.nextInt(3) == 0 && meetsIt) {
        more.add(kind);
      }
    }
    return with(more, registryTakes);
  }

  private Faults with(Set<Kind> what, Delay registry) {
    return new Faults(
        what,
        most,
        between,
        outage,
        detect,
        mostAway,
        inRecoveryPerMille,
        redoAtOnce,
        membership,
        clusterMembership,
        registryFailsPerMille,
        registry,
        coreLog,
        checkpoint,
        coldEnd);
  }

  /**
   * The same with the engine's own membership, in which a node is watched by some others only.
   *
   * @param more times as many faults
   */
  Faults sparse(int watchers, int electors, int more) {
    return new Faults(
        kinds,
        most * more,
        between,
        outage,
        detect,
        mostAway * more,
        inRecoveryPerMille,
        redoAtOnce,
        membership,
        clusterMembership.map(own -> sparse(own, watchers, electors)),
        registryFailsPerMille,
        registryTakes,
        coreLog,
        checkpoint,
        coldEnd);
  }

  private static MembershipSettings sparse(MembershipSettings own, int watchers, int electors) {
    return new MembershipSettings(
        own.lease(),
        own.drift(),
        own.heartbeat(),
        own.formWait(),
        own.kill(),
        own.witness(),
        watchers,
        electors,
        own.checkpointInterval(),
        own.checkpointRedo());
  }

  /** Nothing goes wrong; the engine's own membership, in which few nodes watch each node. */
  public static Faults sparseMembership(int watchers, int electors) {
    return ownMembership().sparse(watchers, electors, 1);
  }

  /** How long a lease is. */
  public long leaseNs() {
    return clusterMembership.map(own -> own.lease().toNanos()).orElse(membership.leaseNs());
  }

  /** How much longer than a lease another node waits before it counts the lease as expired. */
  public long marginNs() {
    return clusterMembership
        .map(own -> own.lease().toNanos() / 100 * own.drift())
        .orElse(membership.marginNs());
  }

  static Faults of(SplittableRandom random, int nodes) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    for (Kind kind : EnumSet.complementOf(EnumSet.copyOf(OF_CLOCKS))) {
      if (!kind.isOfMembership()
          && !OF_STORAGE.contains(kind)
          && kind != Kind.DISK_FULL
          && random.nextInt(3) == 0) {
        kinds.add(kind);
      }
    }
    if (random.nextInt(3) > 0) {
      kinds.add(Kind.CRASH);
    }
    int most = 2 + random.nextInt(20);
    if (most % 4 == 0) { // takes no draw of its own
      kinds.add(Kind.DISK_FULL);
    }
    return new Faults(
        kinds,
        most,
        Delay.drawn(random, 50 * US, (1 + random.nextInt(5)) * MS),
        Delay.drawn(random, 100 * US, (1 + random.nextInt(20)) * MS),
        Delay.drawn(random, 50 * US, (1 + random.nextInt(3000)) * US),
        1 + random.nextInt(nodes),
        random.nextInt(3) * 50,
        1 + random.nextInt(4),
        new ScriptedConduct(
            (1 + random.nextInt(20)) * MS,
            MS / 10,
            Delay.drawn(random, US, (1 + random.nextInt(300)) * US)),
        Optional.empty(),
        0,
        Delay.NONE,
        random.nextInt(3) > 0,
        random.nextInt(3) == 0
            ? Delay.NONE
            : Delay.drawn(random, MS, (1 + random.nextInt(20)) * MS),
        random.nextInt(3) == 0);
  }

  /** Nodes of a large cluster come and go. */
  static Faults ofMany(SplittableRandom random) {
    return new Faults(
        EnumSet.of(Kind.CRASH, Kind.CRASH_SILENTLY, Kind.EVICT, Kind.LEAVE),
        MOST_OF_MANY,
        Delay.drawn(random, MS, 5 * MS),
        Delay.drawn(random, MS, 5 * MS),
        Delay.drawn(random, 50 * US, MS),
        2,
        0,
        4,
        NONE.membership,
        Optional.empty(),
        0,
        Delay.NONE,
        true,
        Delay.NONE,
        false);
  }

  /** The same kinds of faults, slower, with the engine's own membership and redo log. */
  static Faults withMembership(SplittableRandom random, int nodes) {
    Faults scripted = of(random, nodes);
    Set<Kind> kinds = EnumSet.copyOf(scripted.kinds);
    if (random.nextInt(3) == 0) {
      kinds.add(Kind.REGISTRY_GOES_BACK);
    }
    if (random.nextInt(3) == 0) {
      kinds.add(Kind.LEAVE_ALL);
    }
    int heartbeatMs = 10 + random.nextInt(30);
    MembershipSettings settings =
        new MembershipSettings(
            Duration.ofMillis(200 + random.nextInt(400)),
            5,
            Duration.ofMillis(heartbeatMs),
            Duration.ofMillis(100),
            random.nextInt(4) > 0,
            false,
            WATCHERS,
            ELECTORS,
            Duration.ofSeconds(1),
            new ByteSize(1 << 20));
    return new Faults(
        kinds,
        1 + random.nextInt(10),
        Delay.drawn(random, MS, (1 + random.nextInt(200)) * MS),
        Delay.drawn(random, MS, (1 + random.nextInt(500)) * MS),
        scripted.detect,
        scripted.mostAway,
        0,
        scripted.redoAtOnce,
        scripted.membership,
        Optional.of(settings),
        random.nextInt(3) == 0 ? 10 : 0,
        Delay.NONE,
        true,
        Delay.NONE,
        scripted.coldEnd);
  }
}
