// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.api.BlockId;
import io.weft.api.CacheStatistics;
import io.weft.api.Change;
import io.weft.api.ClusterState;
import io.weft.api.Epoch;
import io.weft.api.Locks;
import io.weft.api.Mastery;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.NodeState;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.RecoveryProgress;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.Overrides;
import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.Membership;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.plugin.DependentSettings;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.redo.RedoRecord;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** A plugin for every interface, which does next to nothing and records what is asked of it. */
final class Fakes {
  private static final String PREFIX = "io.weft.plugin.assembly/io.weft.plugin.assembly.Fakes$";

  private Fakes() {}

  /** A configuration that chooses the fakes. */
  static String config(String cluster, int node, int nodes) {
    StringBuilder text = new StringBuilder("weft {\n");
    text.append("  cluster-name = ").append(cluster).append('\n');
    text.append("  node-id = ").append(node).append("\n  members = [");
    for (int id = 0; id < nodes; id++) {
      text.append("{ id = %d, host = here, port = %d }, ".formatted(id, id + 1));
    }
    text.append("]\n  form-timeout = 60 s, leave-timeout = 60 s\n");
    for (Slot slot : slots()) {
      text.append(
          "  %s.plugin = \"%s%sModule\"\n"
              .formatted(slot.section(), PREFIX, slot.spi().getSimpleName()));
    }
    return text.append("}\n").toString();
  }

  /** The interfaces that a configuration has to fill. */
  static List<Slot> slots() {
    return Arrays.stream(Slot.values()).filter(slot -> !slot.isOptional()).toList();
  }

  private static UnsupportedOperationException unused() {
    return new UnsupportedOperationException("no test needs this");
  }

  /** Binds one fake to the interface that it stands for. */
  private abstract static class FakeModule<T> extends AbstractModule {
    private final Class<T> spi;
    private final Class<? extends T> fake;

    FakeModule(Class<T> spi, Class<? extends T> fake) {
      this.spi = spi;
      this.fake = fake;
    }

    @Override
    protected void configure() {
      bind(spi).to(fake);
      bind(fake).in(Scopes.SINGLETON);
    }
  }

  /** Something that records what is asked of it. */
  private abstract static class Part {
    final int node;
    final Recording recording;

    Part(NodeSettings settings) {
      node = settings.nodeId().value();
      recording = Recording.of(settings.clusterName());
    }

    /** What plugins call themselves. */
    public final String name() {
      return "fake";
    }
  }

  // ---- runtime

  /** Binds {@link Clockwork}. */
  @WeftPlugin(id = "fake", provides = NodeRuntime.class)
  public static final class NodeRuntimeModule extends FakeModule<NodeRuntime> {
    /** For the assembly. */
    public NodeRuntimeModule() {
      super(NodeRuntime.class, Clockwork.class);
    }
  }

  /** Real time, one thread. */
  public static final class Clockwork implements NodeRuntime {
    private final ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().daemon().unstarted(task));

    /** For Guice. */
    @Inject
    public Clockwork() {}

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public long bootTime() {
      return System.nanoTime();
    }

    @Override
    public long wallMillis() {
      return 4711;
    }

    @Override
    public Cancellable schedule(long delayNs, Runnable task) {
      var future = timer.schedule(task, delayNs, TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    }

    @Override
    public Executor blocking() {
      return timer;
    }

    @Override
    public Executor workers() {
      return timer;
    }

    @Override
    public RandomGenerator random() {
      return new SplittableRandom(1);
    }

    @Override
    public Waiter newWaiter() {
      throw unused();
    }

    @Override
    public void close() {
      timer.shutdownNow();
    }
  }

  // ---- metrics

  /** Binds metrics that count. */
  @WeftPlugin(id = "fake", provides = Metrics.class)
  public static final class MetricsModule extends AbstractModule {
    /** For the assembly. */
    public MetricsModule() {}

    @Override
    protected void configure() {
      bind(Metrics.class).toProvider(PlainMetrics::new).in(Scopes.SINGLETON);
    }
  }

  // ---- store

  /** Binds {@link Store}. */
  @WeftPlugin(id = "fake", provides = BlockStore.class)
  public static final class BlockStoreModule extends FakeModule<BlockStore> {
    /** For the assembly. */
    public BlockStoreModule() {
      super(BlockStore.class, Store.class);
    }
  }

