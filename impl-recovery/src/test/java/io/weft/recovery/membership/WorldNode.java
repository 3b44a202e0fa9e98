// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.NodeState;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Overrides;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import io.weft.spi.session.LamportClock;
import io.weft.spi.view.Views;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** One life of a node of a {@link World}. */
final class WorldNode {
  static final Duration LEASE = Duration.ofSeconds(3);

  /** The reasons for which a node may stop without a defect. */
  private static final Set<ErrorCode> REASONS =
      Set.of(
          MembershipErrors.EVICTED,
          MembershipErrors.QUORUM_LOST,
          MembershipErrors.LEASE_LOST,
          MembershipErrors.SETTINGS_DIFFER,
          MembershipErrors.OTHER_STORAGE,
          MembershipErrors.LOCKS_WITHOUT_EFFECT,
          RedoErrors.MISSING_LOG,
          MembershipErrors.BAD_REGISTRY,
          MembershipErrors.NOT_FORMED,
          MembershipErrors.OLD_INCARNATION,
          MembershipErrors.MEMBER_REMOVED,
          MembershipErrors.NOT_A_MEMBER,
          MembershipErrors.ADDRESS_DIFFERS);

  final World world;
  final int id;
  final long incarnation;
  final List<Runnable> held = new ArrayList<>();
  final Views views;
  final WorldNetwork network;
  final WorldCache cache;
  final WorldStorage storage;
  final ClusterMembership membership;
  final LamportClock clock = new LamportClock();
  final PlainMetrics metrics = new PlainMetrics();
  boolean alive = true;
  boolean paused;

  /** How far its clocks have been set forward. */
  long bootLeapNs;

  long wallLeapNs;

  /** Whether no clock but the wall clock goes on while its machine is suspended. */
  boolean everythingStandsStill;

  private long suspendedNs;
  private long suspendedSinceNs = -1;
  boolean leaving;
  Optional<WeftException> failure = Optional.empty();
  Optional<CompletionStage<View>> joining = Optional.empty();
  private final Map<Integer, NodeState> seen = new HashMap<>();

  WorldNode(World world, int id, long incarnation, boolean witness) {
    this.world = world;
    this.id = id;
    this.incarnation = incarnation;
    NodeRuntime runtime = new WorldRuntime();
    views = new Views(runtime::bootTime);
    network = new WorldNetwork(this);
    cache = new WorldCache(this);
    storage = new WorldStorage(this);
    membership =
        new ClusterMembership(
            new MembershipSettings(
                LEASE,
                5,
                Duration.ofMillis(100),
                Duration.ofSeconds(2),
                world.kills,
                witness,
                world.watchers,
                world.electors,
                world.checkpointInterval,
                new ByteSize(1 << 20)),
            new OwnNode(settings(), runtime, network, views, this::fail, metrics),
            new SharedStorage(
                new WorldRegistry(), storage.logDevice, storage.store, world.storageAt(id)),
            new BlockService(new NoDirectory(), cache, storage.redoLog, clock),
            new Silence(),
            storage::index,
            AgreementRules.STANDARD);
  }

  private NodeSettings settings() {
    return new NodeSettings(
        "world",
        new NodeId(id),
        incarnation,
        world.membersAt(id),
        8192,
        Map.of(),
        world.settingsAt(id));
  }

  void join() {
    joining = Optional.of(membership.join());
  }

  boolean hasJoined() {
    return joining.isPresent()
        && joining.get().toCompletableFuture().isDone()
        && !joining.get().toCompletableFuture().isCompletedExceptionally();
  }

  /** Leaves as planned, then ends as a process does. */
  void leave() {
    leaving = true;
    membership
        .leave()
        .thenRun(
            () ->
                world.schedule(
                    this,
                    1,
                    () -> {
                      world.deleteLog(new LogId(id, incarnation));
                      network.goodbye();
                      alive = false;
                    }));
  }

  private void fail(WeftException reason) {
    if (!REASONS.contains(reason.code())) {
      world.defect = Optional.of(reason);
    }
    if (failure.isEmpty()) {
      failure = Optional.of(reason);
      views.revokeLease();
      // The process ends a little later, as real ones do.
      world.schedule(
          this,
          world.random.nextLong(50 * World.MS),
          () -> {
            if (alive) {
              world.kill(id);
            }
          });
    }
  }

  /** Its machine stands still, and some of its clocks. */
  void suspend() {
    world.pause(id);
    suspendedSinceNs = world.now();
  }

  void wake() {
    suspendedNs += world.now() - suspendedSinceNs;
    suspendedSinceNs = -1;
    world.resume(id);
  }

  /** Whether this node could write something now. */
  boolean mayAct() {
    return alive && views.leaseHolds();
  }

  /** The states as they are seen from outside, for all configured nodes. */
  void checkStates() {
    for (Member member : world.members) {
      NodeState next = membership.stateOf(member.id());
      NodeState before = seen.put(member.id().value(), next);
      assertTrue(before == null || next != null);
    }
  }

  /** The failure detector: a fixed silence. */
  static final class Silence implements FailureDetector {
    static final Duration SPAN = Duration.ofSeconds(1);
    static final long NS = SPAN.toNanos();

