// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.network.NetworkConduct;
import io.weft.plugin.sim.network.SimNetwork;
import io.weft.plugin.sim.node.SimRuntime;
import io.weft.plugin.sim.storage.NodeLog;
import io.weft.plugin.sim.storage.SimDisk;
import io.weft.plugin.sim.storage.SimRedoLog;
import io.weft.plugin.sim.storage.SimStore;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Delay.Shape;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Violation;
import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.plugin.tck.doubles.OneBlockChange;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The simulator itself, without the engine: it does what it says, and notices what it should. */
final class SimulatorTest {
  private static final int BYTES = BlockLayout.MIN_BYTES;
  private static final int MESSAGES = 2_000;
  private static final long US = 1_000;
  private static final Delay SHORT = new Delay(Shape.UNIFORM, US, 20 * US);
  private static final Delay TAIL = new Delay(Shape.HEAVY_TAIL, US, 20 * US);
  private static final NetworkConduct ROUGH =
      new NetworkConduct(
          SHORT, TAIL, TAIL, new Delay(Shape.EXPONENTIAL, 50 * US, 500 * US), TAIL, 3_000_000 * US);
  private static final NodeLog.Lateness LATE =
      new NodeLog.Lateness(new Delay(Shape.UNIFORM, 1000 * US, 1000 * US), SHORT, TAIL, 500);

  private final Simulation simulation = new Simulation(7, BYTES);
  private final Arena arena = Arena.ofConfined();
  private final List<CountedPayload> payloads = new ArrayList<>();
  private final SimProcess process = SimProcess.of(0, 0, 1, simulation);

  @AfterEach
  void close() {
    arena.close();
    simulation.close();
  }

