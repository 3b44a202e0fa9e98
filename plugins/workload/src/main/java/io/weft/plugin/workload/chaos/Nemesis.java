// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import io.weft.plugin.workload.network.NetworkLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Decides at random when to inject which fault on which node, such that the other nodes keep their
 * quorum. Pure: the time is an argument. Used by one thread.
 */
public final class Nemesis {
  /** An action on nodes or links. */
  enum Deed {
    /** SIGKILL; restarted some time later. */
    KILL,
    /** SIGSTOP, and SIGCONT before the membership lease has expired. */
    PAUSE_SHORT,
    /** SIGSTOP, and SIGCONT after the membership lease has expired. */
    PAUSE_LONG,
    /** SIGTERM: the node leaves as planned, and is restarted some time later. */
    LEAVE,
    /** Links are cut, and restored before the membership lease has expired. */
    CUT_SHORT,
    /** Links are cut, and restored after the membership lease has expired. */
    CUT_LONG,
    /** Its storage is full for some time. */
    DISK_FULL,
    /** One call of its storage fails. */
    IO_ERROR,
    /** Calls of its storage fail for some time. */
    IO_ERRORS,
    /** Its machine loses power and unforced writes; restarted some time later. */
    POWER_LOSS,
    /** Its wall clock is set. */
    CLOCK_STEP,
    /** The boot clock, by which it judges its membership lease, is set forwards. */
    CLOCK_LEAP,
    /** Its machine is suspended: SIGSTOP, while only the boot clock advances. */
    SUSPEND;

    /** Whether it acts on links and not on nodes. */
    boolean cuts() {
      return this == CUT_SHORT || this == CUT_LONG;
    }
  }

  /**
   * An action to be taken now.
   *
   * @param nodes the nodes, all at the same time
   * @param length duration of the pause, cut or absence
   * @param links the links that are cut, all at the same time
   * @param patient whether nodes that stop because of a cut are restarted after it, not at once
   */
  record Act(
      Deed deed, List<Integer> nodes, Duration length, List<NetworkLink> links, boolean patient) {
    /** Copies the lists. */
    Act {
      nodes = List.copyOf(nodes);
      links = List.copyOf(links);
    }

    /** Creates an action other than a cut. */
    Act(Deed deed, List<Integer> nodes, Duration length) {
      this(deed, nodes, length, List.of(), true);
    }
  }

  /** Time without actions at the start of the work. */
  private static final long FIRST_MS = 2_000;

  /** Percentage of short gaps between two actions; in the others the cluster becomes calm again. */
  private static final int SHORT_GAPS = 25;

  /** Percentage of view changes during which an additional action is taken. */
  private static final int STRIKES = 30;

  /** Longest delay of such an action after the view change has begun. */
  private static final int STRIKE_MS = 150;

  /** Percentage of actions on two nodes, if the quorum permits. */
  private static final int TWO = 30;

  /** Longest time before a node is restarted. */
  private static final int LONGEST_ABSENCE_MS = 3_000;

  /**
   * Percentage of full storages that are full for all nodes, because the nodes share one storage.
   */
  private static final int FULL_FOR_ALL = 50;

  /** Percentage of cuts between two nodes that both reach all others. */
  private static final int PARTIAL = 40;

  /** Percentage of cuts of one direction. */
  private static final int ONE_WAY = 40;

  /** Longest time of a temporary fault. */
  private static final int LONGEST_AILMENT_MS = 6_000;

  private final Random random;
  private final int nodes;
  private final int most;
  private final List<Deed> deeds;
  private final Duration lease;
  private long dueNs;
  private boolean wasRecovering;

  /** Nodes that were killed while they started, and have not worked since. */
  private final Set<Integer> struck = new TreeSet<>();

  /**
   * Creates a nemesis.
   *
   * @param nodes of the cluster
   * @param deeds the allowed actions
   * @param lease membership lease of the nodes
   */
  Nemesis(long seed, int nodes, Set<Deed> deeds, Duration lease) {
    random = new Random(seed);
    this.nodes = nodes;
    most = mostAbsent(nodes);
    this.deeds = new ArrayList<>(new TreeSet<>(deeds));
    if (deeds.contains(Deed.KILL)) {
      this.deeds.add(Deed.KILL); // Twice as often as any other action.
    }
    this.lease = lease;
  }

  /** The work begins; the first action follows after {@link #FIRST_MS}. */
  void begin(long nowNs) {
    dueNs = nowNs + millis(FIRST_MS);
  }

