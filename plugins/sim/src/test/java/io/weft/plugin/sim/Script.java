// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.Change;
import io.weft.api.Durability;
import io.weft.api.ExclusiveLease;
import io.weft.api.Reading;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.cachefusion.MasterySettings;
import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.membership.ViewProbe;
import io.weft.plugin.sim.membership.ViewStep;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.Faults;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.Invariant;
import io.weft.spi.directory.RemasterPolicy;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A cluster without users, whose only user is a test. */
final class Script implements AutoCloseable {
  static final long MS = 1_000_000;

  final SimCluster cluster;

  Script(long seed, int nodes, Faults faults) {
    cluster = new SimCluster(SimOptions.scripted(seed, nodes, faults), Rules.STANDARD);
    cluster.form();
    until(() -> cluster.membership().isQuiet() && cluster.membership().members().size() == nodes);
  }

  /** A cluster whose buckets move by themselves. */
  Script(SimOptions options, MasterySettings settings, RemasterPolicy policy) {
    cluster = new SimCluster(options, Rules.STANDARD);
    cluster.moveByThemselves(settings, policy);
    cluster.form();
    int nodes = options.nodes();
    until(() -> cluster.membership().isQuiet() && cluster.membership().members().size() == nodes);
  }

  Script(int nodes) {
    this(1, nodes, Faults.NONE);
  }

  /** A cluster whose nodes agree on views by themselves. */
  static Script ofMembers(long seed, int nodes) {
    return new Script(seed, nodes, Faults.ownMembership());
  }

  void until(BooleanSupplier condition) {
    cluster.explaining(() -> cluster.runUntil(condition));
  }

  void run(long ns) {
    long end = cluster.simulation().now() + ns;
    cluster.simulation().schedule(ns, cluster.simulation().world(), () -> {});
    until(() -> cluster.simulation().now() >= end);
  }

  /** One step; false if the condition of the operation is met already. */
  void steps(int count) {
    cluster.explaining(
        () -> {
          for (int i = 0; i < count; i++) {
            cluster.step();
          }
        });
  }

  SimNode node(int id) {
    return cluster.nodes().node(id);
  }

  int masterOf(int block) {
    return masterOf(0, block);
  }

  /** The master in the view of a node. */
  int masterOf(int node, int block) {
    Blocks blocks = cluster.history().blocks();
    return node(node).masters().orElseThrow().masterOf(blocks.file(block), blocks.number(block));
  }

  /** A block that this node masters. */
  int blockOf(int master) {
    for (int block = 0; block < cluster.history().blocks().count(); block++) {
      if (masterOf(block) == master) {
        return block;
      }
    }
    throw new IllegalStateException("n" + master + " masters nothing");
  }

  /** Begins a change of a block that is acknowledged when it is durable. */
  CompletableFuture<Long> changing(int node, int block) {
    return changing(node, block, true);
  }

  private CompletableFuture<Long> changing(int node, int block, boolean sync) {
    return with(
        node,
        block,
        (home, file, number, acknowledged) -> {
          Change change = home.cache().newChange();
          change
              .exclusiveAsync(file, number)
              .whenComplete(
                  given(acknowledged, lease -> commit(change, lease, block, sync, acknowledged)));
        });
  }

  /** What a script does with a block on a node's own thread. */
  private interface Use {
    void begin(SimNode home, int file, long number, CompletableFuture<Long> done);
  }

  private CompletableFuture<Long> with(int node, int block, Use use) {
    CompletableFuture<Long> done = new CompletableFuture<>();
    SimNode home = node(node);
    Blocks blocks = cluster.history().blocks();
    cluster
        .simulation()
        .schedule(
            0,
            home.process(),
            () -> use.begin(home, blocks.file(block), blocks.number(block), done));
    return done;
  }

  /** Goes on with a lease, or passes on why there is none. */
  private static <L> BiConsumer<L, Throwable> given(
      CompletableFuture<Long> done, Consumer<L> next) {
    return (lease, error) -> {
      if (error != null) {
        done.completeExceptionally(error);
      } else {
        next.accept(lease);
      }
    };
  }

  private void commit(
      Change change,
      ExclusiveLease lease,
      int block,
      boolean sync,
      CompletableFuture<Long> acknowledged) {
    long version = lease.version() + 1;
    MemorySegment content = change.writable(lease, 0, 24);
    content.set(ValueLayout.JAVA_LONG, 0, version);
    content.set(ValueLayout.JAVA_LONG, 8, block + 1);
    content.set(ValueLayout.JAVA_LONG, 16, cluster.simulation().random().nextLong());
    if (!sync) {
      change.commit(Durability.ASYNC);
      acknowledged.complete(version);
      return;
    }
    change
        .commitAsync()
        .whenComplete(
            (scn, error) -> {
              if (error == null) {
                cluster.history().promise(block, version);
                acknowledged.complete(version);
              } else {
                acknowledged.completeExceptionally(error);
              }
            });
  }

