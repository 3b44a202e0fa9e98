// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.InvariantCheck;
import io.weft.cachefusion.protocol.CacheEntry.Right;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.spec.DirectoryState;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The master's state of one block: its holders, the current transaction, and the queue of requests.
 * Owned by the block's shard. {@link DirectoryTable} makes an object of it only while something is
 * under way for the block, and uses the object again for other blocks.
 *
 * <pre>
 *             install: busy, or held outside the view     rebuild: no holder, and redo or
 *    SERVE  ------------------------------------> REBUILD ----------> RECOVER  past images exist
 *      ^  ^                                         |                    |
 *      |  +-----------------------------------------+                    |
 *      |             rebuild: held, or on disk                           |
 *      +-----------------------------------------------------------------+ recovered
 * </pre>
 */
final class DirectoryEntry {
  /** No node. */
  static final int NO_NODE = -1;

  /** How requests for the block are handled. */
  enum State {
    /** Requests are served. */
    SERVE,
    /** Requests wait until the members have reported. */
    REBUILD,
    /** Requests wait until the disk holds the newest version. */
    RECOVER
  }

  /** A queued request. */
  record Queued(int node, Access access, int ticket) {}

  /** The current transaction. */
  record Transaction(int requester, Access access, int source) {}

  /** Most nodes of a cluster; each has at most one open request for a block. */
  private static final int MOST_QUEUED = NodeId.MAX + 1;

  /** The shared queue of all blocks without queued requests, which are most; always empty. */
  private static final Queue<Queued> EMPTY = new ArrayDeque<>(0);

  /** Bits that the record of an entry at rest has for the version of shared copies. */
  static final int VERSION_BITS_AT_REST = 56;

  /** The largest version of shared copies of an entry at rest. */
  static final long MOST_VERSION_AT_REST = (1L << VERSION_BITS_AT_REST) - 1;

  /** {@link #slot} of an entry that is not active. */
  static final int NO_SLOT = -1;

  /** Index of this object in its table while it is active. */
  int slot = NO_SLOT;

  private int file;
  private long number;

  /** The same block as an object; null until one is needed. */
  private BlockId block;

  /** Bucket of the block. */
  int bucket;

  State state;

  /** Holder of the exclusive right. */
  int owner = NO_NODE;

  /** Bitmap of the holders of shared rights below 64: needs no set in most clusters. */
  private long sharers;

  /** The other holders of shared rights. */
  private NodeSet moreSharers = NodeSet.NONE;

  /** Null while the block is idle. */
  Transaction transaction;

  /** Stamp of the current transaction, or of the last one. */
  int stamp;

  /** The nodes whose releases wait for the end of the transaction. */
  private NodeSet parkedReleases = NodeSet.NONE;

  /** Requests in order of arrival; bounded by {@link #MOST_QUEUED}. */
  Queue<Queued> queue = EMPTY;

  /** Version of the newest past image reported, 0 if there is none. */
  long pastVersion;

  /** The node that keeps that past image. */
  int pastKeeper = NO_NODE;

  /** Version of the shared copies reported, which must all be equal. */
  long sharedVersion;

  /**
   * During a rebuild: the block was busy, but only between members that remain, so that it need not
   * wait until the nodes outside the view have stopped (R33).
   */
  boolean inside;

  /** Nobody holds the block, and its requests wait until the directory has room (S14). */
  boolean awaitsRoom;

  /** The directory has had no room for too long: requests are answered with an error. */
  boolean refusing;

  /** Since when the requests wait for room, in the runtime's nanoseconds. */
  long awaitsRoomSinceNs;

  /** The block could not be recovered: requests are answered with an error. */
  boolean quarantined;

  /**
   * When the next recovery attempt of a quarantined block is allowed, in the runtime's nanoseconds.
   */
  long lookAgainNs;

  /** A recovery attempt has been requested and not started. */
  boolean lookWanted;

  /**
   * A version that the block had at some time, even if no member reports it again; 0 if not known.
   */
  long atLeast;

  /** Makes the object the entry of a block without holders. */
  void open(BlockId block, int bucket, State state) {
    open(block.file(), block.number(), bucket, state);
    this.block = block;
  }

