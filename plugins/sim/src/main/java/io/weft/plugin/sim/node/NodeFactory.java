// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

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
import io.weft.plugin.fd.timeout.TimeoutFailureDetector;
import io.weft.plugin.fd.timeout.TimeoutSettings;
import io.weft.plugin.sim.network.SimNetwork;
import io.weft.plugin.sim.options.Bounds;
import io.weft.plugin.sim.options.LockWorkload;
import io.weft.plugin.sim.options.Mistake;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.storage.NodeLog;
import io.weft.plugin.sim.storage.SimCoreLog;
import io.weft.plugin.sim.storage.SimLogDevice;
import io.weft.plugin.sim.storage.SimPlace;
import io.weft.plugin.sim.storage.SimRedoLog;
import io.weft.plugin.sim.storage.SimStore;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.recovery.membership.BlockService;
import io.weft.recovery.membership.ClusterMembership;
import io.weft.recovery.membership.MembershipSettings;
import io.weft.recovery.membership.OwnNode;
import io.weft.recovery.membership.SharedStorage;
import io.weft.recovery.replay.RecoveryRedoReader;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.Terms;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** Builds the nodes of a cluster: the engine as it is, on simulated devices. */
public final class NodeFactory {
  /** Hears what happens to a node. */
  public interface Owner {
    /** A node cannot go on. */
    void failed(SimProcess process, WeftException reason);

    /** The process of a node ends in the midst of everything. */
    void kill(SimProcess process);

    /** The cache of a node is about to install a view that the membership has agreed on. */
    void installs(SimProcess process, View view, BucketMap masters);

    /** A log has forgotten some of its redo. */
    void redoForgotten();
  }

  private final Simulation simulation;
  private final SimOptions options;
  private final Rules rules;
  private final RecoveryRules recoveryRules;
  private final SimNetwork network;
  private final SimStorage storage;
  private final NodeLog.Listener appends;
  private final Interruptions interruptions;
  private final SimDirectory.Maps maps;
  private IntFunction<List<Member>> configured;
  private LockRules lockRules = LockRules.STANDARD;
  private LockWorkload lockWorkload = LockWorkload.NONE;
  private MasterySettings mastery = MasterySettings.OFF;
  private RemasterPolicy policy = _ -> List.of();

  /**
   * Builds on these devices.
   *
   * @param rules of the caches
   * @param appends sees each redo record as it is appended
   * @param interruptions of the threads of users
   */
  public NodeFactory(
      Simulation simulation,
      SimOptions options,
      Rules rules,
      RecoveryRules recoveryRules,
      SimNetwork network,
      SimStorage storage,
      NodeLog.Listener appends,
      Interruptions interruptions) {
    this.simulation = simulation;
    this.options = options;
    this.rules = rules;
    this.recoveryRules = recoveryRules;
    this.network = network;
    this.storage = storage;
    this.appends = appends;
    this.interruptions = interruptions;
    this.configured = _ -> options.members();
    this.maps = new SimDirectory.Maps(options.seed());
  }

  /**
   * Builds a node for its next process.
   *
   * @param id of the node
   * @param index how many processes there were before, of all nodes
   */
  public SimNode build(int id, int index, Mistake mistake, Owner owner) {
    SimProcess process =
        SimProcess.of(index, id, 1 + index, simulation, recoveryRules.countsSuspendedTime());
    return new Assembly(process, mistake, owner).node();
  }

  /** What users do with locks, and the rules of the locks; before the first node is built. */
  public void locks(LockWorkload workload, LockRules rules) {
    lockWorkload = workload;
    lockRules = rules;
  }

  /** Which members the configuration of each node names; before the first node is built. */
  public void configure(IntFunction<List<Member>> members) {
    configured = members;
  }

  /** How buckets move by themselves; before the first node is built. */
  public void mastery(MasterySettings settings, RemasterPolicy moves) {
    mastery = settings;
    policy = moves;
  }

  /** Whether they do. */
  public boolean movesByPolicy() {
    return mastery.autoRemaster();
  }

  private CacheFusionSettings cacheSettings() {
    return new CacheFusionSettings(
        options.frames(),
        options.shards(),
        options.prefetchWindow(),
        options.waiters(),
        options.writes(),
        options.pastImages(),
        Duration.ofMillis(1 + options.seed() % 50),
        options.freeFrames(),
        options.bounds().directoryEntries(options.shards()),
        Duration.ofHours(1),
        new LockSettings(lockWorkload.cached(), 10_000, Duration.ofSeconds(20)),
        mastery);
  }

