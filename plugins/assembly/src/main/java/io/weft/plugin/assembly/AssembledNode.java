// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.BlockCache;
import io.weft.api.ClusterState;
import io.weft.api.Locks;
import io.weft.api.Mastery;
import io.weft.api.Member;
import io.weft.api.Members;
import io.weft.api.Node;
import io.weft.api.NodeId;
import io.weft.api.NodeState;
import io.weft.api.RecoveryProgress;
import io.weft.api.ResourceClass;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.faults.MachineFaults;
import io.weft.spi.membership.StorageCheck;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StoragePlace;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A node assembled from plugins. Thread-safe.
 *
 * <pre>
 *   start: wire the parts, open storage and registry, listen, create the redo log, become a member
 *   close: drain the cache, force the storage, delete the redo log that is not needed any more,
 *          wait for a view without this node, send goodbyes, free the rest
 *   fail:  end the lease and the cache (at once, on the reporting thread), membership and transport
 *          without a goodbye (on a thread of its own), stopped() completes; close() frees the rest
 * </pre>
 *
 * <p>Long because start, planned stop and unplanned stop undo each other's steps, and their orders
 * have to be read together.
 */
public final class AssembledNode implements Node {
  private static final Logger LOG = System.getLogger("io.weft.node");

  /** Pause before stopping the cache is tried again after it failed for lack of memory: 50 ms. */
  private static final long FAIL_AGAIN_NS = 50_000_000;

  /** Interval at which a wait checks for progress: 100 ms. */
  private static final long LOOK_NS = 100_000_000;

  /** Interval between two checks of a storage that does not seem to be the right one: 250 ms. */
  private static final long LOOK_AGAIN_NS = 250_000_000;

  private final CoreSettings core;
  private final FirstFailure failure;
  private final PluginCalls calls;
  private final Wiring wiring;
  private final Parts parts;
  private final AtomicBoolean closing = new AtomicBoolean();

  /** Whether the node has joined, or its start has been given up. */
  private final AtomicBoolean settled = new AtomicBoolean();

  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Object transportLock = new Object();
  private boolean transportEnded;

  private AssembledNode(
      CoreSettings core, FirstFailure failure, PluginCalls calls, Wiring wiring, Parts parts) {
    this.core = core;
    this.failure = failure;
    this.calls = calls;
    this.wiring = wiring;
    this.parts = parts;
  }

  /**
   * Builds and starts a node. Closes everything again if that fails, or if the start is given up
   * before the node is a member.
   */
  static AssembledNode start(CoreSettings core, List<Filled> plugins, CompletionStage<?> giveUp) {
    FirstFailure failure = new FirstFailure();
    PluginCalls calls = new PluginCalls();
    calls.start();
    Wiring wiring = new Wiring(calls, Wiring.CLOSE_LIMIT);
    Optional<AssembledNode> made = Optional.empty();
    try {
      Parts parts = wiring.wire(core, failure, plugins);
      calls.countIn(parts.metrics());
      AssembledNode node = new AssembledNode(core, failure, calls, wiring, parts);
      made = Optional.of(node);
      giveUp.thenRun(node::giveUp);
      node.open();
      return node;
    } catch (RuntimeException | Error e) {
      made.ifPresent(node -> node.over.countDown());
      wiring.close().forEach(e::addSuppressed);
      calls.close();
      throw e;
    }
  }

  /** Determines the storage on which this node works. */
  private void findStorage() {
    Optional<StoragePlace> store = parts.store().place();
    if (store.isPresent() && !store.get().outlivesProcess()) {
      UUID identity = store.get().identity().orElseThrow();
      parts.storage().establish(identity, store.get().where(), false);
      return;
    }
    List<StoragePlace> places = new ArrayList<>();
    parts.registry().place().ifPresent(places::add);
    parts.logDevice().place().ifPresent(places::add);
    store.ifPresent(places::add);
    if (!places.isEmpty()) {
      new StorageCheck(
              places,
              core.expectedStorage(),
              UUID::randomUUID,
              () -> LockSupport.parkNanos(LOOK_AGAIN_NS))
          .establish(parts.storage());
    }
  }

  private void open() {
    failure.onFirst(this::fail);
    failure.onFirst(_ -> over.countDown());
    // Started now: when the node fails there may be no memory for a thread.
    Thread.ofPlatform().name("weft-" + id() + "-stop").daemon().start(this::awaitFailure);
    findStorage();
    parts.store().open();
    parts.registry().open();
    parts.logDevice().open();
    parts.transport().start(parts.membership());
    boolean joined = false;
    try {
      parts.redoLog().open();
      join();
      joined = true;
    } finally {
      if (!joined) {
        endTransport(false);
      }
    }
    LOG.log(
        Level.INFO,
        () ->
            String.format(
                Locale.ROOT,
                "%s is ready: cluster %s, %d members, transport %s",
                id(),
                parts.settings().clusterName(),
                view().members().size(),
                parts.transport().name()));
  }