  /** Makes the object the entry of a block without holders. */
  void open(int file, long number, int bucket, State state) {
    this.file = file;
    this.number = number;
    this.block = null;
    this.bucket = bucket;
    this.state = state;
    owner = NO_NODE;
    removeSharers();
    transaction = null;
    stamp = 0;
    parkedReleases = NodeSet.NONE;
    forgetQueue();
    forgetPast();
    sharedVersion = 0;
    inside = false;
    awaitsRoom = false;
    refusing = false;
    quarantined = false;
    lookWanted = false;
    atLeast = 0;
  }

  int file() {
    return file;
  }

  long number() {
    return number;
  }

  BlockId block() {
    if (block == null) {
      block = new BlockId(file, number);
    }
    return block;
  }

  /**
   * Whether nothing is under way for the block and nothing has to be remembered but its holders,
   * the last stamp and, during a rebuild, the version of shared copies.
   */
  boolean isAtRest() {
    return transaction == null
        && !hasWaiting()
        && !quarantined
        && atLeast == 0
        && (state == State.SERVE
            || state == State.REBUILD
                && !inside
                && pastVersion == 0
                && sharedVersion >= 0
                && sharedVersion <= MOST_VERSION_AT_REST);
  }

  /** Whether requests or releases wait. */
  boolean hasWaiting() {
    return !queue.isEmpty() || !parkedReleases.isEmpty();
  }

  /** Whether the entry of a served block says no more than no entry. */
  boolean saysNothing() {
    return state == State.SERVE
        && !quarantined
        && transaction == null
        && !hasWaiting()
        && !isHeld();
  }

  void enqueue(Queued request) {
    InvariantCheck.holds(queue.size() < MOST_QUEUED, "a node has one request for a block", this);
    if (queue == EMPTY) {
      queue = new ArrayDeque<>(2);
    }
    queue.add(request);
  }

  void parkRelease(int node) {
    parkedReleases = parkedReleases.with(node);
  }

  /** The nodes whose releases have waited; none waits any more. */
  NodeSet takeParkedReleases() {
    NodeSet parked = parkedReleases;
    parkedReleases = NodeSet.NONE;
    return parked;
  }

  /** Whether the block is known to have had a version that the disk may not have. */
  boolean hasHadNewer() {
    return pastVersion > 0 || atLeast > 0;
  }

  void forget() {
    state = State.REBUILD;
    quarantined = false;
    lookWanted = false;
    owner = NO_NODE;
    removeSharers();
    forgetRequests();
    forgetPast();
  }

  /**
   * Keeps the entry for the next view. Requests and releases are sent again in that view, and past
   * images are reported again. The transaction of a quarantined block is an error under way.
   */
  void keep() {
    lookWanted = false;
    forgetRequests();
    forgetPast();
  }

  private void forgetRequests() {
    transaction = null;
    parkedReleases = NodeSet.NONE;
    forgetQueue();
    awaitsRoom = false;
    refusing = false;
  }

  private void forgetQueue() {
    if (!queue.isEmpty()) { // the empty queue is shared by all shards
      queue.clear();
    }
  }

  void forgetPast() {
    pastVersion = 0;
    pastKeeper = NO_NODE;
  }

  @Override
  public String toString() {
    return block()
        + " "
        + state
        + " owner="
        + owner
        + " sharers="
        + sharers()
        + " stamp="
        + stamp
        + " "
        + transaction
        + " queue="
        + queue;
  }

  /** Stops the node if the fields contradict each other. */
  void checkInvariants() {
    InvariantCheck.holds(owner == NO_NODE || !isShared(), "an owner excludes sharers", this);
    InvariantCheck.holds(
        state == State.SERVE || transaction == null, "only a served block has a transaction", this);
    InvariantCheck.holds(
        state != State.RECOVER && !quarantined || !isHeld(),
        "a block that is not recovered has no holder",
        this);
  }

  // ---- rights --------------------------------------------------------------------------------

  boolean isHeld() {
    return owner != NO_NODE || isShared();
  }

  boolean isShared() {
    return sharers != 0 || !moreSharers.isEmpty();
  }

  boolean isHeldBy(int node) {
    return owner == node || isSharedBy(node);
  }

  boolean isSharedBy(int node) {
    return node < Long.SIZE ? (sharers & 1L << node) != 0 : moreSharers.contains(node);
  }

