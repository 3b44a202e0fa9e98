// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * The master's side: who holds the blocks of this shard that this node masters, and one transaction
 * for each block at a time. Handlers carry the names of the specification's actions.
 *
 * <p>A block without an entry is held by nobody and current on disk.
 */
final class Directory {
  private static final int NOBODY = -1;

  private final int self;
  private final Rules rules;
  private final Effects effects;
  private final Map<BlockId, Entry> entries = new HashMap<>();

  private int underWay;
  private boolean leaving;

  /** Counts the shard's transactions; a stamp therefore never comes twice for a block. */
  private int stamps;

  Directory(int self, Rules rules, Effects effects) {
    this.self = self;
    this.rules = rules;
    this.effects = effects;
  }

  /** A request: start its transaction, queue it, or refuse the prefetch. */
  void recvRequest(int from, CacheFusionMessage.Request request) {
    if (leaving) {
      effects.send(from, new CacheFusionMessage.MasterLeaving(request.block()));
      return;
    }
    Entry entry = entries.computeIfAbsent(request.block(), Entry::new);
    boolean idle = rules.idle(entry.transaction != null);
    if (request.prefetch() && !(idle && entry.owner == NOBODY)) {
      effects.send(from, new CacheFusionMessage.Refused(request.block()));
      return;
    }
    Queued queued = new Queued(from, request.access(), request.ticket());
    if (idle) {
      begin(entry, queued);
    } else {
      entry.queue.add(queued);
    }
  }

  private void begin(Entry entry, Queued next) {
    entry.stamp = ++stamps;
    underWay++;
    int requester = next.node();
    boolean exclusive = next.access() == Access.EXCLUSIVE;
    if (entry.owner != NOBODY) {
      forward(entry, next, entry.owner, 0);
    } else if (entry.sharers == 0) {
      entry.transaction = new Transaction(requester, next.access(), NOBODY);
      grant(entry, requester, true, 0);
    } else if (!exclusive) {
      forward(entry, next, source(entry), 0);
    } else if ((entry.sharers & bit(requester)) != 0) {
      long others = rules.others(entry.sharers, requester, requester);
      entry.transaction = new Transaction(requester, next.access(), NOBODY);
      grant(entry, requester, false, others);
      invalidate(entry, requester, others);
    } else {
      int source = source(entry);
      long others = rules.others(entry.sharers, requester, source);
      forward(entry, next, source, others);
      invalidate(entry, requester, others);
    }
  }

  /** Any sharer may ship. This node saves a hop; else the load goes round. */
  private int source(Entry entry) {
    if ((entry.sharers & bit(self)) != 0) {
      return self;
    }
    long later = entry.sharers & (-1L << (entry.stamp & 63));
    return Long.numberOfTrailingZeros(later != 0 ? later : entry.sharers);
  }

  private void forward(Entry entry, Queued next, int source, long invalidated) {
    entry.transaction = new Transaction(next.node(), next.access(), source);
    effects.send(
        source,
        new CacheFusionMessage.Forward(
            entry.block, entry.stamp, next.access(), next.node(), next.ticket(), invalidated));
  }

  private void grant(Entry entry, int requester, boolean fromDisk, long invalidated) {
    effects.send(
        requester, new CacheFusionMessage.Grant(entry.block, entry.stamp, fromDisk, invalidated));
  }

  private void invalidate(Entry entry, int requester, long nodes) {
    for (long rest = nodes; rest != 0; rest &= rest - 1) {
      effects.send(
          Long.numberOfTrailingZeros(rest),
          new CacheFusionMessage.Invalidate(entry.block, entry.stamp, requester));
    }
  }