  /** Ends a start that still waits for other nodes; otherwise has no effect. */
  private void giveUp() {
    if (settled.compareAndSet(false, true)) {
      failure.stop(
          new WeftException(
              AssemblyErrors.START_INTERRUPTED,
              "the start of "
                  + id()
                  + " was given up before it was a member, because its process was asked to end;"
                  + " nothing is left open"));
    }
  }

  @Override
  public NodeId id() {
    return parts.settings().nodeId();
  }

  @Override
  public View view() {
    return parts.views().current();
  }

  @Override
  public ClusterState clusterState() {
    if (stopped.isDone()) {
      return ClusterState.STOPPED;
    }
    return closing.get() ? ClusterState.SHUTTING_DOWN : parts.membership().clusterState();
  }

  @Override
  public NodeState stateOf(NodeId node) {
    return parts.membership().stateOf(node);
  }

  @Override
  public Optional<RecoveryProgress> recovery() {
    return parts.membership().recovery();
  }

  @Override
  public BlockCache cache() {
    return parts.cache();
  }

  @Override
  public Locks locks() {
    return parts.cache().locks();
  }

  @Override
  public Mastery mastery() {
    return parts.cache().mastery();
  }

  @Override
  public Members members() {
    return new NodeMembers(parts, parts.settings().members());
  }

  @Override
  public ResourceClass resourceClass(int file) {
    return parts.settings().resourceClasses().getOrDefault(file, ResourceClass.DATA);
  }

  /** The settings of the node and its cluster. */
  public NodeSettings settings() {
    return parts.settings();
  }

  /** The node's counters and recorders. */
  public Metrics metrics() {
    return parts.metrics();
  }

  /** The current master map, for reports and measurements. */
  public BucketMap masters() {
    return parts.directory();
  }

  /** Injects faults of storage and clocks, if the configuration has chosen that plugin. */
  public Optional<MachineFaults> faults() {
    return parts.faults();
  }

  /** Short name of the transport, for reports. */
  public String transport() {
    return parts.transport().name();
  }

  @Override
  public CompletionStage<Void> stopped() {
    return stopped.minimalCompletionStage();
  }

  // ---- unplanned stop

  /** Runs on the thread that reports the failure; the stopping thread repeats steps that failed. */
  private void fail(WeftException reason) {
    parts.views().revokeLease();
    parts.cache().fail(reason);
  }

  /** The body of the stopping thread: runs until the node has stopped. */
  private void awaitFailure() {
    try {
      over.await();
    } catch (InterruptedException _) {
      return; // no code interrupts this thread
    }
    if (failure.first().isDone()) {
      WeftException reason = failure.first().join();
      try {
        while (!hasFailed(reason)) {
          LockSupport.parkNanos(this, FAIL_AGAIN_NS);
        }
        endTransport(false);
      } finally {
        stopped.completeExceptionally(reason);
      }
    }
  }

  private boolean hasFailed(WeftException reason) {
    try {
      fail(reason);
      return true;
    } catch (OutOfMemoryError _) {
      return false;
    }
  }

  // ---- planned stop