  /** Opens or refuses, and holds nothing. */
  public static final class Store extends Part implements BlockStore {
    private final BlockLayout layout;

    /** For Guice. */
    @Inject
    public Store(NodeSettings settings) {
      super(settings);
      layout = new BlockLayout(settings.blockBytes());
    }

    @Override
    public BlockLayout layout() {
      return layout;
    }

    @Override
    public void open() {
      recording.add(node, "store.open");
      if (recording.refusal != null) {
        throw recording.refusal;
      }
    }

    @Override
    public void read(int file, long number, MemorySegment physical, ReadCompletion completion) {
      throw unused();
    }

    @Override
    public void write(
        int file,
        long number,
        long version,
        long fenceToken,
        MemorySegment physical,
        WriteCompletion completion) {
      throw unused();
    }

    @Override
    public void fence(int fenced, long incarnation) {
      throw unused();
    }

    @Override
    public void force() {
      recording.add(node, "store.force");
      recording.force.join();
    }

    @Override
    public void close() {
      recording.add(node, "store.close");
      recording.storeClose.join();
    }
  }

  // ---- directory

  /** Binds a strategy that gives everything to the first member. */
  @WeftPlugin(id = "fake", provides = HashStrategy.class)
  public static final class HashStrategyModule extends AbstractModule {
    /** For the assembly. */
    public HashStrategyModule() {}

    @Override
    protected void configure() {
      bind(HashStrategy.class).toInstance(_ -> new int[Buckets.COUNT]);
    }
  }

  /** Binds a policy that moves nothing. */
  @WeftPlugin(id = "fake", provides = RemasterPolicy.class)
  public static final class RemasterPolicyModule extends AbstractModule {
    /** For the assembly. */
    public RemasterPolicyModule() {}

    @Override
    protected void configure() {
      bind(RemasterPolicy.class).toInstance(_ -> List.of());
    }
  }

  /** Binds a strategy that claims to honour weights. */
  @WeftPlugin(id = "weighted", provides = HashStrategy.class)
  public static final class WeightedModule extends AbstractModule {
    /** For the assembly. */
    public WeightedModule() {}

    @Override
    protected void configure() {
      bind(HashStrategy.class)
          .toInstance(
              new HashStrategy() {
                @Override
                public int[] propose(View view) {
                  return new int[Buckets.COUNT];
                }

                @Override
                public boolean honoursWeights() {
                  return true;
                }
              });
    }
  }

  /** Binds {@link Directory}. */
  @WeftPlugin(id = "fake", provides = ResourceDirectory.class)
  public static final class ResourceDirectoryModule extends FakeModule<ResourceDirectory> {
    /** For the assembly. */
    public ResourceDirectoryModule() {
      super(ResourceDirectory.class, Directory.class);
    }
  }

  /** What the strategy proposes. */
  public static final class Directory implements ResourceDirectory {
    private final HashStrategy strategy;
    private volatile BucketMap current;

    /** For Guice. */
    @Inject
    public Directory(HashStrategy strategy) {
      this.strategy = strategy;
    }

    @Override
    public BucketMap mapOf(View view, Overrides overrides) {
      int[] masters = strategy.propose(view);
      return new BucketMap() {
        @Override
        public int masterOfBucket(int bucket) {
          return masters[bucket];
        }

        @Override
        public int bucketsOf(int node) {
          return node == 0 ? masters.length : 0;
        }
      };
    }

    @Override
    public void install(BucketMap map) {
      current = map;
    }

    @Override
    public int masterOfBucket(int bucket) {
      return current.masterOfBucket(bucket);
    }

    @Override
    public int bucketsOf(int node) {
      return current.bucketsOf(node);
    }
  }

  // ---- registry

  /** Binds {@link Registry}. */
  @WeftPlugin(id = "fake", provides = ClusterRegistry.class)
  public static final class ClusterRegistryModule extends FakeModule<ClusterRegistry> {
    /** For the assembly. */
    public ClusterRegistryModule() {
      super(ClusterRegistry.class, Registry.class);
    }
  }

  /** Opens and closes. */
  public static final class Registry implements ClusterRegistry {
    @Override
    public void reserveScn(long upTo) {}

    @Override
    public long reservedScn() {
      return 0;
    }

    private final Provider<NodeSettings> settings;

    /** For Guice. */
    @Inject
    public Registry(Provider<NodeSettings> settings) {
      this.settings = settings;
    }

