// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockName;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.SerialExecutor;
import io.weft.cachefusion.spec.LockRules;
import io.weft.spi.directory.BucketMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Brings the locks of this node into a view.
 *
 * <pre>
 *   install         --> all shards installed
 *   a lock is asked for whose bucket this node has not rebuilt --> Inquiry to every member
 *   nodes outside have stopped                                 --> shards repair what they kept
 *   all Reports here, nodes outside have stopped               --> shards rebuild and serve
 * </pre>
 *
 * <p>Members are asked only when a lock is needed: a cluster without locks sends nothing. Events
 * run on a serial executor of this object.
 */
final class LockRebuild {
  private final NodeServices node;
  private final LockRules rules;
  private final LockSending sending;
  private final LockShards shards;
  private final SerialExecutor executor;

  /** Messages that wait for the installation of their view: one inquiry of each member. */
  private final List<Early> early = new ArrayList<>();

  private Round round;

  /** Why the node stops; empty while it runs. */
  private Optional<WeftException> stopped = Optional.empty();

  /** One view. */
  private static final class Round {
    final long epoch;
    final NodeSet members;

    /** Whether all locks that this node mastered in the view before were served, and are kept. */
    boolean follows;

    final CompletableFuture<Void> installed = new CompletableFuture<>();

    /** What has been reported so far, for each shard. */
    final List<LockReports> reports = new ArrayList<>();

    /** Parts that are missing, for each member; absent until its first part is here. */
    final Map<Integer, Integer> partsLeft = new HashMap<>();

    int shardsLeft;
    int reportsLeft;
    boolean isInstalled;
    boolean isAsked;
    boolean leasesOver;
    boolean isRebuilt;

    Round(long epoch, NodeSet members, boolean follows, int shards) {
      this.epoch = epoch;
      this.members = members;
      this.follows = follows;
      this.shardsLeft = shards;
      this.reportsLeft = members.size();
      for (int i = 0; i < shards; i++) {
        reports.add(new LockReports());
      }
    }

    LockReports reports(LockShards shards, LockName name) {
      return reports.get(shards.indexOf(name));
    }
  }

  private record Early(int from, long epoch, LockMessage message) {}

  LockRebuild(NodeServices node, LockRules rules, LockSending sending, LockShards shards) {
    this.node = node;
    this.rules = rules;
    this.sending = sending;
    this.shards = shards;
    this.executor =
        new SerialExecutor(node.runtime(), node.bursts(), () -> {}, node.run()::onFailure);
  }

  // ---- events, from any thread ---------------------------------------------------------------

  /**
   * Installs a view; the stage completes when all shards have it.
   *
   * @param members ids of all members
   * @param insiders those that were members of the view before in the same incarnation
   */
  CompletionStage<Void> install(long epoch, NodeSet members, NodeSet insiders, BucketMap masters) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    executor.execute(
        () -> {
          if (stopped.isPresent()) {
            done.completeExceptionally(stopped.get());
            return;
          }
          boolean follows =
              round != null && round.isRebuilt && rules.nothingSkipped(round.epoch, epoch);
          Round next = new Round(epoch, members, follows, shards.count());
          next.installed.whenComplete(
              (_, thrown) -> {
                if (thrown == null) {
                  done.complete(null);
                } else {
                  done.completeExceptionally(thrown);
                }
              });
          round = next;
          for (LockShard shard : shards) {
            shard.install(
                epoch,
                masters,
                insiders::contains,
                keepsAll -> executor.execute(() -> onShardInstalled(next, keepsAll)));
          }
        });
    return done;
  }

  /** All nodes outside the view of {@code epoch} have certainly stopped. */
  void leasesOver(long epoch) {
    executor.execute(
        () -> {
          if (round != null && round.epoch == epoch) {
            round.leasesOver = true;
            for (LockShard shard : shards) {
              shard.repair(epoch);
            }
            rebuildIfReady();
          }
        });
  }

  /** A shard needs a bucket that is not rebuilt. */
  void want(long epoch) {
    executor.execute(
        () -> {
          if (round != null && round.epoch == epoch && !round.isAsked) {
            round.isAsked = true;
            askIfInstalled();
          }
        });
  }

  /** A message of a view change has arrived, from another node or from this one. */
  void receive(int from, long epoch, LockMessage message) {
    executor.execute(() -> onMessage(from, epoch, message));
  }

  void fail(WeftException reason) {
    executor.execute(
        () -> {
          stopped = Optional.of(reason);
          if (round != null) {
            round.installed.completeExceptionally(reason);
            round = null;
          }
          early.clear();
        });
  }

  void look() {
    executor.look();
  }

  // ---- handling, on the executor -------------------------------------------------------------

  private void onShardInstalled(Round of, boolean keepsAll) {
    of.follows &= keepsAll;
    if (of != round || --of.shardsLeft > 0) {
      return;
    }
    of.isInstalled = true;
    of.installed.complete(null);
    askIfInstalled();
    List<Early> now = List.copyOf(early);
    early.clear();
    now.forEach(each -> onMessage(each.from, each.epoch, each.message));
  }

  private void askIfInstalled() {
    if (round.isAsked && round.isInstalled) {
      LockMessage.Inquiry inquiry = new LockMessage.Inquiry(round.follows);
      long epoch = round.epoch;
      round.members.forEach(member -> send(member, epoch, inquiry));
    }
  }

  private void send(int to, long epoch, LockMessage message) {
    if (to == node.self()) {
      receive(to, epoch, message);
    } else {
      sending.send(to, epoch, message);
    }
  }

  private void onMessage(int from, long epoch, LockMessage message) {
    if (node.run().isStopped()) {
      return;
    }
    if (round == null || epoch > round.epoch || epoch == round.epoch && !round.isInstalled) {
      early.add(new Early(from, epoch, message));
    } else if (epoch == round.epoch) {
      switch (message) {
        case LockMessage.Inquiry m -> onInquiry(from, epoch, m);
        case LockMessage.Report m -> onReport(from, m);
        default -> throw new IllegalStateException("not of a view change: " + message);
      }
    }
  }

  private void onInquiry(int from, long epoch, LockMessage.Inquiry inquiry) {
    List<LockMessage.Held> held = new ArrayList<>();
    List<LockMessage.Known> known = new ArrayList<>();
    int[] left = {shards.count()};
    for (LockShard shard : shards) {
      shard.report(
          from,
          inquiry.keeps(),
          epoch,
          part ->
              executor.execute(
                  () -> {
                    held.addAll(part.held());
                    known.addAll(part.known());
                    if (--left[0] == 0) {
                      LockCodec.parts(held, known).forEach(report -> send(from, epoch, report));
                    }
                  }));
    }
  }

  private void onReport(int from, LockMessage.Report report) {
    int left = round.partsLeft.getOrDefault(from, report.parts()) - 1;
    round.partsLeft.put(from, left);
    report.held().forEach(held -> round.reports(shards, held.name()).add(from, held));
    report.known().forEach(known -> round.reports(shards, known.name()).add(known));
    if (left == 0) {
      round.reportsLeft--;
      rebuildIfReady();
    }
  }

  private void rebuildIfReady() {
    if (round.isRebuilt
        || !round.isAsked
        || !rules.allReported(round.reportsLeft)
        || !rules.leasesOver(round.leasesOver)) {
      return;
    }
    round.isRebuilt = true;
    for (int i = 0; i < shards.count(); i++) {
      shards.at(i).rebuild(round.epoch, round.reports.get(i));
    }
    round.reports.clear();
  }
}