  /**
   * {@inheritDoc}
   *
   * @throws WeftException {@link AssemblyErrors#DRAIN_FAILED} if the cache could not release all
   *     its blocks; the node is closed nevertheless, and the other nodes recover from its redo
   */
  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      closed.join();
      return;
    }
    try {
      boolean planned = !failure.first().isDone();
      if (planned) {
        leave();
      }
    } finally {
      free();
    }
  }

  private void leave() {
    try {
      drain();
      forgetRedo();
      leaveView();
      endTransport(true);
    } catch (WeftException e) {
      // If it has not left yet: its peers must not assume that it has released all blocks.
      endTransport(false);
      stopped.completeExceptionally(e);
      throw e;
    }
  }

  private void drain() {
    Duration limit = core.drainTimeout();
    try {
      awaitUninterrupted(parts.cache().drain().toCompletableFuture(), limit);
    } catch (TimeoutException | ExecutionException e) {
      String why =
          e instanceof TimeoutException
              ? "it took longer than weft.drain-timeout = " + limit.toSeconds() + " s"
              : String.valueOf(e.getCause());
      throw new WeftException(
          AssemblyErrors.DRAIN_FAILED,
          id() + " leaves without having written back and released all of its blocks: " + why,
          e);
    }
  }

  /**
   * Closes the redo log while the membership lease is valid; without a lease the log would not be
   * deleted.
   */
  private void forgetRedo() {
    Duration limit = core.drainTimeout();
    try {
      Bounded.run("weft-" + id() + "-close", limit, this::endRedo);
    } catch (WeftException e) {
      throw e;
    } catch (Exception e) {
      String why =
          e instanceof TimeoutException
              ? "its storage has not answered within weft.drain-timeout = "
                  + limit.toSeconds()
                  + " s; "
                  + String.join("; ", calls.hanging())
              : String.valueOf(e);
      throw new WeftException(
          AssemblyErrors.DRAIN_FAILED,
          id() + " does not delete its redo log, from which the other nodes recover: " + why,
          e);
    }
  }

  private void endRedo() {
    long end = parts.redoLog().beginCheckpoint();
    parts.store().force();
    parts.redoLog().endCheckpoint(end);
    parts.redoLog().close();
  }

  private void leaveView() {
    try {
      awaitUninterrupted(parts.membership().leave().toCompletableFuture(), core.leaveTimeout());
    } catch (TimeoutException | ExecutionException e) {
      // It holds no block any more, so nothing is lost: the other nodes evict it.
      LOG.log(
          Level.WARNING,
          () ->
              id()
                  + " leaves before the other nodes have agreed on a view without it: "
                  + (e instanceof TimeoutException
                      ? "that took longer than weft.leave-timeout"
                      : e.getCause()));
    }
  }

  private void free() {
    try {
      if (failure.first().isDone()) {
        endTransport(false);
      }
      for (Exception e : wiring.close()) {
        LOG.log(Level.WARNING, () -> id() + ": a part could not be closed", e);
      }
    } finally {
      calls.close();
      over.countDown();
      failure.first().thenAccept(stopped::completeExceptionally);
      stopped.complete(null);
      closed.complete(null);
    }
  }

  /** Stops membership and transport once; a second caller waits for the first. */
  private void endTransport(boolean planned) {
    synchronized (transportLock) {
      if (transportEnded) {
        return;
      }
      transportEnded = true;
      parts.membership().close();
      if (planned) {
        parts.transport().close();
      } else {
        parts.transport().abort();
      }
    }
  }

  // ---- waiting

  /** Becomes a member while the node starts. */
  private void join() {
    Duration limit = core.formTimeout();
    try {
      awaitUninterrupted(
          parts.membership().join().toCompletableFuture(), limit, this::recoveryProgress);
      if (!settled.compareAndSet(false, true)) {
        throw failure.first().join();
      }
    } catch (TimeoutException e) {
      throw new WeftException(
          AssemblyErrors.FORM_TIMEOUT,
          id()
              + " has waited "
              + limit.toSeconds()
              + " s (weft.form-timeout) to become a member of cluster "
              + parts.settings().clusterName()
              + waitedFor(),
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WeftException known) {
        throw known;
      }
      throw new WeftException(
          AssemblyErrors.START_FAILED, "the node could not join: " + e.getCause(), e);
    }
  }

  /** The calls that hang, if there are any, as the reason. */
  private String waitedFor() {
    List<String> hanging = calls.hanging();
    return hanging.isEmpty()
        ? unreached()
            + obstacles()
            + joining()
            + ". Start the missing nodes, and check their addresses: in weft.members, and after the"
            + " first view with `weft member list`."
        : "; " + String.join("; ", hanging) + ". Check what it works on, or its plugin.";
  }

  /**
   * A value that changes while the recovery that this node waits for makes progress, here or on
   * other nodes.
   */
  private Object recoveryProgress() {
    return List.of(
        parts.membership().joining().advances(),
        parts
            .membership()
            .recovery()
            .map(at -> List.of(at.redoRecords(), at.blocksReported(), at.blocksRecovered())));
  }

  /** The obstacles that the transport reports; a refusal names what differs. */
  private String obstacles() {
    List<String> obstacles = parts.transport().obstacles();
    return obstacles.isEmpty() ? "" : ": " + String.join("; ", obstacles);
  }

  /** The reason that the membership reports. */
  private String joining() {
    String what = parts.membership().joining().waitsFor();
    return what.isEmpty() ? "" : "; it has waited for " + what;
  }

  private String unreached() {
    List<Member> down =
        parts.membership().members().list().members().stream()
            .filter(member -> !member.id().equals(id()))
            .filter(member -> parts.membership().stateOf(member.id()) == NodeState.DOWN)
            .toList();
    return down.isEmpty() ? "" : " and has not reached " + down;
  }

  /** Waits for an event, for a failure of the node, or for the limit. */
  private void awaitUninterrupted(CompletableFuture<?> event, Duration limit)
      throws TimeoutException, ExecutionException {
    awaitUninterrupted(event, limit, () -> "");
  }

  /** As above; the limit starts again whenever {@code progress} changes. */
  private void awaitUninterrupted(
      CompletableFuture<?> event, Duration limit, Supplier<Object> progress)
      throws TimeoutException, ExecutionException {
    CompletableFuture<Object> either = new CompletableFuture<>();
    event.whenComplete(
        (_, error) -> {
          if (error == null) {
            either.complete(event);
          } else {
            boolean wrapped = error instanceof CompletionException && error.getCause() != null;
            either.completeExceptionally(wrapped ? error.getCause() : error);
          }
        });
    failure.first().thenAccept(either::completeExceptionally);
    boolean interrupted = false;
    long end = parts.runtime().nanoTime() + limit.toNanos();
    Object reached = progress.get();
    try {
      while (true) {
        long left = end - parts.runtime().nanoTime();
        try {
          either.get(Math.min(left, LOOK_NS), TimeUnit.NANOSECONDS);
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          Object now = progress.get();
          if (!now.equals(reached)) {
            reached = now;
            end = parts.runtime().nanoTime() + limit.toNanos();
          } else if (left <= 0) {
            throw e;
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