  /** Changes a block, durably. */
  long change(int node, int block) {
    CompletableFuture<Long> done = changing(node, block);
    until(done::isDone);
    return done.join();
  }

  /** Changes a block, and does not wait until that is durable. */
  long changeLazily(int node, int block) {
    CompletableFuture<Long> done = changing(node, block, false);
    until(done::isDone);
    return done.join();
  }

  /** A checkpoint of a node, after which its log does not have the redo before it any more. */
  void checkpoint(int node) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    at(
        node,
        () -> {
          long lsn = node(node).log().beginCheckpoint();
          node(node)
              .cache()
              .checkpoint()
              .thenRun(
                  () ->
                      at(
                          node,
                          () -> {
                            node(node).log().endCheckpoint(lsn);
                            done.complete(null);
                          }));
        });
    until(done::isDone);
  }

  /** Makes a node the owner of a block, without a change. */
  void take(int node, int block) {
    CompletableFuture<Long> done =
        with(
            node,
            block,
            (home, file, number, taken) -> {
              Change change = home.cache().newChange();
              change
                  .exclusiveAsync(file, number)
                  .whenComplete(
                      given(
                          taken,
                          lease -> {
                            long version = lease.version();
                            change.close();
                            taken.complete(version);
                          }));
            });
    until(done::isDone);
    done.join();
  }

  CompletableFuture<Long> reading(int node, int block) {
    return with(
        node,
        block,
        (home, file, number, read) -> {
          Reading reading = home.cache().newReading();
          reading
              .sharedAsync(file, number)
              .whenComplete(given(read, lease -> close(reading, lease, block, read)));
        });
  }

  private void close(Reading reading, SharedLease lease, int block, CompletableFuture<Long> read) {
    long version = lease.version();
    boolean latest = cluster.history().isLatest(block, lease.content());
    try {
      reading.close();
      if (!latest) {
        cluster.simulation().violate(Invariant.DATA_VALUE, "a script reads old content");
      }
      read.complete(version);
    } catch (RuntimeException e) {
      read.completeExceptionally(e);
    }
  }

  /** Reads a block, which must be current. */
  long read(int node, int block) {
    CompletableFuture<Long> done = reading(node, block);
    until(done::isDone);
    assertEquals(cluster.history().latest(block), done.join());
    return done.join();
  }

  /** Reads a block, which must end in an error. */
  WeftException refused(int node, int block) {
    CompletableFuture<Long> done = reading(node, block);
    until(done::isDone);
    return (WeftException) done.exceptionNow();
  }

  /** Does something as a step of a node. */
  void at(int id, Runnable step) {
    cluster.simulation().schedule(0, node(id).process(), step);
  }

  /** Calls something asynchronous as a step of a node. What the call throws is its outcome, too. */
  <T> CompletableFuture<T> call(int node, Supplier<? extends CompletionStage<T>> call) {
    CompletableFuture<T> done = new CompletableFuture<>();
    at(
        node,
        () -> {
          try {
            call.get()
                .whenComplete(
                    (result, error) -> {
                      if (error == null) {
                        done.complete(result);
                      } else {
                        done.completeExceptionally(error);
                      }
                    });
          } catch (WeftException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  void kill(int id) {
    node(id).expectStop();
    cluster.lifecycle().kill(node(id), false);
  }

  /**
   * Waits until the living go on without the failed nodes, and all redo of failed nodes is on disk.
   */
  void settle() {
    until(
        () ->
            cluster.membership().isQuiet()
                && cluster.membership().members().equals(cluster.nodes().alive())
                && cluster.nodes().alive().stream().allMatch(node -> node.process().isRunning()));
  }

  void pause(int id) {
    node(id).expectLossOfLease();
    node(id).process().pause();
    cluster.lifecycle().suspect(node(id));
  }

  void resume(int id) {
    cluster.simulation().resume(node(id).process());
  }

  /** Mends everything; every acknowledged change has to be there. */
  void finish() {
    cluster.explaining(cluster::finish);
  }

  void probe(ViewProbe probe) {
    cluster.membership().probe(probe);
  }

  /** Kills a node at the {@code count}-th time that a step is done. */
  void killAt(ViewStep step, int count, int victim) {
    int[] seen = {0};
    probe(
        (done, epoch, at) -> {
          if (done == step && ++seen[0] == count && !node(victim).process().isDead()) {
            cluster.simulation().schedule(0, cluster.simulation().world(), () -> kill(victim));
          }
        });
  }

  Optional<SimNode> dead(int id) {
    return Optional.of(node(id)).filter(node -> node.process().isDead());
  }

  @Override
  public void close() {
    cluster.close();
  }
}