    private void record(String what) {
      NodeSettings node = settings.get();
      Recording.of(node.clusterName()).add(node.nodeId().value(), what);
    }

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public long lastIncarnation(int node) {
      return 0;
    }

    @Override
    public void recordIncarnation(long incarnation) {}

    @Override
    public void open() {
      record("registry.open");
    }

    @Override
    public Optional<Entry> latest() {
      throw unused();
    }

    @Override
    public boolean propose(long epoch, byte[] record) {
      throw unused();
    }

    @Override
    public boolean hasStopped(int other, long incarnation, boolean kill) {
      throw unused();
    }

    @Override
    public long ask(byte[] request, long above) {
      throw unused();
    }

    @Override
    public List<Request> requests() {
      throw unused();
    }

    @Override
    public void answer(long number, byte[] answer) {
      throw unused();
    }

    @Override
    public Optional<byte[]> answer(long number) {
      throw unused();
    }

    @Override
    public void close() {
      record("registry.close");
    }
  }

  // ---- recovery

  /** Binds a strategy that no test needs. */
  @WeftPlugin(id = "fake", provides = RedoStrategy.class)
  public static final class RedoStrategyModule extends AbstractModule {
    /** For the assembly. */
    public RedoStrategyModule() {}

    @Override
    protected void configure() {
      bind(RedoStrategy.class)
          .toInstance(
              new RedoStrategy() {
                @Override
                public String name() {
                  return "fake";
                }

                @Override
                public RedoRun start(RedoWork work) {
                  throw unused();
                }
              });
    }
  }

  /** Like {@link RedoStrategyModule}, with something to be known. */
  @WeftPlugin(id = "slow", provides = RedoStrategy.class, caution = "it takes its time")
  public static final class SlowModule extends AbstractModule {
    /** For the assembly. */
    public SlowModule() {}
  }

  /**
   * Settings that depend on the size of a block.
   *
   * @param room for a block
   */
  public record ChoosySettings(ByteSize room) implements DependentSettings {
    @Override
    public void check(Others others) {
      ByteSize block = others.size("weft.block-size").orElseThrow();
      String pair = "weft.redo-strategy.choosy.room = " + room + " and weft.block-size = " + block;
      if (room.bytes() < block.bytes()) {
        throw new IllegalArgumentException(pair + " do not go together");
      } else if (room.bytes() == block.bytes()) {
        others.caution(pair + " are close");
      }
    }
  }

  /** A strategy whose settings depend on others. */
  @WeftPlugin(id = "choosy", provides = RedoStrategy.class, settings = ChoosySettings.class)
  public static final class ChoosyModule extends AbstractModule {
    /** For the assembly. */
    public ChoosyModule() {}
  }

  /** Binds a detector that no test needs. */
  @WeftPlugin(id = "fake", provides = FailureDetector.class)
  public static final class FailureDetectorModule extends AbstractModule {
    /** For the assembly. */
    public FailureDetectorModule() {}

    @Override
    protected void configure() {
      bind(FailureDetector.class)
          .toInstance(
              new FailureDetector() {
                @Override
                public String name() {
                  return "fake";
                }

                @Override
                public Watch watch(long nowNs, long intervalNs) {
                  throw unused();
                }
              });
    }
  }

  // ---- log device

  /** Binds {@link Device}. */
  @WeftPlugin(id = "fake", provides = LogDevice.class)
  public static final class LogDeviceModule extends FakeModule<LogDevice> {
    /** For the assembly. */
    public LogDeviceModule() {
      super(LogDevice.class, Device.class);
    }
  }

  /** Opens and closes. */
  public static final class Device extends Part implements LogDevice {
    /** For Guice. */
    @Inject
    public Device(NodeSettings settings) {
      super(settings);
    }

    @Override
    public void open() {
      recording.add(node, "device.open");
    }

    @Override
    public List<LogId> logs() {
      throw unused();
    }

    @Override
    public List<Long> segments(LogId log) {
      throw unused();
    }

    @Override
    public LogSegment create(LogId log, long segment, long bytes) {
      throw unused();
    }

    @Override
    public LogSegment open(LogId log, long segment) {
      throw unused();
    }

    @Override
    public void release(LogId log, long segment) {
      throw unused();
    }

    @Override
    public void delete(LogId log) {
      throw unused();
    }

    @Override
    public void seal(LogId log) {
      throw unused();
    }

