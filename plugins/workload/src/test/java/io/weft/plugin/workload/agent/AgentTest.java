// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.BlockCache;
import io.weft.api.ClusterState;
import io.weft.api.CoreErrors;
import io.weft.api.Epoch;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockValue;
import io.weft.api.Locks;
import io.weft.api.Mastery;
import io.weft.api.Member;
import io.weft.api.Members;
import io.weft.api.Node;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.NodeState;
import io.weft.api.RecoveryPhase;
import io.weft.api.RecoveryProgress;
import io.weft.api.ResourceClass;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.plugin.tck.doubles.TraceFile;
import io.weft.plugin.workload.FakeCluster;
import io.weft.plugin.workload.Workloads;
import io.weft.plugin.workload.chaos.ChaosSettings;
import io.weft.plugin.workload.chaos.RunHistory;
import io.weft.plugin.workload.demo.DemoSettings;
import io.weft.plugin.workload.replay.Deal;
import io.weft.plugin.workload.replay.Pacer;
import io.weft.plugin.workload.replay.ReplaySettings;
import io.weft.plugin.workload.replay.VscsiTrace;
import io.weft.plugin.workload.replay.WriteCounts;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Violations;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.faults.MachineFaults;
import io.weft.spi.runtime.NodeRuntime;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class AgentTest {
  @TempDir private Path directory;

  private final Faults faults = new Faults();
  private final FakeCluster cluster = new FakeCluster();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private volatile Optional<RecoveryProgress> recovery = Optional.empty();
  private PrintStream commands;
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private CompletableFuture<Integer> exitCode;

  @BeforeEach
  void start() throws Exception {
    PipedInputStream in = new PipedInputStream();
    commands = new PrintStream(new PipedOutputStream(in), true, StandardCharsets.UTF_8);
    PrintStream out = new PrintStream(new Lines(), true, StandardCharsets.UTF_8);
    exitCode =
        CompletableFuture.supplyAsync(
            () ->
                Agent.serve(
                    new ServedNode(
                        new FakeNode(), new PlainMetrics(), new OneMaster(), Optional.of(faults)),
                    Workloads::job,
                    in,
                    out),
            cluster.nodes());
  }

  @AfterEach
  void end() {
    commands.close();
    exitCode.join();
    cluster.close();
  }

  @Test
  void replaysOnCommandAndTellsWhatWasAcknowledged() throws Exception {
    Path file = TraceFile.random(5, 200, 64).in(directory);
    VscsiTrace trace = VscsiTrace.read(file, Integer.MAX_VALUE);
    assertEquals(FakeCluster.CONTENT_BYTES, next("up").path("contentBytes").asInt());

    commands.println(Json.line(settings(file).toCommand()));
    next("ready");
    tell("start");
    ObjectNode done = next("done");
    tell("write-back");
    next("written-back");
    tell("quit");

    assertEquals(200, done.path("requests").asLong());
    assertEquals(
        trace.accesses(), done.path("blockReads").asLong() + done.path("blockWrites").asLong());
    WriteCounts acknowledged =
        WriteCounts.decoded(Base64.getDecoder().decode(done.path("acknowledged").asText()));
    assertEquals(done.path("blockWrites").asLong(), acknowledged.total());
    assertEquals(0, exitCode.join());
  }

  @Test
  void runsTheDemoUntilItIsToldToStop() throws Exception {
    commands.println(Json.line(new DemoSettings(0, 1, 30, 2, 2, false, false).toCommand()));
    next("ready");
    tell("start");
    next("progress");
    tell("stop");
    ObjectNode done = next("done");
    tell("audit");
    ObjectNode audited = next("audited");
    tell("quit");

    assertEquals(30 * DemoSettings.INITIAL_BALANCE, audited.path("sum").asLong());
    for (int i = 0; i < 2; i++) {
      assertEquals(
          done.path("increments").path(i).asLong(), audited.path("counters").path(i).asLong());
    }
    assertEquals(30 + done.path("blockWrites").asLong(), audited.path("versions").asLong());
    assertEquals(0, exitCode.join());
  }

  @Test
  void injectsFaultsAndRefusesWordsThatNobodyKnows() throws Exception {
    commands.println(Json.line(Json.command("fault").put("words", "space none")));
    assertEquals("space none", next("faulted").path("words").asText());
    assertEquals(List.of("space none"), faults.injected);

    commands.println(Json.line(Json.command("fault").put("words", "flood")));
    ObjectNode failed = next("failed");
    tell("quit");

    assertEquals("no flood here", failed.path("message").asText());
    assertEquals(Agent.FAILED, exitCode.join());
  }

  /** Remembers what it is told. */
  private static final class Faults implements MachineFaults {
    private final List<String> injected = new CopyOnWriteArrayList<>();

    @Override
    public FileSystem files() {
      throw new UnsupportedOperationException();
    }

    @Override
    public NodeRuntime clocks(NodeRuntime real) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void inject(String fault) {
      if (fault.equals("flood")) {
        throw new IllegalArgumentException("no flood here");
      }
      injected.add(fault);
    }
  }

  @Test
  void endsWhenTheParentIsGone() throws Exception {
    commands.println(Json.line(new DemoSettings(0, 1, 30, 2, 2, false, false).toCommand()));
    next("ready");
    tell("start");
    commands.close();

    assertEquals(Agent.PARENT_GONE, exitCode.join());
  }

  @Test
  void reportsCommandsThatItCannotExecute() throws Exception {
    tell("start");
    assertTrue(next("failed").path("message").asText().contains("no work"));
    tell("dance");
    assertTrue(next("failed").path("message").asText().contains("'dance'"));
    commands.println("nonsense");
    assertTrue(next("failed").path("code").asText().contains("BAD_COMMAND"));
    commands.println("{\"do\":\"demo\",\"node\":\"one\"}");
    assertTrue(next("failed").path("message").asText().contains("'node'"));
    tell("quit");
    assertEquals(Agent.FAILED, exitCode.join());
  }

  @Test
  void reportsATraceThatItCannotRead() throws Exception {
    commands.println(Json.line(settings(directory.resolve("missing")).toCommand()));

    assertTrue(next("failed").path("code").asText().contains("TRACE_NOT_READABLE"));
  }

  @Test
  void tellsOfEachStepOfAViewChange() throws Exception {
    next("up");
    recovery = progress(RecoveryPhase.ELECTING);
    assertEquals("ELECTING", next("recovery").path("phase").asText());
    recovery = progress(RecoveryPhase.COMPLETE);

    ObjectNode step = next("recovery");
    assertEquals("COMPLETE", step.path("phase").asText());
    assertEquals(7, step.path("epoch").asLong());
    assertEquals(NodeSet.of(0), Json.nodes(step, "members"));
  }

  private static Optional<RecoveryProgress> progress(RecoveryPhase phase) {
    return Optional.of(
        new RecoveryProgress(
            new Epoch(7), phase, phase.percent(), 12, Optional.empty(), 0, 0, 0, 0));
  }

  @Test
  void feelsHowLongItsBlocksWereNotServed() throws Exception {
    commands.println(
        Json.line(Json.command("pulse").put("node", 0).put("nodes", 2).put("blocks", 4)));
    next("beating");
    ObjectNode felt;
    do {
      tell("feel");
      felt = next("felt");
    } while (felt.path("longestMicros").path(0).asLong() == 0);

    assertTrue(felt.path("longestMicros").path(1).isNull(), "no block has that master");
  }

  @Test
  void tellsOfEveryOperationOfAChaosRun() throws Exception {
    commands.println(Json.line(new ChaosSettings(3, 10, 2, 2000, 5).toCommand()));
    next("ready");
    tell("start");
    RunHistory history = new RunHistory(10);
    while (history.operations() < 300) {
      history.enter(0, 1, Json.parse(events.take()).orElseThrow());
    }
    tell("stop");
    next("done", event -> history.enter(0, 1, event));
    tell("audit");
    next("audited", event -> history.enter(0, 1, event));

    Violations violations = new Violations();
    history.judge(violations);
    assertEquals(0, violations.count(), violations.first().toString());
    assertTrue(history.operations() > 300);
    assertEquals(0, history.open());
  }

  @Test
  void reportsThatTheNodeStopped() throws Exception {
    next("up");
    stopped.completeExceptionally(new WeftException(CoreErrors.INVARIANT_BROKEN, "two owners"));

    ObjectNode failed = next("failed");
    assertTrue(failed.path("code").asText().contains("INVARIANT_BROKEN"));
    assertEquals("two owners", failed.path("message").asText());
  }

  private static ReplaySettings settings(Path file) {
    return new ReplaySettings(
        file, Integer.MAX_VALUE, 0, 1, Deal.BY_EXTENT, Pacer.MAX_SPEED, 2, 16, false);
  }

  private void tell(String command) {
    commands.println(Json.line(Json.command(command)));
  }

  /** The next event of that name; others are passed over, failures excepted. */
  private ObjectNode next(String name) throws Exception {
    return next(name, _ -> {});
  }

  private ObjectNode next(String name, Consumer<ObjectNode> others) throws Exception {
    while (true) {
      ObjectNode event = Json.parse(events.take()).orElseThrow();
      String found = event.path("event").asText();
      if (found.equals(name)) {
        return event;
      }
      assertTrue(!found.equals("failed"), event.toString());
      others.accept(event);
    }
  }

  private final class FakeNode implements Node {
    private final BlockCache cache = cluster.cache();
    private final Map<LockName, Semaphore> taken = new ConcurrentHashMap<>();

    @Override
    public NodeId id() {
      return new NodeId(0);
    }

    @Override
    public View view() {
      return new View(Epoch.FIRST, List.of(new Member(id(), "localhost", 1)));
    }

    @Override
    public BlockCache cache() {
      return cache;
    }

    @Override
    public Members members() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Mastery mastery() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Locks locks() {
      return fake(
          Locks.class,
          (method, _) ->
              switch (method) {
                case "newOwner" -> fake(LockOwner.class, this::call);
                default -> throw new UnsupportedOperationException(method);
              });
    }

    /** A lock owner's calls, as far as chaos uses them: every lock is exclusive. */
    private Object call(String method, Object[] arguments) {
      switch (method) {
        case "acquire" -> semaphore(arguments[0]).acquireUninterruptibly();
        case "release" -> semaphore(arguments[0]).release();
        case "value" -> {
          return LockValue.ABSENT;
        }
        case "check", "close" -> {}
        default -> throw new UnsupportedOperationException(method);
      }
      return null;
    }

    private Semaphore semaphore(Object name) {
      return taken.computeIfAbsent((LockName) name, _ -> new Semaphore(1));
    }

    private <T> T fake(Class<T> type, BiFunction<String, Object[], Object> calls) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (_, method, arguments) -> calls.apply(method.getName(), arguments)));
    }

    @Override
    public ClusterState clusterState() {
      return ClusterState.OPERATIONAL;
    }

    @Override
    public NodeState stateOf(NodeId node) {
      return NodeState.HEALTHY;
    }

    @Override
    public Optional<RecoveryProgress> recovery() {
      return recovery;
    }

    @Override
    public ResourceClass resourceClass(int file) {
      return ResourceClass.DATA;
    }

    @Override
    public CompletionStage<Void> stopped() {
      return stopped;
    }

    @Override
    public void close() {}
  }

  /** Takes lines from threads that come and go, which a pipe does not. */
  private final class Lines extends OutputStream {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    @Override
    public void write(int octet) {
      if (octet == '\n') {
        events.add(line.toString(StandardCharsets.UTF_8));
        line.reset();
      } else {
        line.write(octet);
      }
    }
  }

  private static final class OneMaster implements BucketMap {
    @Override
    public int masterOfBucket(int bucket) {
      return 0;
    }

    @Override
    public int bucketsOf(int node) {
      return 1;
    }
  }
}
