// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryRequests;
import io.weft.spi.membership.ClusterRegistry.Entry;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.redo.LogId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * Some nodes with their membership in virtual time and one thread: a network with random delays
 * that can be cut, a registry, storage, and processes that can be killed and paused. Checks the
 * rules while it runs.
 */
final class World {
  static final long MS = 1_000_000;

  private record Event(long at, long sequence, WorldNode owner, Runnable task)
      implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(sequence, other.sequence);
    }
  }

  final SplittableRandom random;
  final List<Member> members = new ArrayList<>();
  final TreeMap<Integer, WorldNode> nodes = new TreeMap<>();
  final List<WorldNode> allLives = new ArrayList<>();

  // The registry and the storage, shared by all.
  final TreeMap<Long, byte[]> records = new TreeMap<>();
  final MemoryRequests requests = new MemoryRequests();
  final Map<LogId, Boolean> logs = new HashMap<>();
  final Set<LogId> tombstones = new HashSet<>();
  final Set<Integer> storageLost = new HashSet<>();

  /** Whether no request to change the members can be answered. */
  boolean answersFail;

  /** Nodes that can neither read nor reserve system change numbers. */
  final Set<Integer> numbersLost = new HashSet<>();

  /** Runs once, when somebody lists the logs. */
  Runnable beforeNextLogs = () -> {};

  /** Logs that cannot be read. */
  final Set<LogId> damaged = new HashSet<>();

  /** Nodes whose log device does not answer when it is asked for its logs. */
  final Map<Integer, HangingCalls> logsHang = new HashMap<>();

  /** Nodes whose registry does not answer when it is asked for the last time. */
  final Map<Integer, HangingCalls> registryHangs = new HashMap<>();

  /** Nodes that see an empty registry, as on another directory. */
  final Set<Integer> elsewhere = new HashSet<>();

  final Set<NodeIncarnation> fenced = new HashSet<>();
  final Map<Long, String> viewOfEpoch = new HashMap<>();

  long reservedScn;

  /** Runs while a node waits for the answer to a reservation. */
  Runnable whileReserving = () -> {};

  long recordedIncarnation;

  Optional<RuntimeException> defect = Optional.empty();
  boolean fencingFails;

  /** What recoveries wait for that begin from here on, and those that do. */
  Optional<String> recoveryWaitsFor = Optional.empty();

  final List<CompletableFuture<Void>> recoveriesWaiting = new ArrayList<>();

  /** What happens while a node installs a view without another one, before its cache does. */
  Runnable whileEvicting = () -> {};

  boolean registryFull;
  int refused;
  int fencesRefused;
  boolean kills;
  boolean processesVisible = true;

  /** Nodes whose locks look free to all others. */
  final Set<Integer> lockless = new HashSet<>();

  /** How many nodes watch each node, and vote. */
  int watchers = 6;

  int electors = 7;

  Duration checkpointInterval = Duration.ofSeconds(300);

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final Set<Long> cut = new HashSet<>();
  private long now;
  private long sequence;
  private long incarnations = 1000;

  World(long seed, int size) {
    random = new SplittableRandom(seed);
    for (int id = 0; id < size; id++) {
      members.add(new Member(new NodeId(id), "host" + id, 1000 + id));
    }
  }

  long now() {
    return now;
  }

  void schedule(WorldNode owner, long delay, Runnable task) {
    events.add(new Event(now + Math.max(1, delay), sequence++, owner, task));
  }

  /** A delay of something quick, mostly; seldom of something slow. */
  long shortDelay() {
    return random.nextInt(50) == 0 ? random.nextLong(20 * MS) : 10_000 + random.nextLong(300_000);
  }

  // ---- nodes

  WorldNode start(int id) {
    return start(id, false);
  }

  WorldNode start(int id, boolean witness) {
    WorldNode former = nodes.get(id);
    if (former != null && former.alive) {
      throw new IllegalStateException("n" + id + " runs");
    }
    WorldNode node = new WorldNode(this, id, ++incarnations, witness);
    nodes.put(id, node);
    allLives.add(node);
    logs.put(new LogId(id, node.incarnation), false);
    for (WorldNode peer : running()) {
      if (peer != node) {
        connect(node, peer);
      }
    }
    schedule(node, 1, node::join);
    return node;
  }

  List<WorldNode> running() {
    return nodes.values().stream().filter(node -> node.alive).toList();
  }

  private void connect(WorldNode a, WorldNode b) {
    if (isCut(a.id, b.id) || isCut(b.id, a.id)) {
      schedule(null, 100 * MS, () -> connect(a, b));
    } else {
      schedule(a, shortDelay(), () -> a.network.connected(b));
      schedule(b, shortDelay(), () -> b.network.connected(a));
    }
  }

  /** The process ends; its connections break at once unless the network is cut. */
  void kill(int id) {
    WorldNode node = nodes.get(id);
    node.alive = false;
    for (WorldNode peer : running()) {
      if (!isCut(id, peer.id)) {
        schedule(peer, shortDelay(), () -> peer.network.disconnected(node));
      }
    }
  }

  /** Takes a node out of the member list of all who start from now on. */
  void unconfigure(int id) {
    members.removeIf(member -> member.id().value() == id);
  }

  void pause(int id) {
    nodes.get(id).paused = true;
  }

  void resume(int id) {
    WorldNode node = nodes.get(id);
    node.paused = false;
    List<Runnable> held = List.copyOf(node.held);
    node.held.clear();
    held.forEach(task -> schedule(node, 1 + random.nextLong(MS), task));
  }

  // ---- the network

  void cut(int from, int to) {
    cut.add((long) from << 32 | to);
  }

  void cutBoth(int a, int b) {
    cut(a, b);
    cut(b, a);
  }

  void heal() {
    cut.clear();
  }

  boolean isCut(int from, int to) {
    return cut.contains((long) from << 32 | to);
  }

  /** A life that is out of a view whose redo is being applied. */
  void assertFenced(WorldNode life) {
    boolean gone = !logs.containsKey(new LogId(life.id, life.incarnation));
    if (life.mayAct()
        || !gone && !fenced.contains(new NodeIncarnation(life.id, life.incarnation))) {
      throw new AssertionError("n" + life.id + "." + life.incarnation + " is not fenced");
    }
  }

  // ---- running

  /** Runs until there is nothing to do before {@code duration} is over. */
  void run(Duration duration) {
    runUntil(duration, () -> false);
  }

  /** Runs until something holds; false if it does not within the duration. */
  boolean runUntil(Duration duration, BooleanSupplier holds) {
    long end = now + duration.toNanos();
    while (!holds.getAsBoolean()) {
      Event next = events.peek();
      if (next == null || next.at > end) {
        now = end;
        return holds.getAsBoolean();
      }
      events.poll();
      now = next.at;
      if (next.owner != null && !next.owner.alive) {
        continue;
      }
      if (next.owner != null && next.owner.paused) {
        next.owner.held.add(next.task);
        continue;
      }
      next.task.run();
      defect.ifPresent(
          reason -> {
            throw new AssertionError(describe(), reason);
          });
    }
    return true;
  }

  /** Every running node is a member of one view, and its recovery is complete. */
  boolean isWhole() {
    List<WorldNode> running = running();
    long epoch = records.isEmpty() ? 0 : records.lastKey();
    return epoch > 0
        && running.stream()
            .allMatch(
                node ->
                    node.views.epoch() == epoch
                        && node.failure.isEmpty()
                        && node.membership.clusterState().name().matches("OPERATIONAL|DEGRADED"))
        && records()
            .belonging()
            .equals(NodeSet.of(running.stream().mapToInt(node -> node.id).toArray()));
  }

  ViewRecord records() {
    return codec().decode(records.lastEntry().getValue());
  }

  /** As a node of this world reads records. */
  ViewRecordCodec codec() {
    ClusterSettings settings =
        new NodeSettings("world", new NodeId(0), 1, members, 8192, Map.of()).agreed();
    return new ViewRecordCodec("world", settings, new StorageIdentity());
  }

  String describe() {
    StringBuilder text = new StringBuilder("at " + now / MS + " ms");
    for (WorldNode node : allLives) {
      text.append("\n  n").append(node.id).append('.').append(node.incarnation);
      text.append(node.alive ? "" : " dead").append(node.paused ? " paused" : "");
      text.append(" epoch ").append(node.views.epoch());
      text.append(' ').append(node.membership.clusterState());
      text.append(' ').append(node.failure.map(Object::toString).orElse(""));
    }
    return text + "\n  " + (records.isEmpty() ? "no record" : records());
  }

  // ---- what one node may have otherwise than the others

  final Map<Integer, List<Member>> otherMembers = new HashMap<>();
  final Map<Integer, ClusterSettings> otherSettings = new HashMap<>();
  final Map<Integer, UUID> otherStorage = new HashMap<>();
  final Map<Integer, Entry> copiedRegistry = new HashMap<>();

  List<Member> membersAt(int id) {
    return otherMembers.getOrDefault(id, members);
  }

  ClusterSettings settingsAt(int id) {
    return otherSettings.getOrDefault(id, ClusterSettings.NONE);
  }

  StorageIdentity storageAt(int id) {
    StorageIdentity storage = new StorageIdentity();
    UUID identity = otherStorage.getOrDefault(id, StorageIdentity.NONE);
    storage.establish(identity, "the storage of n" + id, true);
    return storage;
  }

  void deleteLog(LogId log) {
    tombstones.add(log);
    logs.remove(log);
  }

  // ---- registry, as the nodes' registries see it

  Entry latest() {
    return records.isEmpty() ? null : new Entry(records.lastKey(), records.lastEntry().getValue());
  }

  boolean propose(long epoch, byte[] record) {
    long newest = records.isEmpty() ? 0 : records.lastKey();
    if (registryFull) {
      refused++;
      throw new WeftException(MembershipErrors.REGISTRY_UNAVAILABLE, "no space left on device");
    }
    if (epoch != newest + 1) {
      return false;
    }
    records.put(epoch, record);
    codec().decode(record).entries().stream()
        .filter(entry -> entry.state() == EntryState.LEFT)
        .forEach(this::assertLeft);
    return true;
  }

  /** The log of who has left is not replayed, so that must be who meant to leave. */
  private void assertLeft(ViewRecord.Entry entry) {
    for (WorldNode life : allLives) {
      boolean same = life.id == entry.node() && life.incarnation == entry.incarnation();
      if (same && !life.leaving) {
        throw new AssertionError(
            entry.nodeIncarnation() + " counts as left, and has not\n" + describe());
      }
    }
  }

  boolean hasStopped(int id, long incarnation, boolean kill) {
    WorldNode node = nodes.get(id);
    if (node == null || node.incarnation > incarnation) {
      return node != null;
    }
    if (node.alive && kill && processesVisible) {
      kill(id);
    }
    return lockless.contains(id) || processesVisible && !node.alive;
  }
}