    @Override
    public boolean isSealed(LogId log) {
      throw unused();
    }

    @Override
    public void close() {
      recording.add(node, "device.close");
    }
  }

  // ---- redo

  /** Binds {@link Log}. */
  @WeftPlugin(id = "fake", provides = RedoLog.class)
  public static final class RedoLogModule extends FakeModule<RedoLog> {
    /** For the assembly. */
    public RedoLogModule() {
      super(RedoLog.class, Log.class);
    }
  }

  /** Holds nothing. */
  public static final class Log extends Part implements RedoLog {
    private boolean closed;

    /** For Guice. */
    @Inject
    public Log(NodeSettings settings) {
      super(settings);
    }

    @Override
    public boolean survivesProcess() {
      return false;
    }

    @Override
    public void open() {
      recording.add(node, "redo.open");
    }

    @Override
    public long beginCheckpoint() {
      recording.add(node, "redo.beginCheckpoint");
      return 17;
    }

    @Override
    public void endCheckpoint(long lsn) {
      recording.add(node, "redo.endCheckpoint " + lsn);
    }

    @Override
    public long append(RedoRecord record) {
      throw unused();
    }

    @Override
    public long durableLsn() {
      return 0;
    }

    @Override
    public void whenDurable(long lsn, Runnable event) {
      event.run();
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        recording.add(node, "redo.close");
      }
    }
  }

  // ---- transport

  /** Binds {@link Link}. */
  @WeftPlugin(id = "fake", provides = Transport.class)
  public static final class TransportModule extends FakeModule<Transport> {
    /** For the assembly. */
    public TransportModule() {
      super(Transport.class, Link.class);
    }
  }

  /** Tells the nodes of this process of each other. */
  public static final class Link extends Part implements Transport {
    private final NodeSettings settings;
    private PeerListener listener;

    /** For Guice. */
    @Inject
    public Link(NodeSettings settings) {
      super(settings);
      this.settings = settings;
    }

    @Override
    public void register(int service, MessageHandler handler) {}

    @Override
    public void start(PeerListener to) {
      recording.add(node, "transport.start");
      if (recording.noTransport != null) {
        throw recording.noTransport;
      }
      listener = to;
      synchronized (recording.links) {
        for (Link other : recording.links.values()) {
          other.listener.onConnected(settings.nodeId(), settings.incarnation());
          listener.onConnected(other.settings.nodeId(), other.settings.incarnation());
        }
        recording.links.put(node, this);
      }
    }

    @Override
    public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
      throw unused();
    }

    @Override
    public void viewInstalled(Runnable quiet) {
      quiet.run();
    }

    @Override
    public void evict(int peer, long incarnation) {
      throw unused();
    }

    @Override
    public void contacts(List<Member> members) {
      throw unused();
    }

    @Override
    public List<String> obstacles() {
      return recording.obstacles;
    }

    @Override
    public void close() {
      if (recording.links.remove(node) != null) {
        recording.add(node, "transport.close");
        for (Link other : recording.links.values()) {
          other.listener.onGoodbye(settings.nodeId(), settings.incarnation());
        }
      }
    }

    @Override
    public void abort() {
      if (recording.links.remove(node) != null) {
        recording.add(node, "transport.abort");
      }
    }
  }

  // ---- membership

  /** Binds {@link Members}. */
  @WeftPlugin(id = "fake", provides = Membership.class)
  public static final class MembershipModule extends FakeModule<Membership> {
    /** For the assembly. */
    public MembershipModule() {
      super(Membership.class, Members.class);
    }
  }

  /** Has one view, with everybody in it as soon as all are connected. */
  public static final class Members implements Membership {
    private final NodeSettings settings;
    private final int node;
    private final Recording recording;
    private final Views views;
    private final ResourceDirectory directory;
    private final Transport transport;
    private final CoherentCache cache;
    private final Set<NodeId> connected = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<View> joined = new CompletableFuture<>();
    private volatile ClusterState state = ClusterState.INITIALIZING;

    /** For Guice. */
    @Inject
    public Members(
        NodeSettings settings,
        Views views,
        ClusterRegistry registry,
        FailureDetector detector,
        Transport transport,
        ResourceDirectory directory,
        BlockStore store,
        LogDevice device,
        CoherentCache cache,
        NodeRuntime runtime,
        NodeFailure failure) {
      this.settings = settings;
      this.views = views;
      this.directory = directory;
      this.transport = transport;
      this.cache = cache;
      node = settings.nodeId().value();
      recording = Recording.of(settings.clusterName());
      recording.views.put(node, views);
      connected.add(settings.nodeId());
    }

    @Override
    public CompletionStage<View> join() {
      recording.add(node, "membership.join");
      state = ClusterState.FORMING;
      if (recording.noView != null) {
        joined.completeExceptionally(recording.noView);
      }
      joinIfAll();
      return joined;
    }

    @Override
    public AgreedMembers members() {
      return AgreedMembers.first(settings.members());
    }

    private synchronized void joinIfAll() {
      if (state == ClusterState.FORMING && connected.size() == settings.members().size()) {
        View view = new View(Epoch.FIRST, settings.members());
        views.install(view);
        views.lease(Long.MAX_VALUE);
        BucketMap map = directory.mapOf(view);
        directory.install(map);
        transport.viewInstalled(() -> cache.install(view, map));
        state = ClusterState.OPERATIONAL;
        joined.complete(view);
      }
    }

    @Override
    public void onConnected(NodeId peer, long incarnation) {
      connected.add(peer);
      joinIfAll();
    }

    @Override
    public void onGoodbye(NodeId peer, long incarnation) {
      recording.add(node, "goodbye of " + peer);
    }

    @Override
    public void onLost(NodeId peer, long incarnation, WeftException reason) {
      throw unused();
    }

    @Override
    public CompletionStage<Void> leave() {
      recording.add(node, "membership.leave");
      return recording.leave(node);
    }

    @Override
    public ClusterState clusterState() {
      return state;
    }

    @Override
    public NodeState stateOf(NodeId peer) {
      return connected.contains(peer) ? NodeState.HEALTHY : NodeState.DOWN;
    }

    @Override
    public Optional<RecoveryProgress> recovery() {
      return recording.progress.get();
    }

    @Override
    public Joining joining() {
      return recording.joining.get();
    }

    @Override
    public void close() {
      if (state != ClusterState.STOPPED) {
        state = ClusterState.STOPPED;
        recording.add(node, "membership.close");
      }
    }
  }

  // ---- cache

  /** Binds {@link Cache}. */
  @WeftPlugin(id = "fake", provides = CoherentCache.class)
  public static final class CoherentCacheModule extends FakeModule<CoherentCache> {
    /** For the assembly. */
    public CoherentCacheModule() {
      super(CoherentCache.class, Cache.class);
    }
  }

  /** Caches nothing. */
  public static final class Cache implements CoherentCache {
    private final int node;
    private final Recording recording;

    /** For Guice. */
    @Inject
    public Cache(
        NodeSettings settings,
        NodeFailure failure,
        BlockStore store,
        Transport transport,
        ResourceDirectory directory,
        RedoLog redo,
        RedoStrategy strategy,
        Metrics metrics,
        NodeRuntime runtime) {
      node = settings.nodeId().value();
      recording = Recording.of(settings.clusterName());
      recording.failures.put(node, failure);
    }

    @Override
    public Locks locks() {
      throw unused();
    }

    @Override
    public Mastery mastery() {
      throw unused();
    }

    @Override
    public CompletionStage<Void> drain() {
      recording.add(node, "cache.drain");
      return recording.drain(node);
    }

    @Override
    public CompletionStage<Void> install(View view, BucketMap masters) {
      recording.add(node, "cache.install " + view.epoch().value());
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> startRecovery(long epoch, RecoveryRedo redo) {
      throw unused();
    }

    @Override
    public RecoveryCounts recoveryCounts() {
      throw unused();
    }

    @Override
    public CompletionStage<Void> checkpoint() {
      throw unused();
    }

    @Override
    public CompletionStage<List<BlockId>> quarantined() {
      throw unused();
    }

    @Override
    public void fail(WeftException reason) {
      recording.add(node, "cache.fail " + reason.code().name());
    }

    @Override
    public void close() {
      recording.add(node, "cache.close");
    }

    @Override
    public int contentBytes() {
      return 8160;
    }

    @Override
    public Reading newReading(ReadConsistency consistency) {
      throw unused();
    }

    @Override
    public Change newChange() {
      throw unused();
    }

    @Override
    public void prefetch(int file, long first, int count) {}

    @Override
    public CompletionStage<Void> writeBack() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CacheStatistics statistics() {
      throw unused();
    }
  }
}