    @Override
    public String name() {
      return "silence";
    }

    @Override
    public Watch watch(long nowNs, long intervalNs) {
      return new Watch() {
        private long heard = nowNs;

        @Override
        public void heard(long now) {
          assertTrue(now >= heard, "time goes back");
          heard = now;
        }

        @Override
        public double suspicion(long now) {
          return (double) (now - heard) / NS;
        }
      };
    }
  }

  private final class WorldRegistry implements ClusterRegistry {
    @Override
    public String name() {
      return "world";
    }

    @Override
    public void open() {}

    @Override
    public Optional<Entry> latest() {
      check();
      if (world.elsewhere.contains(id)) {
        return Optional.empty();
      }
      return world.copiedRegistry.containsKey(id)
          ? Optional.of(world.copiedRegistry.get(id))
          : Optional.ofNullable(world.latest());
    }

    @Override
    public boolean propose(long epoch, byte[] record) {
      check();
      return world.propose(epoch, record);
    }

    @Override
    public long lastIncarnation(int node) {
      return 0;
    }

    @Override
    public void recordIncarnation(long incarnation) {
      answer();
      world.recordedIncarnation = incarnation;
    }

    @Override
    public void reserveScn(long upTo) {
      checkNumbers();
      world.reservedScn = Math.max(world.reservedScn, upTo);
      world.whileReserving.run();
    }

    @Override
    public long reservedScn() {
      checkNumbers();
      return world.reservedScn;
    }

    @Override
    public boolean hasStopped(int node, long life, boolean kill) {
      check();
      return world.hasStopped(node, life, kill);
    }

    @Override
    public long ask(byte[] request, long above) {
      check();
      return world.requests.ask(request, above);
    }

    @Override
    public List<Request> requests() {
      check();
      return world.requests.pending();
    }

    @Override
    public void answer(long number, byte[] answer) {
      check();
      if (world.answersFail) {
        throw new WeftException(MembershipErrors.REGISTRY_UNAVAILABLE, "permission denied");
      }
      world.requests.answer(number, answer);
    }

    @Override
    public Optional<byte[]> answer(long number) {
      check();
      return world.requests.answerTo(number);
    }

    @Override
    public String seenOf(int node) {
      answer();
      return "the lock of n" + node + " is as it is";
    }

    private void answer() {
      Optional.ofNullable(world.registryHangs.get(id)).ifPresent(HangingCalls::hang);
      check();
    }

    private void checkNumbers() {
      check();
      if (world.numbersLost.contains(id)) {
        throw new WeftException(MembershipErrors.REGISTRY_UNAVAILABLE, "no space left on device");
      }
    }

    private void check() {
      if (world.storageLost.contains(id)) {
        throw new WeftException(MembershipErrors.REGISTRY_UNAVAILABLE, "the path is lost");
      }
    }

    @Override
    public void close() {}
  }

  private final class WorldRuntime implements NodeRuntime {
    @Override
    public long nanoTime() {
      return workedNs() + id * 1_000_000_000_000L;
    }

    @Override
    public long bootTime() {
      return (everythingStandsStill ? workedNs() : world.now()) + bootLeapNs;
    }

    @Override
    public long wallMillis() {
      return (world.now() + wallLeapNs) / World.MS;
    }

    /** Without the time for which the machine was suspended. */
    private long workedNs() {
      long suspended = suspendedNs + (suspendedSinceNs < 0 ? 0 : world.now() - suspendedSinceNs);
      return world.now() - suspended;
    }

    @Override
    public Cancellable schedule(long delayNs, Runnable task) {
      world.schedule(WorldNode.this, delayNs + world.random.nextLong(100_000), task);
      return () -> {};
    }

    @Override
    public Executor blocking() {
      // The answer of the outside world takes as long as the question.
      return task -> world.schedule(WorldNode.this, world.shortDelay(), () -> runBlocking(task));
    }

    private void runBlocking(Runnable task) {
      HangingCalls calls = world.logsHang.getOrDefault(id, world.registryHangs.get(id));
      if (calls == null) {
        task.run();
      } else {
        calls.run(task);
      }
    }

    @Override
    public Executor workers() {
      return task -> world.schedule(WorldNode.this, world.shortDelay(), task);
    }

    @Override
    public RandomGenerator random() {
      return world.random;
    }

    @Override
    public Waiter newWaiter() {
      throw new AssertionError("membership waits");
    }

    @Override
    public void close() {}
  }

  private static final class NoDirectory implements ResourceDirectory {
    @Override
    public BucketMap mapOf(View view, Overrides overrides) {
      int first = view.members().getFirst().id().value();
      return new BucketMap() {
        @Override
        public int masterOfBucket(int bucket) {
          return overrides.masterOf(bucket, first);
        }

        @Override
        public int bucketsOf(int node) {
          return node == first ? 1 << 16 : 0;
        }
      };
    }

    @Override
    public void install(BucketMap map) {}

    @Override
    public int masterOfBucket(int bucket) {
      return 0;
    }

    @Override
    public int bucketsOf(int node) {
      return 0;
    }
  }
}