  /** Every node counts for each of its peers; the counts must arrive, each once, in any order. */
  @Test
  @Tag("TR-2")
  void deliversEveryMessageOnceInAnyOrderOverReconnects() {
    int nodes = 3;
    SimNetwork network = network(nodes);
    List<Transport> transports = attach(network, nodes);
    List<List<Integer>> got = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      List<Integer> received = new ArrayList<>();
      got.add(received);
      transports
          .get(node)
          .register(
              1,
              (from, header, payload) -> {
                int number = header.getInt();
                received.add(from * MESSAGES + number);
                boolean carries = payload.byteSize() > 0;
                assertEquals(number % 2 == 0, carries);
                assertTrue(!carries || payload.get(ValueLayout.JAVA_INT, 0) == number);
              });
      transports.get(node).start(new Nobody());
    }
    for (int i = 0; i < MESSAGES; i++) {
      int number = i;
      int from = i % nodes;
      simulation.schedule(
          i * 10L * US,
          simulation.world(),
          () -> send(transports.get(from), (from + 1 + number % 2) % nodes, number));
    }
    simulation.schedule(MESSAGES * 20L * US, simulation.world(), network::heal);
    simulation.runAll();
    List<Integer> expected =
        IntStream.range(0, MESSAGES).map(i -> i % nodes * MESSAGES + i).sorted().boxed().toList();
    assertEquals(expected, got.stream().flatMap(List::stream).sorted().toList());
    assertTrue(network.reordered() > 100, "reordered " + network.reordered());
    assertTrue(network.disconnects() > 10, "disconnects " + network.disconnects());
    assertTrue(network.resent() > 10, "resent " + network.resent());
    assertTrue(network.duplicates() > 0, "duplicates " + network.duplicates());
    assertEquals(0, network.payloadsOut());
    assertTrue(payloads.stream().allMatch(each -> each.releases() == 1), "not given back once");
  }

  private void send(Transport transport, int to, int number) {
    Payload payload = Payload.NONE;
    if (number % 2 == 0) {
      MemorySegment memory = arena.allocate(BYTES);
      memory.set(ValueLayout.JAVA_INT, 0, number);
      CountedPayload counted = new CountedPayload(memory);
      payloads.add(counted);
      payload = counted;
    }
    byte[] header = ByteBuffer.allocate(4).putInt(number).array();
    transport.send(to, 1, Lane.REQUEST, 1, header, payload);
  }

  @Test
  @Tag("PL-1")
  void noticesAnImageThatChangesOnItsWay() {
    SimNetwork network = network(2);
    List<Transport> transports = attach(network, 2);
    for (Transport transport : transports) {
      transport.register(1, (from, header, payload) -> {});
      transport.start(new Nobody());
    }
    network.heal();
    MemorySegment memory = arena.allocate(BYTES);
    transports.getFirst().send(1, 1, Lane.RESPONSE, 1, new byte[1], new CountedPayload(memory));
    memory.set(ValueLayout.JAVA_INT, 0, 1);
    assertBreaks(Invariant.IMAGE_UNCHANGED, simulation::runAll);
  }

  @Test
  void makesRedoDurableLateAndInOrder() {
    SimRedoLog log = log(simulation, process, (node, lsn, record) -> {});
    List<Long> order = new ArrayList<>();
    long last = 0;
    for (int i = 0; i < 50; i++) {
      long lsn = log.append(written(1, arena.allocate(BYTES)));
      assertTrue(lsn > last);
      assertTrue(log.durableLsn() < lsn, "durable at once");
      last = lsn;
      log.whenDurable(
          lsn,
          () -> {
            assertTrue(log.durableLsn() >= lsn);
            order.add(lsn);
          });
      simulation.step();
    }
    simulation.runAll();
    assertEquals(50, order.stream().distinct().count());
    assertEquals(50, order.size());
    assertEquals(last, log.durableLsn());
    assertEquals(0, log.waiters());
  }

  @Test
  void flushesThoughNobodyAsks() {
    SimRedoLog log = log(simulation, process, (node, lsn, record) -> {});
    long lsn = log.append(written(1, arena.allocate(BYTES)));
    simulation.runAll();
    assertEquals(lsn, log.durableLsn());
    assertTrue(simulation.now() >= 1000 * US);
  }

  @Test
  void noticesWritesBeforeTheirRedoAndOlderOverNewerOnes() {
    Disk disk = new Disk();
    disk.commit(1);
    disk.write(1);
    assertBreaks(Invariant.DISK_DURABLE, simulation::check);

    Simulation other = new Simulation(8, BYTES);
    Disk second = new Disk(other);
    second.commit(1);
    MemorySegment old = arena.allocate(BYTES, 8).copyFrom(second.physical);
    second.commit(2);
    other.runAll();
    second.write(2);
    other.runAll();
    second.physical.copyFrom(old);
    second.write(1);
    assertBreaks(Invariant.DISK_MONOTONIC, other::runAll);
    second.close();
    other.close();
  }

  @Test
  @Tag("API-7")
  void noticesVersionsThatAreSkippedAndContentThatIsNotDeclared() {
    Disk disk = new Disk();
    disk.commit(2);
    assertBreaks(Invariant.VERSIONS_DENSE, simulation::check);

    Simulation other = new Simulation(8, BYTES);
    Disk second = new Disk(other);
    second.physical.set(ValueLayout.JAVA_BYTE, BYTES - 1, (byte) 1);
    second.commit(1);
    assertBreaks(Invariant.ATOMIC_CHANGE, other::check);
    second.close();
    other.close();
  }

  @Test
  void runsTimersInTheOrderOfTheirTimes() {
    SimRuntime runtime = new SimRuntime(simulation, process, SHORT, reason -> {});
    List<Integer> order = new ArrayList<>();
    runtime.schedule(300, () -> order.add(3));
    runtime.schedule(100, () -> order.add(1));
    runtime.schedule(200, () -> order.add(2)).cancel();
    runtime.blocking().execute(() -> order.add(4));
    assertEquals(List.of(), order, "nothing runs inside the call that submits it");
    simulation.runAll();
    assertEquals(List.of(1, 3, 4), order);
    assertTrue(runtime.nanoTime() >= US);
  }

  @Test
  void allowsNobodyToWait() throws InterruptedException {
    SimRuntime runtime = new SimRuntime(simulation, process, SHORT, reason -> {});
    assertFalse(runtime.newWaiter().await(1));
    assertBreaks(Invariant.CONTRACT, simulation::check);
  }

  @Test
  void drawsShortAndVeryLongDelays() {
    long most = 0;
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 10_000; i++) {
      long delay = TAIL.sample(simulation.random());
      most = Math.max(most, delay);
      least = Math.min(least, delay);
    }
    assertTrue(least >= US && least < 2 * US, "least " + least);
    assertTrue(most > 1000 * US && most < 512 * 20 * US, "most " + most);
  }

  private SimNetwork network(int nodes) {
    return new SimNetwork(simulation, ROUGH, nodes, (node, image, checksum) -> {});
  }

  private List<Transport> attach(SimNetwork network, int nodes) {
    return IntStream.range(0, nodes).mapToObj(node -> network.attach(member(node))).toList();
  }

  private SimProcess member(int node) {
    SimProcess member = SimProcess.of(node, node, 1, simulation);
    member.views().install(new View(Epoch.FIRST, List.of(new Member(new NodeId(node), "n", 1))));
    return member;
  }

  private static SimRedoLog log(
      Simulation simulation, SimProcess process, NodeLog.Listener listener) {
    process.views().lease(Long.MAX_VALUE);
    return new SimRedoLog(simulation, process, LATE, reason -> {}, listener, true);
  }

  private static void assertBreaks(Invariant invariant, Runnable run) {
    assertEquals(invariant, assertThrows(Violation.class, run::run).invariant());
  }

  /** One block on a disk, its history and its log. */
  private final class Disk {
    final MemorySegment physical = arena.allocate(BYTES, 8);
    private final SimRedoLog log;
    private final History history;
    private final BlockStore store;
    private long logged;

    Disk() {
      this(simulation);
    }

    Disk(Simulation simulation) {
      Blocks blocks = new Blocks(8, 1, new BlockLayout(BYTES));
      SimProcess writer = SimProcess.of(0, 0, 1, simulation);
      history = new History(simulation, blocks);
      log = log(simulation, writer, history::append);
      history.begin(writer, log);
      SimDisk disk =
          new SimDisk(simulation, history, new SimDisk.Conduct(SHORT, SHORT, 0, 0), () -> false);
      store = new SimStore(disk, writer);
    }

    void commit(long version) {
      physical.set(ValueLayout.JAVA_LONG, BlockLayout.HEADER_BYTES, version);
      logged = log.append(written(version, physical).seen(logged));
    }

    void write(long version) {
      store.write(1, 0, version, 1, physical, new Ignored());
    }

    void close() {
      history.close();
    }
  }

  /** A record that writes the first 8 bytes of block 1:0. */
  private static OneBlockChange written(long version, MemorySegment physical) {
    MemorySegment content = physical.asSlice(BlockLayout.HEADER_BYTES);
    return OneBlockChange.of(1, 0, version).content(content).range(0, 8);
  }

  private static final class Ignored implements BlockStore.WriteCompletion {
    @Override
    public void onWritten() {}

    @Override
    public void onWriteFailed(WeftException reason) {}
  }

  private static final class Nobody implements PeerListener {
    @Override
    public void onConnected(NodeId peer, long incarnation) {}

    @Override
    public void onGoodbye(NodeId peer, long incarnation) {}

    @Override
    public void onLost(NodeId peer, long incarnation, WeftException reason) {}
  }
}
