// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.api.CacheStatistics;
import io.weft.api.Change;
import io.weft.api.Epoch;
import io.weft.api.NodeId;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.plugin.WeftPlugin;
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
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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
    text.append("]\n  form-timeout = 1 s, leave-timeout = 1 s\n");
    for (Slot slot : Slot.values()) {
      text.append(
          "  %s.plugin = \"%s%sModule\"\n"
              .formatted(slot.section(), PREFIX, slot.spi().getSimpleName()));
    }
    return text.append("}\n").toString();
  }

  private static UnsupportedOperationException unused() {
    return new UnsupportedOperationException("no test needs this");
  }

  // ---- runtime

  /** Binds {@link Clockwork}. */
  @WeftPlugin(id = "fake", provides = NodeRuntime.class)
  public static final class NodeRuntimeModule extends AbstractModule {
    /** For the assembly. */
    public NodeRuntimeModule() {}

    @Override
    protected void configure() {
      bind(NodeRuntime.class).to(Clockwork.class);
      bind(Clockwork.class).in(Scopes.SINGLETON);
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

  /** Binds {@link NoMetrics}. */
  @WeftPlugin(id = "fake", provides = Metrics.class)
  public static final class MetricsModule extends AbstractModule {
    /** For the assembly. */
    public MetricsModule() {}

    @Override
    protected void configure() {
      bind(Metrics.class).to(NoMetrics.class);
      bind(NoMetrics.class).in(Scopes.SINGLETON);
    }
  }

  /** Counts nothing. */
  public static final class NoMetrics implements Metrics {
    /** For Guice. */
    @Inject
    public NoMetrics() {}

    @Override
    public Counter counter(String name, String description) {
      throw unused();
    }

    @Override
    public Recorder recorder(String name, String description) {
      throw unused();
    }

    @Override
    public Map<String, Counter> counters() {
      return Map.of();
    }

    @Override
    public Map<String, Recorder> recorders() {
      return Map.of();
    }
  }

  // ---- store

  /** Binds {@link Store}. */
  @WeftPlugin(id = "fake", provides = BlockStore.class)
  public static final class BlockStoreModule extends AbstractModule {
    /** For the assembly. */
    public BlockStoreModule() {}

    @Override
    protected void configure() {
      bind(BlockStore.class).to(Store.class);
      bind(Store.class).in(Scopes.SINGLETON);
    }
  }

  /** Opens or refuses, and holds nothing. */
  public static final class Store implements BlockStore {
    private final int node;
    private final Recording recording;
    private final BlockLayout layout;

    /** For Guice. */
    @Inject
    public Store(NodeSettings settings) {
      node = settings.nodeId().value();
      recording = Recording.of(settings.clusterName());
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
    public void force() {
      recording.add(node, "store.force");
    }

    @Override
    public void close() {
      recording.add(node, "store.close");
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

  /** Binds {@link Directory}. */
  @WeftPlugin(id = "fake", provides = ResourceDirectory.class)
  public static final class ResourceDirectoryModule extends AbstractModule {
    /** For the assembly. */
    public ResourceDirectoryModule() {}

    @Override
    protected void configure() {
      bind(ResourceDirectory.class).to(Directory.class);
      bind(Directory.class).in(Scopes.SINGLETON);
    }
  }

  /** What the strategy proposes. */
  public static final class Directory implements ResourceDirectory {
    private final int[] masters;

    /** For Guice. */
    @Inject
    public Directory(HashStrategy strategy, Views views) {
      masters = strategy.propose(views.current());
    }

    @Override
    public int masterOfBucket(int bucket) {
      return masters[bucket];
    }

    @Override
    public int bucketsOf(int node) {
      return node == 0 ? masters.length : 0;
    }
  }

  // ---- views

  /** Binds {@link FirstView}. */
  @WeftPlugin(id = "fake", provides = Views.class)
  public static final class ViewsModule extends AbstractModule {
    /** For the assembly. */
    public ViewsModule() {}

    @Override
    protected void configure() {
      bind(Views.class).to(FirstView.class);
      bind(FirstView.class).in(Scopes.SINGLETON);
    }
  }

  /** The configured members. */
  public static final class FirstView implements Views {
    private final View view;

    /** For Guice. */
    @Inject
    public FirstView(NodeSettings settings) {
      view = new View(Epoch.FIRST, settings.members());
    }

    @Override
    public View current() {
      return view;
    }

    @Override
    public boolean leaseHolds() {
      return true;
    }
  }

  // ---- redo

  /** Binds {@link Log}. */
  @WeftPlugin(id = "fake", provides = RedoLog.class)
  public static final class RedoLogModule extends AbstractModule {
    /** For the assembly. */
    public RedoLogModule() {}

    @Override
    protected void configure() {
      bind(RedoLog.class).to(Log.class);
      bind(Log.class).in(Scopes.SINGLETON);
    }
  }

  /** Holds nothing. */
  public static final class Log implements RedoLog {
    private final int node;
    private final Recording recording;

    /** For Guice. */
    @Inject
    public Log(NodeSettings settings) {
      node = settings.nodeId().value();
      recording = Recording.of(settings.clusterName());
    }

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public boolean survivesProcess() {
      return false;
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
      recording.add(node, "redo.close");
    }
  }

  // ---- transport

  /** Binds {@link Link}. */
  @WeftPlugin(id = "fake", provides = Transport.class)
  public static final class TransportModule extends AbstractModule {
    /** For the assembly. */
    public TransportModule() {}

    @Override
    protected void configure() {
      bind(Transport.class).to(Link.class);
      bind(Link.class).in(Scopes.SINGLETON);
    }
  }

  /** Joins the nodes of this process; delivers on the sender's thread. */
  public static final class Link implements Transport {
    private final int node;
    private final Recording recording;
    private final MessageHandler[] handlers = new MessageHandler[256];

    /** For Guice. */
    @Inject
    public Link(NodeSettings settings) {
      node = settings.nodeId().value();
      recording = Recording.of(settings.clusterName());
    }

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public void register(int service, MessageHandler handler) {
      handlers[service] = handler;
    }

    @Override
    public void start(PeerListener listener) {
      recording.add(node, "transport.start");
      synchronized (recording.links) {
        recording.listeners.forEach(
            (peer, other) -> {
              other.onConnected(new NodeId(node));
              listener.onConnected(new NodeId(peer));
            });
        recording.listeners.put(node, listener);
        recording.links.put(node, this);
      }
    }

    @Override
    public void send(int to, int service, Lane lane, byte[] header, Payload payload) {
      Link link = recording.links.get(to);
      if (link != null) {
        link.handlers[service].onMessage(node, ByteBuffer.wrap(header), MemorySegment.NULL);
      }
    }

    @Override
    public void close() {
      if (recording.links.remove(node) != null) {
        recording.add(node, "transport.close");
        recording.listeners.remove(node);
        recording.listeners.values().forEach(other -> other.onGoodbye(new NodeId(node)));
      }
    }

    @Override
    public void abort() {
      if (recording.links.remove(node) != null) {
        recording.add(node, "transport.abort");
        recording.listeners.remove(node);
      }
    }
  }

  // ---- cache

  /** Binds {@link Cache}. */
  @WeftPlugin(id = "fake", provides = CoherentCache.class)
  public static final class CoherentCacheModule extends AbstractModule {
    /** For the assembly. */
    public CoherentCacheModule() {}

    @Override
    protected void configure() {
      bind(CoherentCache.class).to(Cache.class);
      bind(Cache.class).in(Scopes.SINGLETON);
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
        Metrics metrics,
        NodeRuntime runtime) {
      node = settings.nodeId().value();
      recording = Recording.of(settings.clusterName());
      recording.failures.put(node, failure);
    }

    @Override
    public CompletionStage<Void> drain() {
      recording.add(node, "cache.drain");
      return recording.drain(node);
    }

    @Override
    public CompletionStage<Void> leave() {
      recording.add(node, "cache.leave");
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void fail(WeftException reason) {
      recording.add(node, "cache.fail " + reason.code().name());
    }

    @Override
    public void peerLeft(int peer) {
      recording.add(node, "cache.peerLeft " + peer);
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