  /** One node as it is put together. */
  private final class Assembly {
    private final SimProcess process;
    private final Mistake mistake;
    private final Owner owner;
    private final NodeFailure failure;
    private final StorageIdentity identity = new StorageIdentity();
    private final ClusterSettings agreed;
    private final SimMetrics metrics = new SimMetrics();

    Assembly(SimProcess process, Mistake mistake, Owner owner) {
      this.process = process;
      this.mistake = mistake;
      this.owner = owner;
      this.failure = reason -> owner.failed(process, reason);
      this.agreed = recoveryRules.comparesSettings() ? mistake.settings() : ClusterSettings.NONE;
    }

    SimNode node() {
      NodeDevices devices = devices();
      NodeSettings settings = settings(devices.store());
      CacheFusion cache = cache(settings, devices);
      Optional<ClusterMembership> membership =
          options
              .faults()
              .clusterMembership()
              .map(own -> membership(own, settings, devices, cache));
      restrict(cache, membership);
      return new SimNode(process, mistake, devices, identity, metrics, cache, membership);
    }

    private NodeDevices devices() {
      SimRuntime runtime = new SimRuntime(simulation, process, options.network().link(), failure);
      SimStore store = new SimStore(storage.disk(), process);
      if (mistake.hasAway(SimPlace.Part.BLOCKS)) {
        store.unmount();
      }
      Runnable kill = () -> owner.kill(process);
      SimLogDevice.View logDevice = storage.logsFor(mistake).of(process, kill);
      return new NodeDevices(
          runtime,
          network.attach(process, this::terms, failure, configured.apply(process.node())),
          new SimDirectory(maps),
          store,
          logDevice,
          log(logDevice),
          storage.registryFor(mistake).of(process, store::hasLostPath, kill));
    }

    private Terms terms() {
      return new Terms(
          process.node(),
          process.incarnation(),
          agreed,
          identity.id(),
          identity.where(),
          identity.formed());
    }

    private NodeLog log(SimLogDevice.View device) {
      boolean wholeChanges = recoveryRules.keepsChangesWhole();
      return options.faults().coreLog() && wholeChanges
          ? new SimCoreLog(
              simulation, process, options.log(), failure, appends, device, owner::redoForgotten)
          : new SimRedoLog(simulation, process, options.log(), failure, appends, wholeChanges);
    }

    private NodeSettings settings(SimStore store) {
      return new NodeSettings(
          "sim",
          new NodeId(process.node()),
          process.incarnation(),
          configured.apply(process.node()),
          store.layout().physicalBytes(),
          Map.of(),
          agreed);
    }

    private CacheFusion cache(NodeSettings settings, NodeDevices devices) {
      return new CacheFusion(
          cacheSettings(),
          new HostNode(
              settings,
              devices.runtime(),
              devices.transport(),
              process.views(),
              failure,
              metrics,
              policy),
          new Persistence(
              devices.store(),
              devices.log(),
              new SimRedoStrategy(simulation, process, options.faults().redoAtOnce()),
              process.clock()),
          rules,
          lockRules);
    }

    private ClusterMembership membership(
        MembershipSettings own, NodeSettings settings, NodeDevices devices, CacheFusion cache) {
      return new ClusterMembership(
          own,
          new OwnNode(
              settings, devices.runtime(), devices.transport(), process.views(), failure, metrics),
          new SharedStorage(devices.registry(), devices.logDevice(), devices.store(), identity),
          new BlockService(
              devices.directory(),
              new ObservedCache(cache, (view, masters) -> owner.installs(process, view, masters)),
              devices.log(),
              process.clock()),
          new TimeoutFailureDetector(new TimeoutSettings(own.heartbeat().multipliedBy(4))),
          RecoveryRedoReader.of(SimNode.deadLogs(process, devices.logDevice())),
          recoveryRules.agreement());
    }

    /** Sets what bounds, rules and interruptions ask for, before the node begins. */
    private void restrict(CacheFusion cache, Optional<ClusterMembership> membership) {
      Bounds bounds = options.bounds();
      if (bounds.limitsReports()) {
        cache.reportInPartsOf(bounds.blocksPerReport());
      }
      if (bounds.limitsNumbers()) {
        membership.ifPresent(own -> own.reserveInStridesOf(bounds.numbersAtOnce()));
      }
      if (!recoveryRules.waitsForNumbers()) {
        process.clock().limit(() -> process.clock().raise(process.clock().current()));
      }
      if (options.actors() > 0) { // a script is a thread
        cache.runOnOneThread(() -> interruptions.onStep(process));
      }
    }
  }
}
