// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.Durability;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.node.SimRuntime;
import io.weft.plugin.sim.time.SimProcess;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** How one actor commits: what it has changed is compared with what its node logs meanwhile. */
final class ActorCommit implements CommitChecks.Committer {
  private final Object actor;
  private final SimNode home;
  private final Change change;
  private final HeldBlocks held;
  private final History history;
  private final CommitChecks commits;
  private final ActorChecks checks;

  /** How many blocks were held when the last commit began, and how many of them were changed. */
  private int count;

  private int changed;

  /** By held block: its index, and its new version; 0 if it was not changed. */
  private int[] blocks = {};

  private long[] versions = {};

  /**
   * Commits one change again and again.
   *
   * @param actor for the text of a violation
   */
  ActorCommit(
      Object actor,
      SimNode home,
      Change change,
      HeldBlocks held,
      History history,
      CommitChecks commits,
      ActorChecks checks) {
    this.actor = actor;
    this.home = home;
    this.change = change;
    this.held = held;
    this.history = history;
    this.commits = commits;
    this.checks = checks;
  }

  /** Remembers what is held; returns how many blocks are changed. */
  int prepare() {
    count = held.count();
    changed = held.changed();
    blocks = new int[count];
    versions = new long[count];
    for (int i = 0; i < count; i++) {
      blocks[i] = held.block(i);
      versions[i] = held.isDeclared(i) ? held.lease(i).version() + 1 : 0;
    }
    checks.commitBegins();
    return changed;
  }

  /**
   * Commits.
   *
   * @param givesUp by the blocking call, whose time runs out
   * @return the stage that ends when the change is durable
   */
  CompletionStage<?> make(boolean givesUp) {
    return watched(givesUp ? this::giveUp : change::commitAsync);
  }

  /** Commits, and does not wait until the change is durable. */
  void makeLazily(Durability durability) {
    watched(
        () -> {
          SimRuntime.givingUp(home.runtime(), () -> change.commit(durability));
          return CompletableFuture.completedFuture(0L);
        });
  }

  private CompletionStage<?> watched(Supplier<CompletionStage<?>> commit) {
    commits.begin(this, changed);
    try {
      return commit.get();
    } catch (WeftException e) {
      checks.commitFailed(actor, e);
      throw e;
    } finally {
      commits.end(this);
    }
  }

  /** What has become of a change whose caller has given up is asked again. */
  private CompletionStage<?> giveUp() {
    try {
      long scn = SimRuntime.givingUp(home.runtime(), () -> change.commit());
      return CompletableFuture.completedFuture(scn);
    } catch (WeftException e) {
      checks.commitFailed(actor, e);
      if (e.code() != CoreErrors.OUTCOME_UNKNOWN && e.code() != CoreErrors.LEASE_TIMEOUT) {
        throw e;
      }
      return change.commitAsync();
    }
  }

  /** What tells an acknowledgement of the present commit, which may come during a later one. */
  Runnable acknowledgement() {
    int[] committed = blocks;
    long[] there = versions;
    return () -> checks.acknowledged(actor, committed, there);
  }

  @Override
  public SimProcess process() {
    return home.process();
  }

  @Override
  public void logged() {
    checks.logged();
  }

  @Override
  public boolean wrote(int block, long version) {
    return held.wrote(count, block, version, history);
  }

  @Override
  public String toString() {
    return actor.toString();
  }
}
