// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.api.WeftException;
import io.weft.cachefusion.CacheFusion;
import io.weft.plugin.sim.options.Mistake;
import io.weft.plugin.sim.storage.NodeLog;
import io.weft.plugin.sim.storage.SimCoreLog;
import io.weft.plugin.sim.storage.SimDeadRedo;
import io.weft.plugin.sim.storage.SimLogDevice;
import io.weft.plugin.sim.storage.SimRedoLog;
import io.weft.plugin.sim.storage.SimRegistry;
import io.weft.plugin.sim.storage.SimStore;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.recovery.membership.ClusterMembership;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.recovery.replay.RedoIndex;
import io.weft.recovery.replay.SealedLogs;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.membership.StorageCheck;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.transport.Transport;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A node as it runs in one process: the engine as it is, on simulated devices. */
public final class SimNode {
  private static final long LITTLE_MEMORY = 1_000;

  private final SimProcess process;
  private final Mistake mistake;
  private final NodeDevices devices;
  private final StorageIdentity storage;
  private final SimMetrics metrics;
  private final CacheFusion cache;
  private final Optional<ClusterMembership> membership;
  private final SealedLogs deadLogs;
  private Optional<BucketMap> masters = Optional.empty();
  private boolean mayStop;
  private boolean hindered;
  private boolean mayLoseLease;
  private boolean leaving;
  private boolean serves;
  private boolean logOpened;
  private Optional<WeftException> stopReason = Optional.empty();

  /**
   * A node whose parts have been built.
   *
   * @param storage what it has found out about the storage; nothing yet
   * @param membership the engine's own, or none
   */
  SimNode(
      SimProcess process,
      Mistake mistake,
      NodeDevices devices,
      StorageIdentity storage,
      SimMetrics metrics,
      CacheFusion cache,
      Optional<ClusterMembership> membership) {
    this.process = process;
    this.mistake = mistake;
    this.devices = devices;
    this.storage = storage;
    this.metrics = metrics;
    this.cache = cache;
    this.membership = membership;
    this.deadLogs = deadLogs(process, devices.logDevice());
  }

  /** Every second process has so little memory for redo that it reads the logs range by range. */
  static SealedLogs deadLogs(SimProcess process, SimLogDevice.View device) {
    return new SealedLogs(device, process.incarnation() % 2 == 0 ? LITTLE_MEMORY : Long.MAX_VALUE);
  }

  /**
   * Finds out on which storage it works, before it opens anything.
   *
   * @param expected the identity that the configuration demands
   * @param fresh makes one for a new storage
   */
  public void findStorage(Optional<UUID> expected, Supplier<UUID> fresh) {
    List<StoragePlace> places =
        Stream.of(registry().place(), logDevice().place(), store().place())
            .flatMap(Optional::stream)
            .toList();
    new StorageCheck(places, expected, fresh, () -> {}).establish(storage);
  }

  /** What its operator has got wrong. */
  public Mistake mistake() {
    return mistake;
  }

  public SimProcess process() {
    return process;
  }

  public int id() {
    return process.node();
  }

  public SimRuntime runtime() {
    return devices.runtime();
  }

  SimMetrics metrics() {
    return metrics;
  }

  public Transport transport() {
    return devices.transport();
  }

  public SimStore store() {
    return devices.store();
  }

  public SimDirectory directory() {
    return devices.directory();
  }

  public NodeLog log() {
    return devices.log();
  }

  public SimLogDevice.View logDevice() {
    return devices.logDevice();
  }

  /** Makes the log; called when there is a lease. */
  public void openLog() {
    if (!logOpened) {
      logOpened = true;
      log().open();
    }
  }

  /** The redo of failed nodes in their logs; the clock goes beyond it. */
  public RecoveryRedo deadRedo(List<NodeLog> logs, Supplier<OwnBuckets> own) {
    if (log() instanceof SimRedoLog) {
      SimDeadRedo redo = new SimDeadRedo(logs);
      process.clock().observe(redo.newestScn());
      return redo;
    }
    RedoIndex index =
        deadLogs.refresh(
            logs.stream().map(each -> ((SimCoreLog) each).id()).toList(), own.get(), _ -> {});
    process.clock().observe(index.maxScn());
    return index;
  }

  public SimRegistry.View registry() {
    return devices.registry();
  }

  boolean hasMembership() {
    return membership.isPresent();
  }

  public ClusterMembership membership() {
    return membership.orElseThrow();
  }

  public CacheFusion cache() {
    return cache;
  }

  /** The map that the cache has installed last. */
  public Optional<BucketMap> masters() {
    return masters;
  }

  public void masters(BucketMap map) {
    masters = Optional.of(map);
  }

  /** Something was done to it that may make it stop, for whatever reason. */
  public void expectStop() {
    mayStop = true;
  }

  /** It was kept from its lease: it stops for want of it, and of nothing else, or gets over it. */
  public void expectLateLease() {
    hindered = true;
    mayLoseLease = true;
  }

  /** It was kept from its lease for ever. */
  public void expectLossOfLease() {
    expectStop();
    mayLoseLease = true;
  }

  /** Whether something was done to it that it has not got over. */
  public boolean isHarmed() {
    return mayStop || hindered;
  }

  /** Whether all that was done to it may pass. */
  public boolean isHarmless() {
    return hindered && !mayStop;
  }

  /** It has got over what has kept it from its lease. */
  public void forgive() {
    hindered = false;
  }

  /** Whether it may stop for whatever reason. */
  public boolean mayStop() {
    return mayStop;
  }

  /** Whether it was kept from its lease at any time: what it is late with may come later. */
  public boolean mayLoseLease() {
    return mayLoseLease;
  }

  /** It has been in a view. */
  public void serve() {
    serves = true;
  }

  public boolean serves() {
    return serves;
  }

  public boolean isLeaving() {
    return leaving;
  }

  public void leave() {
    leaving = true;
  }

  public Optional<WeftException> stopReason() {
    return stopReason;
  }

  public void stopReason(WeftException reason) {
    if (stopReason.isEmpty()) {
      stopReason = Optional.of(reason);
    }
  }

  @Override
  public String toString() {
    return process.toString();
  }
}
