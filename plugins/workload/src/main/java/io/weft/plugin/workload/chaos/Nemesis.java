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
 * Decides when which harm is done to which node, at random, such that the rest keeps its quorum.
 * Pure: time comes in through the arguments. Used by one thread.
 */
public final class Nemesis {
  /** What is done to a node. */
  enum Deed {
    /** SIGKILL; started again a little later. */
    KILL,
    /** SIGSTOP, and SIGCONT before the lease is over. */
    PAUSE_SHORT,
    /** SIGSTOP, and SIGCONT after the lease is over. */
    PAUSE_LONG,
    /** SIGTERM: it leaves as planned, and is started again a little later. */
    LEAVE,
    /** Links are cut, and healed before the lease is over. */
    CUT_SHORT,
    /** Links are cut, and healed after the lease is over. */
    CUT_LONG,
    /** Its storage is full for a while. */
    DISK_FULL,
    /** One call of its storage fails. */
    IO_ERROR,
    /** Calls of its storage fail for a while. */
    IO_ERRORS,
    /** Its machine loses power, and what was not forced; started again a little later. */
    POWER_LOSS,
    /** Its wall clock is set. */
    CLOCK_STEP,
    /** The clock by which it judges its lease leaps forwards. */
    CLOCK_LEAP,
    /** Its machine is suspended: SIGSTOP, while only that clock goes on. */
    SUSPEND;

    /** Whether it is done to links and not to nodes. */
    boolean cuts() {
      return this == CUT_SHORT || this == CUT_LONG;
    }
  }

  /**
   * Something to be done now.
   *
   * @param nodes to all of them at once
   * @param length how long they are paused, cut off, or stay away
   * @param links that are cut, all at once
   * @param patient whether those who stop for a cut are started again after it, not at once
   */
  record Act(
      Deed deed, List<Integer> nodes, Duration length, List<NetworkLink> links, boolean patient) {
    /** Copies the lists. */
    Act {
      nodes = List.copyOf(nodes);
      links = List.copyOf(links);
    }

    /** Of something else than a cut. */
    Act(Deed deed, List<Integer> nodes, Duration length) {
      this(deed, nodes, length, List.of(), true);
    }
  }

  private static final long FIRST_MS = 2_000;

  /** Of 100 gaps between two acts, how many are short; the others let the work come to rest. */
  private static final int SHORT_GAPS = 25;

  /** Of 100 view changes, how many get an act of their own. */
  private static final int STRIKES = 30;

  private static final int STRIKE_MS = 150;

  /** Of 100 acts, how many meet two nodes, if there is room. */
  private static final int TWO = 30;

  private static final int LONGEST_ABSENCE_MS = 3_000;

  /** Of 100 times that storage is full, how often it is so for all: they share it. */
  private static final int FULL_FOR_ALL = 50;

  /** Of 100 cuts, how many part two nodes that both reach all others. */
  private static final int PARTIAL = 40;

  /** Of 100 cuts, how many cut one direction. */
  private static final int ONE_WAY = 40;

  private static final int LONGEST_AILMENT_MS = 6_000;

  private final Random random;
  private final int nodes;
  private final int most;
  private final List<Deed> deeds;
  private final Duration lease;
  private long dueNs;
  private boolean wasRecovering;

  /** Nodes that were killed on their way, and have not worked since. */
  private final Set<Integer> struck = new TreeSet<>();

  /**
   * Makes a nemesis.
   *
   * @param nodes of the cluster
   * @param deeds that are allowed
   * @param lease of the nodes
   */
  Nemesis(long seed, int nodes, Set<Deed> deeds, Duration lease) {
    random = new Random(seed);
    this.nodes = nodes;
    most = mostAbsent(nodes);
    this.deeds = new ArrayList<>(new TreeSet<>(deeds));
    if (deeds.contains(Deed.KILL)) {
      this.deeds.add(Deed.KILL); // Twice as often as anything else.
    }
    this.lease = lease;
  }

  /** The work begins: nothing is done for the first moment. */
  void begin(long nowNs) {
    dueNs = nowNs + millis(FIRST_MS);
  }

  /**
   * How many nodes may be missing so that the others have a quorum: a majority of the nodes' votes,
   * and of one more, for the storage, if the nodes are even in number.
   */
  static int mostAbsent(int nodes) {
    int storage = nodes % 2 == 0 ? 1 : 0;
    int quorum = (nodes + storage) / 2 + 1;
    return nodes - (quorum - storage);
  }

  /**
   * What is to be done now, if anything.
   *
   * @param working nodes that are members and work
   * @param starting nodes that are on their way to become members
   * @param absent how many nodes do not work, the starting ones included
   * @param recovering whether a view change is under way
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
        count = working.size(); // nobody is missing for that
      }
      return Optional.of(
          deed.cuts()
              ? cut(deed, working, count)
              : new Act(deed, some(working, count), length(deed)));
    }
    // No working node may be missing now. A starting one may be killed, once: it must come up some
    // time.
    List<Integer> spared = starting.stream().filter(node -> !struck.contains(node)).toList();
    if (!recovering || spared.isEmpty() || !deeds.contains(Deed.KILL)) {
      return Optional.empty();
    }
    Act act = new Act(Deed.KILL, some(spared, 1), length(Deed.KILL));
    struck.addAll(act.nodes());
    return Optional.of(act);
  }

  /**
   * Cuts two nodes from each other, or some from all others. Named are those who may stop for it:
   * either one of the two, those who are the fewer, or anybody if no side is.
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

  /** So many nodes that the others have no quorum any more. */
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
