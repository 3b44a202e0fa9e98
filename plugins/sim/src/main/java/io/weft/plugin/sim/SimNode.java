// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheFusion;
import io.weft.cachefusion.CacheFusionSettings;
import io.weft.cachefusion.HostNode;
import io.weft.cachefusion.Persistence;
import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.fd.timeout.TimeoutFailureDetector;
import io.weft.plugin.fd.timeout.TimeoutSettings;
import io.weft.recovery.membership.ClusterMembership;
import io.weft.recovery.replay.DeadLogs;
import io.weft.recovery.replay.DeadRedoReader;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.recovery.replay.RedoIndex;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.membership.StorageCheck;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.recovery.DeadRedo;
import io.weft.spi.session.Terms;
import io.weft.spi.transport.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A node as it runs in one life: the engine as it is, on simulated devices. */
final class SimNode {
  private static final long LITTLE_MEMORY = 1_000;

  private final Life life;
  private final Mistake mistake;
  private final StorageIdentity storage = new StorageIdentity();
  private final ClusterSettings agreed;
  private final SimRuntime runtime;
  private final SimMetrics metrics = new SimMetrics();
  private final Transport transport;
  private final SimStore store;
  private final SimDirectory directory;
  private final SimLogDevice.View logDevice;
  private final NodeLog log;
  private final DeadLogs deadLogs;
  private final CacheFusion cache;
  private final SimRegistry.View registry;
  private final Optional<ClusterMembership> membership;
  private final List<Actor> actors = new ArrayList<>();
  private Optional<BucketMap> masters = Optional.empty();
  private boolean mayStop;
  private boolean hindered;
  private boolean mayLoseLease;
  private boolean leaving;
  private boolean serves;
  private boolean logOpened;
  private Optional<WeftException> stopReason = Optional.empty();

  SimNode(SimCluster cluster, Life life, List<Member> members, Rules rules) {
    SimOptions options = cluster.options();
    Simulation simulation = cluster.simulation();
    this.life = life;
    this.mistake = cluster.mistakeOf(life.node());
    this.runtime =
        new SimRuntime(
            simulation, life, options.network().link(), reason -> cluster.failed(this, reason));
    this.store = new SimStore(cluster.disk(), life);
    if (mistake.hasAway(SimPlace.Part.BLOCKS)) {
      store.unmount();
    }
    this.directory = new SimDirectory(cluster.maps());
    this.logDevice =
        (mistake.hasAway(SimPlace.Part.LOGS) ? cluster.newLogDevice() : cluster.logDevice())
            .of(life, () -> cluster.kill(this, false));
    this.deadLogs = new DeadLogs(logDevice, redoMemory());
    NodeFailure failure = reason -> cluster.failed(this, reason);
    NodeSettings node =
        new NodeSettings(
            "sim",
            new NodeId(life.node()),
            life.incarnation(),
            members,
            store.layout().physicalBytes(),
            Map.of(),
            cluster.comparesSettings() ? mistake.settings() : ClusterSettings.NONE);
    this.agreed = node.agreed();
    this.transport = cluster.network().attach(life, this::terms, failure);
    this.log =
        options.faults().coreLog() && cluster.changesStayWhole()
            ? new SimCoreLog(
                simulation,
                life,
                options.log(),
                failure,
                cluster::onAppend,
                logDevice,
                cluster::redoForgotten)
            : new SimRedoLog(
                simulation,
                life,
                options.log(),
                failure,
                cluster::onAppend,
                cluster.changesStayWhole());
    this.cache =
        new CacheFusion(
            settings(options),
            new HostNode(
                node,
                runtime,
                transport,
                life.views(),
                reason -> cluster.failed(this, reason),
                metrics),
            new Persistence(
                store,
                log,
                new SimRedoStrategy(simulation, life, options.faults().redoAtOnce()),
                life.clock()),
            rules);
    this.registry =
        (mistake.hasAway(SimPlace.Part.REGISTRY) ? cluster.newRegistry() : cluster.registry())
            .of(cluster, this);
    this.membership =
        options
            .faults()
            .clusterMembership()
            .map(
                settings ->
                    new ClusterMembership(
                        settings,
                        node,
                        runtime,
                        life.views(),
                        transport,
                        directory,
                        new ObservedCache(cluster, this, cache),
                        store,
                        log,
                        logDevice,
                        registry,
                        new TimeoutFailureDetector(
                            new TimeoutSettings(settings.heartbeat().multipliedBy(4))),
                        life.clock(),
                        metrics,
                        failure,
                        storage,
                        DeadRedoReader.of(new DeadLogs(logDevice, redoMemory())),
                        cluster.agreementRules()));
  }