  /** The requester holds the block, or could not read it: close the transaction, start the next. */
  void recvDone(int from, CacheFusionMessage.Done done) {
    Entry entry = entries.get(done.block());
    if (entry == null
        || entry.transaction == null
        || entry.transaction.requester() != from
        || entry.stamp != done.stamp()) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, done + " from n" + from + " fits no transaction: " + entry);
    }
    if (!done.failed()) {
      register(entry, entry.transaction);
    }
    entry.transaction = null;
    underWay--;
    long parked = entry.parkedReleases;
    entry.parkedReleases = 0;
    for (long rest = parked; rest != 0; rest &= rest - 1) {
      answerRelease(entry, Long.numberOfTrailingZeros(rest));
    }
    if (!entry.queue.isEmpty()) {
      begin(entry, entry.queue.poll());
    }
    forgetIfUnused(entry);
  }

  private void register(Entry entry, Transaction transaction) {
    if (transaction.access() == Access.EXCLUSIVE) {
      entry.owner = transaction.requester();
      entry.sharers = 0;
    } else {
      entry.sharers |= bit(transaction.requester());
      if (entry.owner != NOBODY) {
        entry.sharers |= bit(entry.owner);
        entry.owner = NOBODY;
      }
    }
  }

  /**
   * Begins no transaction any more: whoever waits or comes is told so. When those under way are
   * done, nothing is on its way for a block of this directory, and the node may go.
   */
  void leave() {
    leaving = true;
    for (Entry entry : entries.values()) {
      for (Queued queued : entry.queue) {
        effects.send(queued.node(), new CacheFusionMessage.MasterLeaving(entry.block));
      }
      entry.queue.clear();
    }
  }

  /** Whether no transaction is under way. */
  boolean isQuiet() {
    return underWay == 0;
  }

  /** A holder would like to give the block up. */
  void recvRelease(int from, CacheFusionMessage.Release release) {
    Entry entry = entries.computeIfAbsent(release.block(), Entry::new);
    if (entry.transaction != null && waitsForDone(entry.transaction, from)) {
      entry.parkedReleases |= bit(from);
      return;
    }
    answerRelease(entry, from);
    forgetIfUnused(entry);
  }

  /**
   * R10, the half that waits. The requester's own Done comes first. The source of a shared copy may
   * have shipped it before it asked for the release: nothing would come after a refusal.
   */
  private boolean waitsForDone(Transaction transaction, int from) {
    return transaction.requester() == from
        || transaction.access() == Access.SHARED
            && rules.crossing(true, false, transaction.source() == from);
  }

  private void answerRelease(Entry entry, int from) {
    boolean holds = entry.owner == from || (entry.sharers & bit(from)) != 0;
    Transaction transaction = entry.transaction;
    boolean crossing =
        rules.crossing(
            transaction != null,
            transaction != null && transaction.access() == Access.EXCLUSIVE,
            transaction != null && transaction.source() == from);
    if (holds && !crossing) {
      entry.sharers &= ~bit(from);
      if (entry.owner == from) {
        entry.owner = NOBODY;
      }
      effects.send(from, new CacheFusionMessage.ReleaseAccepted(entry.block));
    } else {
      effects.send(from, new CacheFusionMessage.ReleaseRefused(entry.block));
    }
  }

  /** The keeper of a past image would like the block on disk: pass it on to a holder. */
  void recvWriteRequest(int from, CacheFusionMessage.WriteRequest request) {
    Entry entry = entries.get(request.block());
    if (entry == null) {
      effects.send(from, new CacheFusionMessage.Written(request.block(), request.version()));
    } else if (entry.transaction == null) {
      int holder = entry.owner != NOBODY ? entry.owner : source(entry);
      effects.send(
          holder,
          new CacheFusionMessage.WriteRequest(request.block(), request.version(), true, from));
    }
    // With a transaction under way the keeper asks again later.
  }

  private void forgetIfUnused(Entry entry) {
    if (entry.transaction == null && entry.owner == NOBODY && entry.sharers == 0) {
      entries.remove(entry.block);
    }
  }

  /** What the directory knows of a block. */
  CacheFusion.DirectoryState inspect(BlockId block) {
    Entry entry = entries.get(block);
    if (entry == null) {
      return new CacheFusion.DirectoryState(NOBODY, 0, NOBODY, NOBODY, false, 0, 0);
    }
    Transaction transaction = entry.transaction;
    return new CacheFusion.DirectoryState(
        entry.owner,
        entry.sharers,
        transaction == null ? NOBODY : transaction.requester(),
        transaction == null ? NOBODY : transaction.source(),
        transaction != null && transaction.access() == Access.EXCLUSIVE,
        entry.stamp,
        entry.queue.size());
  }

  private static long bit(int node) {
    return 1L << node;
  }

  /** A request that waits for its turn. */
  private record Queued(int node, Access access, int ticket) {}

  /** The transaction under way. */
  private record Transaction(int requester, Access access, int source) {}

  private static final class Entry {
    final BlockId block;
    int owner = NOBODY;
    long sharers;
    Transaction transaction;
    int stamp;
    long parkedReleases;

    /** Bounded by the nodes: each has at most one request for the block outstanding. */
    final ArrayDeque<Queued> queue = new ArrayDeque<>(2);

    Entry(BlockId block) {
      this.block = block;
    }

    @Override
    public String toString() {
      return block
          + " owner="
          + owner
          + " sharers="
          + Long.toBinaryString(sharers)
          + " stamp="
          + stamp
          + " "
          + transaction
          + " queue="
          + queue;
    }
  }
}