  /** Whether all holders are among these nodes. */
  boolean isHeldOnlyBy(NodeSet nodes) {
    return (owner == NO_NODE || nodes.contains(owner))
        && (sharers & ~nodes.word(0)) == 0
        && nodes.containsAll(moreSharers);
  }

  /** Whether a holder is among these nodes. */
  boolean isHeldByOneOf(NodeSet nodes) {
    return owner != NO_NODE && nodes.contains(owner)
        || (sharers & nodes.word(0)) != 0
        || nodes.intersects(moreSharers);
  }

  /** Whether all holders, and the requester of the transaction, are among these nodes. */
  boolean involvesOnly(NodeSet nodes) {
    return isHeldOnlyBy(nodes) && (transaction == null || nodes.contains(transaction.requester()));
  }

  /** The holders of shared rights. */
  NodeSet sharers() {
    return NodeSet.ofWord(sharers).union(moreSharers);
  }

  /** Whether no sharer is 64 or above. */
  boolean sharesBelow64() {
    return moreSharers.isEmpty();
  }

  /** The sharers below 64 as a bitmap. */
  long sharersBelow64() {
    return sharers;
  }

  /** Sets the sharers, all below 64. */
  void shareWith(long bitmap) {
    sharers = bitmap;
  }

  void addSharer(int node) {
    if (node < Long.SIZE) {
      sharers |= 1L << node;
    } else {
      moreSharers = moreSharers.with(node);
    }
  }

  private void removeSharers() {
    sharers = 0;
    moreSharers = NodeSet.NONE;
  }

  /**
   * Chooses the sharer that ships: the master itself, which saves a hop; otherwise the sharers take
   * turns.
   */
  int anySharer(int master) {
    if (isSharedBy(master)) {
      return master;
    }
    if (moreSharers.isEmpty()) {
      long later = sharers & -1L << (stamp & Long.SIZE - 1);
      return Long.numberOfTrailingZeros(later != 0 ? later : sharers);
    }
    NodeSet all = sharers();
    return all.next(Integer.remainderUnsigned(stamp, all.last() + 1));
  }

  /** Registers the requester of a completed transaction as a holder. */
  void grant(Transaction completed) {
    InvariantCheck.holds(state == State.SERVE, "only a served block is granted", this);
    if (completed.access() == Access.EXCLUSIVE) {
      owner = completed.requester();
      removeSharers();
    } else {
      addSharer(completed.requester());
      if (owner != NO_NODE) {
        addSharer(owner);
        owner = NO_NODE;
      }
    }
  }

  /** Removes a node from the holders. */
  void withdraw(int node) {
    if (node < Long.SIZE) {
      sharers &= ~(1L << node);
    } else {
      moreSharers = moreSharers.without(node);
    }
    if (owner == node) {
      owner = NO_NODE;
    }
    assert !isHeldBy(node) : this;
  }

  // ---- rebuild -------------------------------------------------------------------------------

  /** Registers what a member has reported of the block. */
  void report(int node, Held held) {
    if (held.pastVersion() > pastVersion) {
      pastVersion = held.pastVersion();
      pastKeeper = node;
    }
    if (held.right() == Right.NONE) {
      return;
    }
    boolean exclusive = held.right() == Right.EXCLUSIVE;
    if (owner != NO_NODE
        || exclusive && isShared()
        || isShared() && sharedVersion != held.version()) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, held + " of n" + node + " contradicts " + this);
    }
    sharedVersion = held.version();
    if (exclusive) {
      owner = node;
    } else {
      addSharer(node);
    }
    checkInvariants();
  }

  // ---- for checkers --------------------------------------------------------------------------

  /** The state of a block without an entry: no holder. */
  static DirectoryState unheld(boolean serving) {
    return new DirectoryState(NO_NODE, NodeSet.NONE, NO_NODE, NO_NODE, false, 0, 0, serving, false);
  }

  DirectoryState inspect() {
    return new DirectoryState(
        owner,
        sharers(),
        transaction == null ? NO_NODE : transaction.requester(),
        transaction == null ? NO_NODE : transaction.source(),
        transaction != null && transaction.access() == Access.EXCLUSIVE,
        stamp,
        queue.size(),
        state == State.SERVE && !quarantined,
        quarantined);
  }
}
