// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.api.Access;
import io.weft.api.Category;
import io.weft.api.CoreErrors;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.history.Holders;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.storage.SimDisk;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.plugin.sim.time.Violation;
import io.weft.spi.store.StoreErrors;
import java.util.concurrent.CompletionException;

/**
 * Compares what the engine shows and tells to one actor with the {@link History} and with what the
 * other actors hold. The first parameter of a check is the actor, for the text of a violation.
 */
final class ActorChecks {
  private static final int MOST_SEEN = 64;

  private final Simulation simulation;
  private final SimOptions options;
  private final History history;
  private final Holders holders;
  private final SimDisk disk;
  private final SimNode home;
  private final SimProcess node;

  /** What the present strict scope has shown. */
  private final int[] seenBlocks = new int[MOST_SEEN];

  private final long[] seenVersions = new long[MOST_SEEN];
  private int seen;
  private boolean strict;

  /** Whether all that was looked at counts if the scope closes well. */
  private boolean trusted;

  /** Whether the present change is in the log, and so in force. */
  private boolean tookEffect;

  ActorChecks(
      Simulation simulation,
      SimOptions options,
      History history,
      Holders holders,
      SimDisk disk,
      SimNode home) {
    this.simulation = simulation;
    this.options = options;
    this.history = history;
    this.holders = holders;
    this.disk = disk;
    this.home = home;
    this.node = home.process();
  }

  /** A scope begins. */
  void scopeBegins(boolean isStrict) {
    strict = isStrict;
    trusted = true;
    seen = 0;
  }

  /** The actor has got the lease that it holds last. */
  void leased(Object actor, HeldBlocks held) {
    int last = held.count() - 1;
    int block = held.block(last);
    SharedLease lease = held.lease(last);
    holders.enter(block, node, held.isExclusive(last));
    shows(actor, held, last);
    if (strict) {
      seenBlocks[seen] = block;
      seenVersions[seen++] = lease.version();
    }
    if (!lease.mode().permits(held.isExclusive(last) ? Access.EXCLUSIVE : Access.SHARED)) {
      simulation.violate(
          Invariant.SWMR, actor + " gets a lease in mode " + lease.mode() + " on its last block");
    }
    if (strict && node.isLeased() && !history.isDurable(block, lease.version())) {
      simulation.violate(
          Invariant.STRICT_READ,
          actor + " is shown version " + lease.version() + " of " + history.describe(block));
    }
  }

  /** What the lease shows is the latest version; while it is held no other actor changes that. */
  void shows(Object actor, HeldBlocks held, int index) {
    int block = held.block(index);
    SharedLease lease = held.lease(index);
    boolean declared = held.isDeclared(index);
    if (!node.isLeased()) {
      // others may go on without this node, but if they do, closing must fail (S7)
      trusted &=
          lease.version() == history.latest(block)
              && (declared || history.isLatest(block, lease.content()));
      return;
    }
    if (lease.version() != history.latest(block)) {
      simulation.violate(
          Invariant.DATA_VALUE,
          actor + " is shown version " + lease.version() + " of " + history.describe(block));
    } else if (!declared && !history.isLatest(block, lease.content())) {
      simulation.violate(
          Invariant.DATA_VALUE,
          actor
              + " is shown other content of version "
              + lease.version()
              + " of "
              + history.describe(block));
    }
  }

  /** One lease is given back. */
  void left(HeldBlocks held, int index) {
    int block = held.block(index);
    simulation.record(Trace.What.CLOSED, node, block, held.lease(index).version());
    holders.leave(block, node, held.isExclusive(index));
  }

  /** All leases are given back. */
  void leftAll(HeldBlocks held) {
    for (int i = 0; i < held.count(); i++) {
      left(held, i);
    }
    held.clear();
  }

  /** A reading has closed well: what it has shown counts, and stays (S6). */
  void readingClosed(Object actor) {
    if (!trusted || !node.isLeased()) {
      simulation.violate(
          Invariant.STRICT_READ, actor + " may believe what it read without a lease");
    }
    for (int i = 0; i < seen; i++) {
      history.promise(seenBlocks[i], seenVersions[i]);
    }
    seen = 0;
  }

  /** A commit begins. */
  void commitBegins() {
    tookEffect = false;
  }

  /** The present change is in the log, and so in force. */
  void logged() {
    tookEffect = true;
  }

  /** A retryable error says that the change had no effect. */
  void commitFailed(Object actor, WeftException error) {
    if (tookEffect && error.code().category() == Category.RETRYABLE) {
      simulation.violate(
          new Violation(
              Invariant.ATOMIC_CHANGE,
              actor + " has a change in force and is told that it had no effect: " + error,
              error));
    }
  }

  /**
   * A commit is acknowledged as durable.
   *
   * @param versions by block: the new version, 0 if it was not changed
   */
  void acknowledged(Object actor, int[] blocks, long[] versions) {
    for (int i = 0; i < blocks.length; i++) {
      if (versions[i] > 0) {
        history.promise(blocks[i], versions[i]);
      }
      if (versions[i] > 0 && !history.isDurable(blocks[i], versions[i])) {
        simulation.violate(
            Invariant.STRICT_READ,
            actor
                + " has a commit acknowledged that is not durable: version "
                + versions[i]
                + " of "
                + history.describe(blocks[i]));
      }
    }
  }

  /** What a call has ended with. */
  static Throwable causeOf(Throwable thrown) {
    return thrown instanceof CompletionException && thrown.getCause() != null
        ? thrown.getCause()
        : thrown;
  }

  /** A call that has no reason to give up must not have done so. */
  void waitedLongEnough(Object actor, Throwable error) {
    if (error instanceof WeftException weft && weft.code() == CoreErrors.LEASE_TIMEOUT) {
      simulation.violate(
          new Violation(Invariant.GRANTED, actor + " timed out before its time: " + error, error));
    }
  }

  /**
   * Whether a call may end with this error.
   *
   * @param sinceNs when the call began
   * @param held blocks that the scope holds
   */
  boolean mayHappen(WeftException error, long sinceNs, int held) {
    boolean lapsed = !node.isLeased() || node.wasWithoutLeaseSince(sinceNs);
    boolean away = lapsed || home.stopReason().isPresent();
    if (error.code() == CoreErrors.NODE_LEASE_OVER) {
      return away;
    }
    return error.code().category() == Category.RETRYABLE
        || error.code() == StoreErrors.QUARANTINED && disk.hasBeenInDoubt()
        || error.code() == CoreErrors.NODE_CLOSED && home.isLeaving()
        || error.code() == CoreErrors.SCOPE_FULL && held >= options.frames() / options.shards()
        || error.code().category() == Category.FATAL && away
        || error.code() == CoreErrors.OUTCOME_UNKNOWN && away
        || error.code() == CoreErrors.NODE_CLOSED && away;
  }
}