  /**
   * Most nodes that may be absent so that the others have a quorum: a majority of the votes, which
   * are one per node, plus one of the registry if the number of nodes is even.
   */
  static int mostAbsent(int nodes) {
    int storage = nodes % 2 == 0 ? 1 : 0;
    int quorum = (nodes + storage) / 2 + 1;
    return nodes - (quorum - storage);
  }

  /**
   * The action to be taken now, if any.
   *
   * @param working nodes that are members and work
   * @param starting nodes that start and are not members yet
   * @param absent number of nodes that do not work, including the starting ones
   * @param recovering whether a view change is in progress
   */
  Optional<Act> next(
      long nowNs,
      Collection<Integer> working,
      Collection<Integer> starting,
      int absent,
      boolean recovering) {
    if (recovering && !wasRecovering && random.nextInt(100) < STRIKES) {
      dueNs = Math.min(dueNs, nowNs + millis(random.nextInt(STRIKE_MS)));
    }
    wasRecovering = recovering;
    struck.removeAll(working);
    if (nowNs < dueNs) {
      return Optional.empty();
    }
    dueNs = nowNs + gapNs();
    int room = Math.min(most - absent, working.size() - 1);
    if (room > 0) {
      Deed deed = deeds.get(random.nextInt(deeds.size()));
      int count = room > 1 && random.nextInt(100) < TWO ? 2 : 1;
      if (deed == Deed.DISK_FULL && random.nextInt(100) < FULL_FOR_ALL) {
        count = working.size(); // no node becomes absent by that
      }
      return Optional.of(
          deed.cuts()
              ? cut(deed, working, count)
              : new Act(deed, some(working, count), length(deed)));
    }
    // No working node may be taken now. A starting one may be killed, but only once, so that it
    // comes
    // up eventually.
    List<Integer> spared = starting.stream().filter(node -> !struck.contains(node)).toList();
    if (!recovering || spared.isEmpty() || !deeds.contains(Deed.KILL)) {
      return Optional.empty();
    }
    Act act = new Act(Deed.KILL, some(spared, 1), length(Deed.KILL));
    struck.addAll(act.nodes());
    return Optional.of(act);
  }

  /**
   * Cuts two nodes from each other, or some nodes from all others. The action names the nodes that
   * may stop because of it: either of the two, the smaller side, or all nodes if the sides are
   * equal.
   */
  private Act cut(Deed deed, Collection<Integer> working, int count) {
    boolean partial = random.nextInt(100) < PARTIAL;
    List<Integer> some = some(working, partial ? 2 : count);
    List<Integer> here = partial ? some.subList(0, 1) : some;
    List<Integer> there =
        partial
            ? some.subList(1, 2)
            : IntStream.range(0, nodes).filter(node -> !some.contains(node)).boxed().toList();
    List<NetworkLink> links =
        here.stream().flatMap(node -> NetworkLink.from(node, there).stream()).toList();
    if (random.nextInt(100) >= ONE_WAY) {
      links = NetworkLink.bothWays(links);
    } else if (random.nextBoolean()) {
      links = links.stream().map(NetworkLink::reversed).toList();
    }
    boolean even = !partial && 2 * here.size() >= nodes;
    return new Act(
        deed, even ? List.copyOf(working) : some, length(deed), links, random.nextBoolean());
  }

  /** A set of nodes without which the others have no quorum. */
  List<Integer> tooMany(Collection<Integer> working) {
    return some(working, Math.min(working.size(), most + 1));
  }

  private List<Integer> some(Collection<Integer> nodes, int count) {
    List<Integer> shuffled = new ArrayList<>(nodes);
    Collections.shuffle(shuffled, random);
    return shuffled.subList(0, count);
  }

  private Duration length(Deed deed) {
    double part = random.nextDouble();
    return switch (deed) {
      case KILL, LEAVE, POWER_LOSS -> Duration.ofMillis((long) (part * LONGEST_ABSENCE_MS));
      case DISK_FULL, IO_ERRORS -> Duration.ofMillis(500 + (long) (part * LONGEST_AILMENT_MS));
      case IO_ERROR, CLOCK_STEP, CLOCK_LEAP -> Duration.ofMillis(500);
      case PAUSE_SHORT, CUT_SHORT -> lease.multipliedBy((long) (50 + 700 * part)).dividedBy(1000);
      case PAUSE_LONG, CUT_LONG, SUSPEND ->
          lease.multipliedBy((long) (1300 + 1200 * part)).dividedBy(1000);
    };
  }

  private long gapNs() {
    return millis(
        random.nextInt(100) < SHORT_GAPS ? random.nextInt(3_000) : 7_000 + random.nextInt(7_000));
  }

  private static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }
}
