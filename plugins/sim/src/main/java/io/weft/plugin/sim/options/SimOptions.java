// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.options;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.plugin.sim.network.NetworkConduct;
import io.weft.plugin.sim.storage.NodeLog;
import io.weft.plugin.sim.storage.SimDisk;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Delay.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Everything that a seed decides before the run begins. Options vary between seeds (swarm testing,
 * Groce et al., ISSTA 2012): a seed that lacks something finds what is hidden behind it.
 *
 * @param seed decides the run
 * @param nodes 2 to 5, or more
 * @param blocks 8 or more
 * @param neighbours blocks that lie beside each other in an extent, and so have one master
 * @param frames frames of each node, fewer than blocks
 * @param shards of each node
 * @param actors of each node
 * @param operations scopes in all nodes together
 * @param waiters callers that may wait in a node
 * @param prefetchWindow blocks that the engine fetches ahead
 * @param pastImages share of the frames, percent
 * @param freeFrames share of the frames, percent
 * @param writes block writes of a node under way at once
 * @param network conduct of the network
 * @param disk conduct of the disk
 * @param log conduct of the redo logs
 * @param workload what actors do
 * @param faults what goes wrong beyond that
 * @param bounds of the engine
 * @param moves from one move of a bucket by a node to the next; {@link Delay#NONE}: there are none
 */
public record SimOptions(
    long seed,
    int nodes,
    int blocks,
    int neighbours,
    int frames,
    int shards,
    int actors,
    int operations,
    int waiters,
    int prefetchWindow,
    int pastImages,
    int freeFrames,
    int writes,
    NetworkConduct network,
    SimDisk.Conduct disk,
    NodeLog.Lateness log,
    Workload workload,
    Faults faults,
    Bounds bounds,
    Delay moves) {
  private static final int LEAST_OPERATIONS = 2_000;

  /** Where callers that hold blocks wait for each other until they are refused. */
  private static final int FEW_OPERATIONS = 120;

  private static final int LEAST_BLOCKS = 8;
  private static final int MANY = 1_000;
  private static final long US = 1_000;
  private static final long MS = 1_000_000;

  /** The options of a seed. */
  public static SimOptions of(long seed) {
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 1);
    int nodes = 2 + random.nextInt(4);
    int blocks = LEAST_BLOCKS + (random.nextBoolean() ? 0 : random.nextInt(9));
    int shards = blocks >= 12 && random.nextInt(3) == 0 ? 2 : 1;
    int least = 5 * shards;
    int frames = least + random.nextInt(blocks - least);
    return new SimOptions(
        seed,
        nodes,
        blocks,
        random.nextInt(3) == 0 ? 4 : 1,
        frames,
        shards,
        1 + random.nextInt(4),
        LEAST_OPERATIONS + random.nextInt(200),
        random.nextInt(8) == 0 ? 1 + random.nextInt(6) : MANY,
        random.nextInt(3) == 0 ? 4 : 0,
        10 + random.nextInt(41),
        1 + random.nextInt(40),
        1 + random.nextInt(4) * shards,
        network(random),
        disk(random),
        log(random),
        workload(random),
        Faults.NONE,
        Bounds.STANDARD,
        Delay.NONE);
  }

  /**
   * The options of a seed in which nodes, links, devices and clocks fail, and bounds are narrow.
   */
  public static SimOptions withFaults(long seed) {
    return withClockFaults(seed).harsher();
  }

  /** The options of {@link #withFaults}, with moves of buckets between masters. */
  public static SimOptions withMoves(long seed) {
    return withFaults(seed).moving();
  }

  /** The options of {@link #withMoves}, with directories that are full most of the time. */
  public static SimOptions withFullDirectories(long seed) {
    SimOptions roomy = withMoves(seed);
    return roomy.with(FEW_OPERATIONS, roomy.faults).fullDirectories();
  }

  /** The options of {@link #of}, with directories that are full most of the time. */
  public static SimOptions withFullDirectoriesOnly(long seed) {
    SimOptions calm = of(seed);
    return calm.with(FEW_OPERATIONS, calm.faults).fullDirectories();
  }

  private SimOptions fullDirectories() {
    return bounded(bounds.withDirectoryEntries(2 + (int) (seed % 4)));
  }

  /** The options of {@link #of}, with moves of buckets between masters. */
  public static SimOptions withMovesOnly(long seed) {
    SimOptions calm = of(seed);
    return calm.with(LEAST_OPERATIONS / 4, calm.faults).moving();
  }

  /** The options of {@link #withMembership}, with moves of buckets between masters. */
  public static SimOptions withMembershipAndMoves(long seed) {
    return withMembership(seed).moving();
  }

  /** What is drawn here leaves all else of a seed as it is. */
  private SimOptions moving() {
    SplittableRandom random = new SplittableRandom(seed * 0xE7037ED1A0B428DBL + 8);
    return new SimOptions(
        seed,
        nodes,
        blocks,
        neighbours,
        frames,
        shards,
        actors,
        operations,
        waiters,
        prefetchWindow,
        pastImages,
        freeFrames,
        writes,
        network,
        disk,
        log,
        workload,
        faults,
        bounds,
        Delay.drawn(random, 10 * US, (1 + random.nextInt(5)) * MS));
  }

  /** The options of a seed in which nodes, links, devices and clocks fail. */
  public static SimOptions withClockFaults(long seed) {
    SimOptions punctual = withFaultsButClocks(seed);
    return punctual.with(punctual.operations, punctual.faults.withClocks(clocks(seed)));
  }

  /** The options of a seed in which nodes, links and devices fail, and no clock does. */
  public static SimOptions withFaultsButClocks(long seed) {
    SimOptions calm = of(seed);
    SplittableRandom random = new SplittableRandom(seed * 0xD1342543DE82EF95L + 1);
    return calm.with(300 + random.nextInt(300), Faults.of(random, calm.nodes()));
  }

  /** The options of a seed in which nodes fail and agree on views by themselves. */
  public static SimOptions withMembership(long seed) {
    return withStorageFaults(seed).withMistakes().withSlowRegistry();
  }

  /** The options of {@link #withMildMembership}, in a harsher world; no mistakes of operators. */
  public static SimOptions withStorageFaults(long seed) {
    return withMildMembership(seed).harsher();
  }

  /** The same in a world that is kinder: its storage and its registry answer, bounds are wide. */
  public static SimOptions withMildMembership(long seed) {
    SimOptions calm = of(seed);
    SplittableRandom random = new SplittableRandom(seed * 0x2545F4914F6CDD1DL + 1);
    Delay think = new Delay(Shape.UNIFORM, 100 * US, (1 + random.nextInt(50)) * MS);
    int scopes = 200 + random.nextInt(200);
    Faults faults = Faults.withMembership(random, calm.nodes()).withClocks(clocks(seed));
    return calm.thinking(think).with(scopes, faults);
  }

  /** What is drawn here leaves all else of a seed as it is. */
  private SimOptions harsher() {
    SplittableRandom random = new SplittableRandom(seed * 0xC2B2AE3D27D4EB4FL + 5);
    SimOptions narrow = bounded(Bounds.of(random));
    return narrow.with(operations, narrow.faults.withStorage(random));
  }

  /** Likewise. */
  private SimOptions withMistakes() {
    SplittableRandom random = new SplittableRandom(seed * 0xA0761D6478BD642FL + 6);
    return with(operations, faults.withMistakes(random));
  }

  /** Likewise. */
  private SimOptions withSlowRegistry() {
    SplittableRandom random = new SplittableRandom(seed * 0x8CB92BA72F3D8DD7L + 7);
    return with(operations, faults.withSlowRegistry(random));
  }

  /**
   * The options of {@link #withMembership}, with 12 to 20 nodes, each of which is watched by 2 or 3
   * others; 3 to 7 of them vote.
   */
  public static SimOptions withSparseMembership(long seed) {
    SimOptions few = withMembership(seed);
    SplittableRandom random = new SplittableRandom(seed * 0xD6E8FEB86659FD93L + 9);
    Faults sparse = few.faults.sparse(2 + random.nextInt(2), 3 + 2 * random.nextInt(3), 2);
    int members = 12 + random.nextInt(9);
    return few.with(members, few.operations / 3, few.network, few.workload, sparse, few.bounds);
  }

  /**
   * Two nodes, which the registry alone can tell that they are members, and whose calls of it are
   * slow; they are paused and cut off.
   */
  public static SimOptions ofTwoAtASlowRegistry(long seed) {
    SimOptions many = withMildMembership(seed);
    Faults slow =
        many.faults
            .only(EnumSet.of(Faults.Kind.PAUSE, Faults.Kind.SUSPEND, Faults.Kind.ISOLATE))
            .registryTaking(new Delay(Shape.HEAVY_TAIL, MS, 20 * MS));
    return many.with(2, many.operations, many.network, many.workload, slow, many.bounds);
  }

  /** The same with these bounds. */
  public SimOptions bounded(Bounds narrow) {
    return with(nodes, operations, network, workload, faults, narrow);
  }

  private static SplittableRandom clocks(long seed) {
    return new SplittableRandom(seed * 0x9E6C63D0876A9A47L + 4);
  }

  private SimOptions thinking(Delay think) {
    NetworkConduct patient =
        new NetworkConduct(
            network.link(),
            network.reorder(),
            network.acknowledge(),
            network.connected() == Delay.NONE
                ? Delay.NONE
                : new Delay(Shape.EXPONENTIAL, 10 * MS, 1_000 * MS),
            network.broken(),
            2_000 * MS);
    return with(nodes, operations, patient, workload.thinking(think), faults, bounds);
  }

  /** The same with so many operations, and these faults. */
  SimOptions with(int operationsInAll, Faults what) {
    return with(nodes, operationsInAll, network, workload, what, bounds);
  }

  /** The same but for what is made anew; the one place that copies. */
  private SimOptions with(
      int members,
      int operationsInAll,
      NetworkConduct links,
      Workload work,
      Faults what,
      Bounds narrow) {
    return new SimOptions(
        seed,
        members,
        blocks,
        neighbours,
        frames,
        shards,
        actors,
        operationsInAll,
        waiters,
        prefetchWindow,
        pastImages,
        freeFrames,
        writes,
        links,
        disk,
        log,
        work,
        what,
        narrow,
        moves);
  }

  /**
   * A cluster of many nodes: they share and change a few blocks, and some are killed, leave or are
   * suspected, and start again. Connections do not break by themselves, since there are so many.
   */
  public static SimOptions ofMany(long seed, int nodes) {
    SplittableRandom random = new SplittableRandom(seed * 0xBF58476D1CE4E5B9L + 8);
    Delay quick = new Delay(Shape.UNIFORM, 10 * US, (20 + random.nextInt(80)) * US);
    return new SimOptions(
        seed,
        nodes,
        2 * LEAST_BLOCKS,
        1,
        LEAST_BLOCKS,
        1,
        1,
        4 * nodes,
        MANY,
        0,
        25,
        10,
        4,
        new NetworkConduct(quick, quick, quick, Delay.NONE, quick, 50 * MS),
        new SimDisk.Conduct(quick, quick, 0, 0),
        new NodeLog.Lateness(new Delay(Shape.UNIFORM, MS, 5 * MS), quick, quick, 0),
        new Workload(4, 2, 1, 0, 1, 0, 0, 2, 4, 100, 0, 200, quick, quick),
        Faults.ofMany(random),
        Bounds.STANDARD,
        Delay.NONE);
  }

  /** A quiet cluster without users, for scripts. */
  public static SimOptions scripted(long seed, int nodes, Faults faults) {
    Delay quick = new Delay(Shape.UNIFORM, 10 * US, 20 * US);
    return new SimOptions(
        seed,
        nodes,
        LEAST_BLOCKS,
        1,
        2 * LEAST_BLOCKS,
        1,
        0,
        0,
        MANY,
        0,
        25,
        10,
        4,
        new NetworkConduct(quick, quick, quick, Delay.NONE, quick, 50 * MS),
        new SimDisk.Conduct(quick, new Delay(Shape.UNIFORM, 100 * US, 200 * US), 0, 0),
        new NodeLog.Lateness(new Delay(Shape.UNIFORM, 20 * MS, MS), quick, quick, 0),
        new Workload(1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, quick, quick),
        faults,
        Bounds.STANDARD,
        Delay.NONE);
  }

  /** The configured members. */
  public List<Member> members() {
    return IntStream.range(0, nodes)
        .mapToObj(node -> new Member(new NodeId(node), "node" + node, node + 1))
        .toList();
  }

  /** Past images that all shards of a node together keep at most. */
  public int mostPastImages() {
    return shards * Math.max(1, frames / shards * pastImages / 100);
  }

  /**
   * Blocks that a node knows as a master at most. No bound while views change or buckets move: they
   * may exceed it.
   */
  public int mostDirectoryEntries() {
    return bounds.limitsDirectories() && faults == Faults.NONE && moves == Delay.NONE
        ? bounds.directoryEntries(shards)
        : Integer.MAX_VALUE;
  }

  /** How to ask a test for this seed. */
  public String property() {
    if (bounds.limitsDirectories()) {
      return "-Dweft.full-seed=";
    }
    if (moves != Delay.NONE) {
      return "-Dweft.move-seed=";
    }
    if (faults == Faults.NONE) {
      return "-Dweft.seed=";
    }
    if (faults.clusterMembership().filter(own -> nodes > own.watchers() + 1).isPresent()) {
      return "-Dweft.sparse-seed=";
    }
    return faults.clusterMembership().isPresent()
        ? "-Dweft.membership-seed="
        : "-Dweft.fault-seed=";
  }

  private static NetworkConduct network(SplittableRandom random) {
    boolean breaks = random.nextInt(4) > 0;
    return new NetworkConduct(
        new Delay(Shape.UNIFORM, 5 * US, (1 + random.nextInt(50)) * US),
        random.nextInt(8) == 0
            ? new Delay(Shape.UNIFORM, 0, 2 * US)
            : Delay.drawn(random, 0, (1 + random.nextInt(100)) * US),
        Delay.drawn(random, US, (1 + random.nextInt(200)) * US),
        breaks ? Delay.drawn(random, 100 * US, (1 + random.nextInt(20)) * MS) : Delay.NONE,
        Delay.drawn(random, 10 * US, (1 + random.nextInt(1000)) * US),
        3_000 * MS);
  }

  private static SimDisk.Conduct disk(SplittableRandom random) {
    return new SimDisk.Conduct(
        Delay.drawn(random, 10 * US, (1 + random.nextInt(200)) * US),
        Delay.drawn(random, 10 * US, (1 + random.nextInt(random.nextBoolean() ? 100 : 2000)) * US),
        random.nextInt(4) == 0 ? 200 : 0,
        random.nextInt(4) == 0 ? 1 + random.nextInt(50) : 0);
  }

  private static NodeLog.Lateness log(SplittableRandom random) {
    return new NodeLog.Lateness(
        Delay.drawn(random, 100 * US, (1 + random.nextInt(50)) * MS),
        Delay.drawn(random, US, (1 + random.nextInt(100)) * US),
        Delay.drawn(random, 10 * US, (1 + random.nextInt(random.nextBoolean() ? 100 : 2000)) * US),
        random.nextInt(3) * 500);
  }

  private static Workload workload(SplittableRandom random) {
    return new Workload(
        1 + weight(random, 10),
        1 + weight(random, 10),
        weight(random, 10),
        weight(random, 5),
        weight(random, 4),
        weight(random, 2),
        random.nextInt(4) == 0 ? 1 : 0,
        1 + random.nextInt(random.nextInt(4) == 0 ? 6 : 3),
        1 + random.nextInt(LEAST_BLOCKS),
        random.nextInt(3) * 100,
        random.nextInt(3) == 0 ? 50 : 0,
        random.nextInt(3) * 200,
        Delay.drawn(random, 0, (1 + random.nextInt(random.nextBoolean() ? 10 : 200)) * US),
        Delay.drawn(random, US, (1 + random.nextInt(random.nextBoolean() ? 10 : 500)) * US));
  }

  /** A weight that is 0 now and then. */
  private static int weight(SplittableRandom random, int most) {
    return random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(most);
  }
}
