// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.api.BlockId;
import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheFusion;
import io.weft.cachefusion.CacheFusionSettings;
import io.weft.cachefusion.HostNode;
import io.weft.cachefusion.LockSettings;
import io.weft.cachefusion.MasterySettings;
import io.weft.cachefusion.Persistence;
import io.weft.cachefusion.spec.LockRules;
import io.weft.cachefusion.spec.Rules;
import io.weft.grd.BucketMapDirectory;
import io.weft.plugin.hash.ring.RingHashStrategy;
import io.weft.plugin.hash.ring.RingSettings;
import io.weft.plugin.log.file.FileLogDevice;
import io.weft.plugin.log.file.FileLogDeviceSettings;
import io.weft.plugin.logvolatile.VolatileRedoLog;
import io.weft.plugin.metrics.hdr.HdrMetrics;
import io.weft.plugin.runtime.jvm.JvmNodeRuntime;
import io.weft.plugin.runtime.jvm.JvmRuntimeSettings;
import io.weft.plugin.store.memory.MemoryBlockStore;
import io.weft.plugin.store.memory.MemoryStoreSettings;
import io.weft.recovery.redo.FileRedoLog;
import io.weft.recovery.redo.FileRedoLogSettings;
import io.weft.recovery.redo.ImageCompression;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.session.LamportClock;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The engine of a single-node cluster: production parts with their default settings, storage in
 * memory, no network.
 */
@State(Scope.Benchmark)
public class LoneEngine {
  /**
   * A strong reference, so that the logger keeps its level: the volatile log's warning is not
   * relevant here.
   */
  private static final Logger LOG = Logger.getLogger(VolatileRedoLog.class.getName());

  private static final int BLOCK_BYTES = 8 << 10;

  /** Size of a segment of the redo log: 64 MiB. */
  private static final int SEGMENT_BYTES = 64 << 20;

  /** Size of the redo log's buffer: 16 MiB. */
  private static final int LOG_BUFFER_BYTES = 16 << 20;

  /** Released segments kept for reuse. */
  private static final int SEGMENTS_KEPT = 4;

  private final AtomicReference<WeftException> stopped = new AtomicReference<>();
  private final AtomicInteger extents = new AtomicInteger();
  private MemoryBlockStore store;
  private JvmNodeRuntime runtime;
  private CacheFusion cache;
  private RedoLog log;

  /** Builds it, with the volatile redo log. */
  @Setup
  public void start() {
    start((_, _) -> new VolatileRedoLog());
  }

  /** Builds it, with a redo log in files of a directory. */
  void start(Path directory) {
    start((node, failure) -> fileLog(directory, node, failure));
  }

  private FileRedoLog fileLog(Path directory, NodeSettings node, NodeFailure failure) {
    FileLogDevice device =
        new FileLogDevice(new FileLogDeviceSettings(directory.toString(), SEGMENTS_KEPT));
    device.open();
    return new FileRedoLog(
        new FileRedoLogSettings(
            new ByteSize(SEGMENT_BYTES),
            new ByteSize(LOG_BUFFER_BYTES),
            Duration.ofMillis(100),
            0,
            Duration.ZERO,
            Duration.ofNanos(20_000),
            ImageCompression.NONE),
        node,
        failure,
        Views.fixed(new View(Epoch.FIRST, node.members())),
        runtime,
        device,
        new HdrMetrics());
  }

  private void start(BiFunction<NodeSettings, NodeFailure, RedoLog> logs) {
    LOG.setLevel(Level.OFF);
    NodeId self = new NodeId(0);
    NodeSettings node =
        new NodeSettings(
            "bench", self, 1, List.of(new Member(self, "localhost", 1)), BLOCK_BYTES, Map.of());
    NodeFailure failure = reason -> stopped.compareAndSet(null, reason);
    View view = new View(Epoch.FIRST, node.members());
    BucketMap masters =
        new BucketMapDirectory(new RingHashStrategy(RingSettings.DEFAULTS)).mapOf(view);
    store = new MemoryBlockStore(new MemoryStoreSettings("bench"), node);
    runtime = new JvmNodeRuntime(JvmRuntimeSettings.DEFAULTS, failure);
    log = logs.apply(node, failure);
    cache =
        new CacheFusion(
            new CacheFusionSettings(
                8_192,
                4,
                8,
                65_536,
                64,
                10,
                Duration.ofSeconds(5),
                3,
                1 << 20,
                Duration.ofSeconds(30),
                new LockSettings(65_536, 1_000_000, Duration.ofSeconds(10)),
                MasterySettings.OFF),
            new HostNode(
                node,
                runtime,
                new NoTransport(),
                Views.fixed(view),
                failure,
                new HdrMetrics(),
                _ -> List.of()),
            new Persistence(store, log, new NoRedo(), new LamportClock()),
            Rules.STANDARD,
            LockRules.STANDARD);
    store.open();
    log.open();
    cache.install(view, masters).toCompletableFuture().join();
    cache.startRecovery(view.epoch().value(), RecoveryRedo.NONE).toCompletableFuture().join();
  }

  CacheFusion cache() {
    return cache;
  }

  /** The first block of an extent that was not returned before. */
  long newExtent() {
    return (long) extents.getAndIncrement() * Buckets.EXTENT_BLOCKS;
  }

  /** Makes a checkpoint if there is much redo, so that segments are used again. */
  void checkpointIfDue() {
    if (log.bytesSinceCheckpoint() > 2L * SEGMENT_BYTES) {
      long end = log.beginCheckpoint();
      cache.checkpoint().toCompletableFuture().join();
      log.endCheckpoint(end);
    }
  }

  /** Closes the engine; throws the error that stopped it, if any. */
  @TearDown
  public void stop() {
    cache.close();
    log.close();
    runtime.close();
    store.close();
    if (stopped.get() != null) {
      throw stopped.get();
    }
  }

  /** A transport without peers. */
  private static final class NoTransport implements Transport {
    @Override
    public String name() {
      return "none";
    }

    @Override
    public void register(int service, MessageHandler handler) {}

    @Override
    public void start(PeerListener listener) {}

    @Override
    public void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload) {
      throw new IllegalStateException("a message to n" + to + ", which does not exist");
    }

    @Override
    public void viewInstalled(Runnable quiet) {
      quiet.run();
    }

    @Override
    public void evict(int node, long incarnation) {}

    @Override
    public void contacts(List<Member> members) {}

    @Override
    public void close() {}
  }

  /** A redo strategy without work. */
  private static final class NoRedo implements RedoStrategy {
    @Override
    public String name() {
      return "none";
    }

    @Override
    public RedoRun start(RedoWork work) {
      if (!work.blocks().isEmpty()) {
        throw new IllegalStateException("no node has failed, but there is redo");
      }
      return new RedoRun() {
        @Override
        public void touched(BlockId block) {}

        @Override
        public void cancel() {}
      };
    }
  }
}
