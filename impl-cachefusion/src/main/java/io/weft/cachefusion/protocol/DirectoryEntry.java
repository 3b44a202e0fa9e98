// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.InvariantCheck;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.spec.DirectoryState;
import io.weft.spi.directory.Buckets;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * What the master knows of one block: who holds it, the transaction under way, and who waits. Owned
 * by the block's shard.
 *
 * <pre>
 *             install: busy, or names an outsider         rebuild: nobody holds it, redo or
 *    SERVE  ------------------------------------> REBUILD ----------> RECOVER  past images exist
 *      ^  ^                                         |                    |
 *      |  +-----------------------------------------+                    |
 *      |             rebuild: held, or on disk                           |
 *      +-----------------------------------------------------------------+ recovered
 * </pre>
 */
final class DirectoryEntry {
  /** In place of a node: none. */
  static final int NOBODY = -1;

  /** What is done with requests for the block. */
  enum State {
    /** Requests are served. */
    SERVE,
    /** Requests wait until the members have reported. */
    REBUILD,
    /** Requests wait until the disk holds the newest version. */
    RECOVER
  }

  /** A request that waits for its turn. */
  record Queued(int node, Access access, int ticket) {}

  /** The transaction under way. */
  record Transaction(int requester, Access access, int source) {}

  /** Nodes of a cluster: each has at most one request for a block outstanding. */
  private static final int MOST_QUEUED = 64;

  /** Most blocks are never waited for: this stands for their queues, and stays empty. */
  private static final Queue<Queued> EMPTY = new ArrayDeque<>(0);

  final BlockId block;

  /** Of the block: a view change looks at all entries, and would have to fetch the block. */
  final int bucket;

  State state;

  /** Holder of the exclusive right. */
  int owner = NOBODY;

  /** Bitmap of the holders of shared rights. */
  long sharers;

  /** Null while the block is idle. */
  Transaction transaction;

  /** Of the transaction under way, or of the last one. */
  int stamp;

  /** Bitmap of the nodes whose releases wait for the end of the transaction. */
  long parkedReleases;

  /** Bounded by {@link #MOST_QUEUED}. */
  Queue<Queued> queue = EMPTY;

  /** Version of the newest past image reported, 0 if there is none. */
  long pastVersion;

  /** Who keeps it. */
  int pastKeeper = NOBODY;

  /** Version of the shared copies reported, which must all be alike. */
  long sharedVersion;

  /** Could not be recovered: requests are answered with an error. */
  boolean quarantined;

  /** When a quarantined block may be looked at again, in the runtime's nanoseconds. */
  long lookAgainNs;

  /** A look is wanted, and has not begun. */
  boolean lookWanted;

  /** A version that the block has had, though nobody may report it again; 0 if not known. */
  long atLeast;

  DirectoryEntry(BlockId block, State state) {
    this.block = block;
    this.bucket = Buckets.of(block.file(), block.number());
    this.state = state;
  }

  void enqueue(Queued request) {
    InvariantCheck.holds(queue.size() < MOST_QUEUED, "a node has one request for a block", this);
    if (queue == EMPTY) {
      queue = new ArrayDeque<>(2);
    }
    queue.add(request);
  }

  long holders() {
    return owner == NOBODY ? sharers : sharers | bit(owner);
  }

  long involved() {
    return transaction == null ? holders() : holders() | bit(transaction.requester());
  }

  /** Whether it is known that the block has had a version, which the disk may not have. */
  boolean hasHadNewer() {
    return pastVersion > 0 || atLeast > 0;
  }

  /** Whether nobody holds the block, nobody wants it, and nobody waits for an answer. */
  boolean isUnused() {
    return holders() == 0
        && !quarantined
        && transaction == null
        && queue.isEmpty()
        && parkedReleases == 0;
  }

  void forget() {
    state = State.REBUILD;
    quarantined = false;
    lookWanted = false;
    owner = NOBODY;
    sharers = 0;
    transaction = null;
    parkedReleases = 0;
    queue = EMPTY;
    forgetPast();
  }

  /**
   * Keeps the entry for the next view. Of a quarantined block it forgets requests and past images,
   * because members report them again.
   */
  void keep() {
    lookWanted = false;
    if (quarantined) {
      transaction = null;
      parkedReleases = 0;
      queue = EMPTY;
    }
    forgetPast();
  }

  void forgetPast() {
    pastVersion = 0;
    pastKeeper = NOBODY;
  }

  @Override
  public String toString() {
    return block
        + " "
        + state
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

  /** Stops the node if what is known of the block contradicts itself. */
  void checkInvariants() {
    InvariantCheck.holds(owner == NOBODY || sharers == 0, "an owner excludes sharers", this);
    InvariantCheck.holds(
        state == State.SERVE || transaction == null, "only what is served is under way", this);
    InvariantCheck.holds(
        state != State.RECOVER && !quarantined || holders() == 0,
        "nobody holds what is not recovered",
        this);
  }

  // ---- rights --------------------------------------------------------------------------------

  boolean isHeldBy(int node) {
    return (holders() & bit(node)) != 0;
  }

  boolean isSharedBy(int node) {
    return (sharers & bit(node)) != 0;
  }

  /** A sharer that ships: the master itself saves a hop, else the load goes round. */
  int anySharer(int master) {
    if (isSharedBy(master)) {
      return master;
    }
    long later = sharers & (-1L << (stamp & 63));
    return Long.numberOfTrailingZeros(later != 0 ? later : sharers);
  }

  /** The requester of a transaction has the block: it holds what it was granted. */
  void grant(Transaction completed) {
    InvariantCheck.holds(state == State.SERVE, "only what is served is granted", this);
    if (completed.access() == Access.EXCLUSIVE) {
      owner = completed.requester();
      sharers = 0;
    } else {
      sharers |= bit(completed.requester());
      if (owner != NOBODY) {
        sharers |= bit(owner);
        owner = NOBODY;
      }
    }
  }

  /** The node holds the block no longer. */
  void withdraw(int node) {
    sharers &= ~bit(node);
    if (owner == node) {
      owner = NOBODY;
    }
    assert !isHeldBy(node) : this;
  }

  // ---- rebuild -------------------------------------------------------------------------------

  /** A member has told what it has of the block. */
  void report(int node, Held held) {
    if (held.pastVersion() > pastVersion) {
      pastVersion = held.pastVersion();
      pastKeeper = node;
    }
    if (held.right() == Right.NONE) {
      return;
    }
    boolean exclusive = held.right() == Right.EXCLUSIVE;
    if (owner != NOBODY
        || exclusive && sharers != 0
        || sharers != 0 && sharedVersion != held.version()) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, held + " of n" + node + " contradicts " + this);
    }
    sharedVersion = held.version();
    if (exclusive) {
      owner = node;
    } else {
      sharers |= bit(node);
    }
    checkInvariants();
  }

  // ---- for checkers --------------------------------------------------------------------------

  /** Of a block without an entry: nobody holds it. */
  static DirectoryState unheld(boolean serving) {
    return new DirectoryState(NOBODY, 0, NOBODY, NOBODY, false, 0, 0, serving, false);
  }

  DirectoryState inspect() {
    return new DirectoryState(
        owner,
        sharers,
        transaction == null ? NOBODY : transaction.requester(),
        transaction == null ? NOBODY : transaction.source(),
        transaction != null && transaction.access() == Access.EXCLUSIVE,
        stamp,
        queue.size(),
        state == State.SERVE && !quarantined,
        quarantined);
  }

  /** The node as a member of a bitmap. */
  static long bit(int node) {
    return 1L << node;
  }
}
