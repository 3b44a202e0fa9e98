// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.BlockCache;
import io.weft.api.Node;
import io.weft.api.NodeId;
import io.weft.api.ResourceClass;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeSettings;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A node put together from plugins. Thread-safe.
 *
 * <pre>
 *   start: wire the parts, open the storage, listen, wait for all members
 *   close: drain the cache, wait for peers that drain too ({@link Leaving}), master nothing any
 *          more, goodbye, force and close the storage, log, threads, memory
 *   fail:  cache refuses everything (at once, on the reporting thread), transport ends without a
 *          goodbye (on a thread of its own), stopped() completes; close() frees the rest
 * </pre>
 */
public final class AssembledNode implements Node {
  private static final Logger LOG = System.getLogger("io.weft.node");

  private final CoreSettings core;
  private final Failure failure;
  private final Wiring wiring;
  private final Parts parts;
  private final Leaving leaving;
  private final Peers peers;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final Object transportLock = new Object();
  private boolean transportEnded;

  private AssembledNode(CoreSettings core, Failure failure, Wiring wiring, Parts parts) {
    this.core = core;
    this.failure = failure;
    this.wiring = wiring;
    this.parts = parts;
    leaving = new Leaving(parts.settings(), parts.transport(), parts.runtime());
    peers = new Peers(parts.settings(), leaving, parts.cache(), failure);
  }

  /** Builds and starts a node; closes everything again if that fails. */
  static AssembledNode start(CoreSettings core, List<Filled> plugins) {
    Failure failure = new Failure();
    Wiring wiring = new Wiring();
    try {
      Parts parts = wiring.wire(core, failure, plugins);
      AssembledNode node = new AssembledNode(core, failure, wiring, parts);
      node.open();
      return node;
    } catch (RuntimeException | Error e) {
      wiring.close().forEach(e::addSuppressed);
      throw e;
    }
  }

  private void open() {
    failure.onFirst(this::fail);
    parts.store().open();
    parts.transport().start(peers);
    boolean formed = false;
    try {
      formed = await(peers.complete(), core.formTimeout());
    } finally {
      if (!formed) {
        endTransport(false);
      }
    }
    LOG.log(
        Level.INFO,
        () ->
            "%s is ready: cluster %s, %d members, transport %s"
                .formatted(
                    id(),
                    parts.settings().clusterName(),
                    parts.settings().members().size(),
                    parts.transport().name()));
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
  public BlockCache cache() {
    return parts.cache();
  }

  @Override
  public ResourceClass resourceClass(int file) {
    return parts.settings().resourceClasses().getOrDefault(file, ResourceClass.DATA);
  }

  /** What the node has been told about itself and its cluster. */
  public NodeSettings settings() {
    return parts.settings();
  }

  /** The node's counters and recorders. */
  public Metrics metrics() {
    return parts.metrics();
  }

  /** Short name of the transport, for reports. */
  public String transport() {
    return parts.transport().name();
  }

  @Override
  public CompletionStage<Void> stopped() {
    return stopped.minimalCompletionStage();
  }

  // ---- the unplanned end

  /** Runs once, on the thread that reports the failure. */
  private void fail(WeftException reason) {
    parts.cache().fail(reason);
    Thread.ofPlatform()
        .name("weft-" + id() + "-stop")
        .start(
            () -> {
              try {
                endTransport(false);
              } finally {
                stopped.completeExceptionally(reason);
              }
            });
  }

  // ---- the planned end

  /**
   * {@inheritDoc}
   *
   * @throws WeftException {@link AssemblyErrors#DRAIN_FAILED} if the cache could not give up all
   *     its blocks; the node is closed nevertheless
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
    leaving.begin();
    try {
      drain();
      endTransport(true);
      parts.store().force();
    } catch (WeftException e) {
      // If it has not left yet: its peers must not believe that it has given everything up.
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
          id() + " leaves without having written back and given up all of its blocks: " + why,
          e);
    }
    leaving.drained();
    comeToRest(leaving.done());
    comeToRest(parts.cache().leave().toCompletableFuture());
  }

  /**
   * Waits for a step of leaving without which the peers may miss something, but nothing is lost.
   */
  private void comeToRest(CompletableFuture<Void> step) {
    try {
      awaitUninterrupted(step, core.leaveTimeout());
    } catch (TimeoutException | ExecutionException e) {
      LOG.log(Level.WARNING, () -> id() + " leaves although other nodes may still need it");
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
      failure.first().thenAccept(stopped::completeExceptionally);
      stopped.complete(null);
      closed.complete(null);
    }
  }

  /** Ends the transport once; a second caller waits for the first. */
  private void endTransport(boolean planned) {
    synchronized (transportLock) {
      if (transportEnded) {
        return;
      }
      transportEnded = true;
      if (planned) {
        parts.transport().close();
      } else {
        parts.transport().abort();
      }
    }
  }

  // ---- waiting

  /** Waits for members while the node starts. */
  private boolean await(CompletableFuture<?> event, Duration limit) {
    try {
      awaitUninterrupted(event, limit);
      return true;
    } catch (TimeoutException e) {
      throw new WeftException(
          AssemblyErrors.FORM_TIMEOUT,
          id()
              + " has waited "
              + limit.toSeconds()
              + " s (weft.form-timeout) for "
              + peers.missing()
              + ". Start the missing nodes, and check their addresses in weft.members.",
          e);
    } catch (ExecutionException e) {
      throw failure.first().getNow(new WeftException(AssemblyErrors.START_FAILED, e.toString(), e));
    }
  }

  /** Waits for an event, for a failure of the node, or for the limit. */
  private void awaitUninterrupted(CompletableFuture<?> event, Duration limit)
      throws TimeoutException, ExecutionException {
    CompletableFuture<Object> either = new CompletableFuture<>();
    event.whenComplete(
        (_, error) -> {
          if (error == null) {
            either.complete(event);
          } else {
            either.completeExceptionally(error);
          }
        });
    failure.first().thenAccept(either::completeExceptionally);
    boolean interrupted = false;
    long end = parts.runtime().nanoTime() + limit.toNanos();
    try {
      while (true) {
        try {
          either.get(end - parts.runtime().nanoTime(), TimeUnit.NANOSECONDS);
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