  /** Every second life has so little memory for redo that it reads the logs range by range. */
  private long redoMemory() {
    return life.incarnation() % 2 == 0 ? LITTLE_MEMORY : Long.MAX_VALUE;
  }

  private static CacheFusionSettings settings(SimOptions options) {
    return new CacheFusionSettings(
        options.frames(),
        options.shards(),
        options.prefetchWindow(),
        options.waiters(),
        options.writes(),
        options.pastImages(),
        Duration.ofMillis(1 + options.seed() % 50),
        options.freeFrames(),
        Duration.ofHours(1));
  }

  private Terms terms() {
    return new Terms(
        life.node(), life.incarnation(), agreed, storage.id(), storage.where(), storage.formed());
  }

  /**
   * Finds out on which storage it works, before it opens anything.
   *
   * @param expected the identity that the configuration demands
   * @param fresh makes one for a new storage
   */
  void findStorage(Optional<UUID> expected, Supplier<UUID> fresh) {
    List<StoragePlace> places =
        Stream.of(registry.place(), logDevice.place(), store.place())
            .flatMap(Optional::stream)
            .toList();
    new StorageCheck(places, expected, fresh, () -> {}).establish(storage);
  }

  /** What its operator has got wrong. */
  Mistake mistake() {
    return mistake;
  }

  Life life() {
    return life;
  }

  int id() {
    return life.node();
  }

  SimRuntime runtime() {
    return runtime;
  }

  SimMetrics metrics() {
    return metrics;
  }

  Transport transport() {
    return transport;
  }

  SimStore store() {
    return store;
  }

  SimDirectory directory() {
    return directory;
  }

  NodeLog log() {
    return log;
  }

  SimLogDevice.View logDevice() {
    return logDevice;
  }

  /** Makes the log; called when there is a lease. */
  void openLog() {
    if (!logOpened) {
      logOpened = true;
      log.open();
    }
  }

  /** The redo of failed nodes in their logs; the clock goes beyond it. */
  DeadRedo deadRedo(List<NodeLog> logs, Supplier<OwnBuckets> own) {
    if (log instanceof SimRedoLog) {
      SimDeadRedo redo = new SimDeadRedo(logs);
      life.clock().observe(redo.newestScn());
      return redo;
    }
    RedoIndex index =
        deadLogs.refresh(
            logs.stream().map(each -> ((SimCoreLog) each).id()).toList(), own.get(), _ -> {});
    life.clock().observe(index.maxScn());
    return index;
  }

  SimRegistry.View registry() {
    return registry;
  }

  boolean hasMembership() {
    return membership.isPresent();
  }

  ClusterMembership membership() {
    return membership.orElseThrow();
  }

  CacheFusion cache() {
    return cache;
  }

  List<Actor> actors() {
    return actors;
  }

  /** The map that the cache has installed last. */
  Optional<BucketMap> masters() {
    return masters;
  }

  void masters(BucketMap map) {
    masters = Optional.of(map);
  }

  /** Something was done to it that may make it stop, for whatever reason. */
  void expectStop() {
    mayStop = true;
  }

  /** It was kept from its lease: it stops for want of it, and of nothing else, or gets over it. */
  void expectLateLease() {
    hindered = true;
    mayLoseLease = true;
  }

  /** It was kept from its lease for ever. */
  void expectLossOfLease() {
    expectStop();
    mayLoseLease = true;
  }

  /** Whether something was done to it that it has not got over. */
  boolean isHarmed() {
    return mayStop || hindered;
  }

  /** Whether all that was done to it may pass. */
  boolean isHarmless() {
    return hindered && !mayStop;
  }

  /** It has got over what has kept it from its lease. */
  void forgive() {
    hindered = false;
  }

  /** Whether it may stop for whatever reason. */
  boolean mayStop() {
    return mayStop;
  }

  /** Whether it was kept from its lease at any time: what it is late with may come later. */
  boolean mayLoseLease() {
    return mayLoseLease;
  }

  /** It has been in a view. */
  void serve() {
    serves = true;
  }

  boolean serves() {
    return serves;
  }

  boolean isLeaving() {
    return leaving;
  }

  void leave() {
    leaving = true;
  }

  Optional<WeftException> stopReason() {
    return stopReason;
  }

  void stopReason(WeftException reason) {
    if (stopReason.isEmpty()) {
      stopReason = Optional.of(reason);
    }
  }

  @Override
  public String toString() {
    return life.toString();
  }
}
