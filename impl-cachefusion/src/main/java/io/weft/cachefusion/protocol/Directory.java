// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static io.weft.cachefusion.protocol.DirectoryEntry.NO_NODE;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.InvariantCheck;
import io.weft.cachefusion.protocol.DirectoryEntry.Queued;
import io.weft.cachefusion.protocol.DirectoryEntry.State;
import io.weft.cachefusion.protocol.DirectoryEntry.Transaction;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.spec.DirectoryState;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.directory.Buckets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The master's side of the protocol: the holders of the blocks of this shard that this node
 * masters, and one transaction per block at a time. Handlers have the names of the specification's
 * actions.
 *
 * <p>A block without an entry has no holder and is current on disk. While a view is being
 * installed, a block whose bucket is {@link MasteredBuckets#isLost lost} is unknown. The states of
 * a block are drawn in {@link DirectoryEntry}.
 *
 * <p>Long because the handlers of one machine are read together.
 */
public final class Directory {
  /**
   * Least time between two recovery attempts of a quarantined block, however often it is requested.
   */
  private static final long LOOK_AGAIN_NS = TimeUnit.SECONDS.toNanos(10);

  private final int self;
  private final Rules rules;
  private final Effects effects;
  private final DirectoryTable entries;
  private final DirectoryRoom room;
  private final MasteredBuckets mastered;
  private final BucketMoves moves;

  /**
   * Entries under rebuild that need not wait until the nodes outside the view have stopped (R33),
   * all of them {@link DirectoryEntry#inside}.
   */
  private final List<DirectoryEntry> unfenced = new ArrayList<>();

  /** Buckets of this node that had moved in the previous view and are kept in this one. */
  private int movesKept;

  /** Count in the stamp of the last transaction of the shard. */
  private int stamps;

  /**
   * Creates an empty directory that serves, in no view.
   *
   * @param shards number of shards of the node, a power of two
   * @param mostEntries number of entries from which on requests for further blocks wait (S14)
   */
  public Directory(int self, int shards, int mostEntries, Rules rules, Effects effects) {
    this.self = self;
    this.entries = new DirectoryTable(shards);
    this.room = new DirectoryRoom(entries, mostEntries, rules, effects, this::proceed);
    this.mastered = new MasteredBuckets(self);
    this.rules = rules;
    this.effects = effects;
    this.moves = new BucketMoves(self, rules, effects, new Moving());
  }

  /** What happens when the directory is full. */
  public DirectoryRoom room() {
    return room;
  }

  /** The buckets that move to another master. */
  public BucketMoves moves() {
    return moves;
  }

  /** Handles a request: starts its transaction, queues it, or refuses the prefetch. */
  public void recvRequest(int from, CacheFusionMessage.Request request) {
    if (moves.takes(from, request)) {
      return;
    }
    mastered.checkMaster(from, request);
    effects.requested(request.block(), from, request.access() == Access.EXCLUSIVE);
    DirectoryEntry entry = findOrMake(request.block());
    if (entry.quarantined && !request.prefetch()) {
      lookAgain(entry);
    }
    boolean idle =
        entry.state == State.SERVE
            && rules.idle(entry.transaction != null)
            && !moves.isFrozen(entry.bucket);
    if (request.prefetch()
        && (!idle || entry.owner != NO_NODE || entry.quarantined || !room.isFor(entry))) {
      if (rules.sharesAfterRefusal()) {
        entry.addSharer(from);
      }
      entry.checkInvariants();
      effects.send(from, new CacheFusionMessage.Refused(request.block()));
      settle(entry);
      return;
    }
    Queued queued = new Queued(from, request.access(), request.ticket());
    if (idle && room.isFor(entry)) {
      begin(entry, queued);
    } else {
      entry.enqueue(queued);
      if (entry.state == State.RECOVER) {
        effects.touched(entry.block(), entry.queue.size());
      } else if (idle) {
        room.await(entry);
      }
    }
    entry.checkInvariants();
  }

  private DirectoryEntry findOrMake(BlockId block) {
    DirectoryEntry entry = entries.find(block);
    return entry != null
        ? entry
        : entries.make(block, mastered.isLost(block) ? State.REBUILD : State.SERVE);
  }

  /** Ends the work on an entry. */
  private void settle(DirectoryEntry entry) {
    if (entries.settle(entry)) {
      room.onDropped();
    }
  }

  private int nextStamp() {
    stamps = Stamps.next(stamps);
    return Stamps.of(self, stamps);
  }

  /** Continues after that count; for tests. */
  void stampsFrom(int last) {
    stamps = last;
  }

  private void begin(DirectoryEntry entry, Queued next) {
    InvariantCheck.holds(
        entry.state == State.SERVE, "only a served block has a transaction", entry);
    entry.stamp = nextStamp();
    int requester = next.node();
    boolean exclusive = next.access() == Access.EXCLUSIVE;
    if (entry.quarantined) {
      entry.transaction = new Transaction(requester, next.access(), NO_NODE);
      effects.send(requester, new CacheFusionMessage.Quarantined(entry.block(), entry.stamp));
    } else if (entry.refusing) {
      entry.transaction = new Transaction(requester, next.access(), NO_NODE);
      effects.send(requester, new CacheFusionMessage.NoRoom(entry.block(), entry.stamp));
    } else if (entry.owner != NO_NODE) {
      forward(entry, next, entry.owner, NodeSet.NONE);
    } else if (!entry.isShared()) {
      entry.transaction = new Transaction(requester, next.access(), NO_NODE);
      grant(entry, requester, true, NodeSet.NONE);
    } else if (!exclusive) {
      forward(entry, next, entry.anySharer(self), NodeSet.NONE);
    } else {
      takeFromSharers(entry, next);
    }
    assert entry.transaction.requester() == requester : entry;
  }

  /** One of the sharers, or another node, becomes the owner: all others drop their copies. */
  private void takeFromSharers(DirectoryEntry entry, Queued next) {
    int requester = next.node();
    boolean upgrade = entry.isSharedBy(requester);
    int source = upgrade ? requester : entry.anySharer(self);
    NodeSet others = rules.others(entry.sharers(), requester, source);
    if (upgrade) {
      entry.transaction = new Transaction(requester, next.access(), NO_NODE);
      grant(entry, requester, false, others);
    } else {
      forward(entry, next, source, others);
    }
    invalidate(entry, requester, others);
  }

  private void forward(DirectoryEntry entry, Queued next, int source, NodeSet invalidated) {
    InvariantCheck.holds(entry.isHeldBy(source), "the node that ships a block holds it", entry);
    entry.transaction = new Transaction(next.node(), next.access(), source);
    effects.send(
        source,
        new CacheFusionMessage.Forward(
            entry.block(), entry.stamp, next.access(), next.node(), next.ticket(), invalidated));
  }

  private void grant(DirectoryEntry entry, int requester, boolean fromDisk, NodeSet invalidated) {
    effects.send(
        requester, new CacheFusionMessage.Grant(entry.block(), entry.stamp, fromDisk, invalidated));
  }

  private void invalidate(DirectoryEntry entry, int requester, NodeSet nodes) {
    for (int node = nodes.next(0); node >= 0; node = nodes.next(node + 1)) {
      effects.send(node, new CacheFusionMessage.Invalidate(entry.block(), entry.stamp, requester));
    }
  }

  /**
   * The requester holds the block, or could not read it: ends the transaction and starts the next
   * one.
   */
  public void recvDone(int from, CacheFusionMessage.Done done) {
    DirectoryEntry entry = entries.findActive(done.block());
    if (entry == null
        || entry.transaction == null
        || entry.transaction.requester() != from
        || entry.stamp != done.stamp()) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          done + " from n" + from + " matches no transaction: " + entry);
    }
    if (rules.holdsAfterDone(done.failed())) {
      entry.grant(entry.transaction);
    }
    entry.transaction = null;
    room.onIdle(entry);
    entry.checkInvariants();
    int bucket = entry.bucket;
    proceed(entry);
    moves.onClosed(bucket);
  }

  /** Answers the releases that waited, starts the next transaction, and settles the entry. */
  private void proceed(DirectoryEntry entry) {
    InvariantCheck.holds(entry.state == State.SERVE, "only a served block proceeds", entry);
    NodeSet parked = entry.takeParkedReleases();
    for (int node = parked.next(0); node >= 0; node = parked.next(node + 1)) {
      answerRelease(entry, node);
    }
    if (!entry.queue.isEmpty() && !moves.isFrozen(entry.bucket)) {
      if (room.isFor(entry)) {
        begin(entry, entry.queue.poll());
      } else {
        room.await(entry);
      }
    }
    settle(entry);
  }

  /** A holder asks to give the block up. */
  public void recvRelease(int from, CacheFusionMessage.Release release) {
    if (moves.takes(from, release)) {
      return;
    }
    mastered.checkMaster(from, release);
    DirectoryEntry entry = findOrMake(release.block());
    if (entry.state != State.SERVE
        || entry.transaction != null && waitsForDone(entry.transaction, from)) {
      entry.parkRelease(from);
      return;
    }
    answerRelease(entry, from);
    entry.checkInvariants();
    settle(entry);
  }

  /**
   * The part of R10 that waits. A release of the requester waits for its own Done. The source of a
   * shared copy may have shipped it before it sent the release; after a refusal no further message
   * would reach it, so its release waits, too.
   */
  private boolean waitsForDone(Transaction transaction, int from) {
    return transaction.requester() == from
        || transaction.access() == Access.SHARED
            && rules.crossing(true, false, transaction.source() == from);
  }

  private void answerRelease(DirectoryEntry entry, int from) {
    InvariantCheck.holds(
        entry.state == State.SERVE, "only releases of a served block are answered", entry);
    boolean holds = entry.isHeldBy(from);
    Transaction transaction = entry.transaction;
    boolean crossing =
        rules.crossing(
            transaction != null,
            transaction != null && transaction.access() == Access.EXCLUSIVE,
            transaction != null && transaction.source() == from);
    if (rules.refusesRelease(holds, crossing)) {
      effects.send(from, new CacheFusionMessage.ReleaseRefused(entry.block()));
      return;
    }
    // A sender that does not hold the block has lost it, or repeats a release of an older view.
    entry.withdraw(from);
    effects.send(from, new CacheFusionMessage.ReleaseAccepted(entry.block()));
  }

  /** The keeper of a past image asks for a write of the block: forwards it to a holder. */
  public void recvWriteRequest(int from, CacheFusionMessage.WriteRequest request) {
    if (moves.takes(from, request)) {
      return;
    }
    mastered.checkMaster(from, request);
    if (mastered.isLost(request.block())) {
      return; // the keeper asks again
    }
    DirectoryEntry entry = entries.find(request.block());
    if (entry == null) {
      effects.send(from, new CacheFusionMessage.Written(request.block(), request.version()));
      return;
    }
    if (entry.quarantined) {
      effects.send(
          from,
          new CacheFusionMessage.Quarantined(
              request.block(), CacheFusionMessage.Quarantined.TO_KEEPER));
    } else if (entry.transaction == null && entry.state == State.SERVE && entry.isHeld()) {
      int holder = entry.owner != NO_NODE ? entry.owner : entry.anySharer(self);
      effects.send(
          holder,
          new CacheFusionMessage.WriteRequest(request.block(), request.version(), true, from));
    }
    // With a transaction under way the keeper asks again later.
    settle(entry);
  }

  // ---- view change ---------------------------------------------------------------------------

  /**
   * Installs a view: keeps the entries that no open transaction and no node outside the view can
   * have changed, and forgets the others.
   *
   * @param previous the map of the previous view, if this node has installed that view and rebuilt
   *     its directory in it; otherwise nothing is kept
   * @param now the map of the view
   * @param insiders the nodes that are members in the same incarnation as before
   * @return blocks of kept buckets whose entries are not kept and which a remaining member may hold
   */
  public List<BlockId> install(Optional<MovableMap> previous, MovableMap now, NodeSet insiders) {
    moves.onInstall(now);
    mastered.install(previous, now);
    movesKept = mastered.keepsNothing() ? 0 : previous.orElseThrow().keptOf(self, now);
    room.onInstall();
    unfenced.clear();
    List<BlockId> suspects = new ArrayList<>();
    entries.retain(mastered::keeps);
    entries.forEach(entry -> install(entry, insiders, suspects));
    InvariantCheck.holds(
        isRebuilding(), "a view is installed before its directory is rebuilt", now);
    return suspects;
  }

  private void install(DirectoryEntry entry, NodeSet insiders, List<BlockId> suspects) {
    boolean free = entry.transaction == null || entry.quarantined; // an error is under way at most
    boolean idle = entry.state == State.SERVE && free;
    entry.inside = false;
    if (!rules.keepsEntry(idle, entry.isHeldOnlyBy(insiders))) {
      boolean insidersOnly = entry.state == State.SERVE && entry.involvesOnly(insiders);
      // Blocks held only outside the view need not be named: past images are reported unasked.
      if (!idle || entry.isHeldByOneOf(insiders)) {
        suspects.add(entry.block());
      }
      entry.forget();
      if (rules.sparesFence(insidersOnly)) {
        entry.inside = true;
        unfenced.add(entry);
      }
    } else {
      entry.keep();
    }
    room.quarantined(entry.quarantined ? 1 : 0);
    assert entry.state != State.SERVE || !mastered.isLost(entry.block()) : entry;
  }

  /**
   * All members have reported: serves the blocks that were busy, but only between remaining
   * members. Failed nodes do not hold them, so this does not wait until they have certainly stopped
   * (R33).
   *
   * @param reports by the reporting node
   */
  public void rebuildBusy(Map<Integer, List<Held>> reports) {
    reports.forEach(
        (node, held) -> {
          for (Held each : held) {
            DirectoryEntry entry = entries.findActive(each.block());
            if (entry != null && entry.inside) {
              register(node, each);
            }
          }
        });
    for (DirectoryEntry entry : unfenced) {
      InvariantCheck.holds(
          entry.state == State.REBUILD && entry.inside,
          "an entry under rebuild was forgotten",
          entry);
      entry.inside = false;
      if (entry.isHeld() || !entry.hasHadNewer()) { // a past image has to wait for redo
        entry.state = State.SERVE;
        entry.checkInvariants();
        proceed(entry);
      } else {
        settle(entry);
      }
    }
    unfenced.clear();
  }

  /**
   * All members have reported, and all other nodes have certainly stopped: rebuilds the holders and
   * serves.
   *
   * @param reports by the reporting node
   * @param stale blocks of this shard, mastered here, that may be old on disk, because redo of
   *     failed nodes names them or there is a saved image; may name a block twice
   * @return the blocks that are not served yet, because they need redo or a past image
   */
  public List<BlockId> rebuild(Map<Integer, List<Held>> reports, List<BlockId> stale) {
    InvariantCheck.holds(isRebuilding(), "a directory is rebuilt once in a view", reports.keySet());
    reports.forEach((node, held) -> held.forEach(each -> register(node, each)));
    for (BlockId block : stale) {
      DirectoryEntry entry = mastered.isLost(block) ? findOrMake(block) : entries.find(block);
      if (entry != null) {
        if (entry.state == State.REBUILD && !entry.isHeld()) {
          entry.state = State.RECOVER;
        }
        settle(entry);
      }
    }
    mastered.rebuilt();
    List<BlockId> toRecover = new ArrayList<>();
    List<DirectoryEntry> toServe = new ArrayList<>();
    entries.forEach(
        entry -> {
          entry.checkInvariants();
          if (entry.state == State.REBUILD && !entry.isHeld() && entry.hasHadNewer()) {
            entry.state = State.RECOVER;
          }
          if (entry.state == State.RECOVER) {
            toRecover.add(entry.block());
            if (!entry.queue.isEmpty()) {
              effects.touched(entry.block(), entry.queue.size());
            }
          } else if (entry.state == State.REBUILD) {
            entry.state = State.SERVE;
            if (entry.hasWaiting()) {
              toServe.add(entry);
            }
          }
        });
    toServe.forEach(this::proceed);
    moves.onRebuilt();
    return toRecover;
  }

  private void register(int node, Held held) {
    DirectoryEntry entry =
        mastered.isLost(held.block()) ? findOrMake(held.block()) : entries.find(held.block());
    if (entry == null) {
      return; // kept, and known to have no holder
    }
    if (entry.state == State.REBUILD || entry.quarantined) { // otherwise kept
      entry.report(node, held);
    }
    settle(entry);
  }

  /** Whether {@link #rebuild} has not run yet in this view. */
  public boolean isRebuilding() {
    return mastered.isRebuilding();
  }

  /**
   * Whether the members have to report all blocks mastered here: no entry of the previous view is
   * kept, or they may believe that entries are kept which this node has handed over.
   */
  public boolean needsAll() {
    return mastered.keepsNothing() || moves.isMisjudged();
  }

  /** How many buckets had moved to this node in the previous view and are kept in this one. */
  public int movesKept() {
    return movesKept;
  }

  /**
   * Version of the newest past image that members have reported of a block under recovery; 0 if
   * there is none.
   */
  public long pastVersion(BlockId block) {
    return underRecovery(block).pastVersion;
  }

  /** The node that keeps that past image. */
  public int pastKeeper(BlockId block) {
    return underRecovery(block).pastKeeper;
  }

  /** A version that the block under recovery had at some time; nothing older may be served. */
  public long atLeast(BlockId block) {
    return underRecovery(block).atLeast;
  }

  /** The disk holds the newest version that exists: the block is served from here on. */
  public void recovered(BlockId block) {
    DirectoryEntry entry = underRecovery(block);
    entry.checkInvariants();
    entry.state = State.SERVE;
    entry.atLeast = 0;
    entry.forgetPast();
    proceed(entry);
  }

  /**
   * Quarantines a block that cannot be recovered: requests for it get an error. The logs of failed
   * nodes are kept as long as there is such a block.
   *
   * @param atLeast a version that the block is known to have had, 0 if there is none
   */
  public void quarantine(BlockId block, long atLeast) {
    DirectoryEntry entry = underRecovery(block);
    entry.atLeast = Math.max(entry.atLeast, atLeast);
    entry.state = State.SERVE;
    entry.quarantined = true;
    room.quarantined(1);
    entry.lookAgainNs = effects.nowNs() + LOOK_AGAIN_NS;
    entry.checkInvariants();
    proceed(entry);
  }

  /**
   * The block may have been repaired: asks for a recovery attempt, which {@link #beginLook} starts.
   */
  private void lookAgain(DirectoryEntry entry) {
    if (entry.state == State.SERVE
        && entry.transaction == null
        && !entry.lookWanted
        && effects.nowNs() - entry.lookAgainNs >= 0) {
      entry.lookWanted = true;
      effects.recoverAgain(entry.block());
    }
  }

  /**
   * Starts a recovery attempt of a quarantined block: its requests wait from now on. Until then
   * they are answered at once.
   *
   * @return false if that is not possible now, because a transaction is in progress
   */
  public boolean beginLook(BlockId block) {
    DirectoryEntry entry = entries.findActive(block);
    if (entry == null || !entry.quarantined) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, "block " + block + " is not quarantined: " + entry);
    }
    entry.lookWanted = false;
    if (entry.transaction != null) {
      return false; // the next request asks for an attempt again
    }
    entry.state = State.RECOVER;
    entry.quarantined = false;
    room.quarantined(-1);
    entry.checkInvariants();
    return true;
  }

  /** No recovery attempt was possible; the next one follows after a pause. */
  public void postponeLook(BlockId block) {
    DirectoryEntry entry = entries.findActive(block);
    entry.lookWanted = false;
    entry.lookAgainNs = effects.nowNs() + LOOK_AGAIN_NS;
  }

  /** The quarantined blocks, including those whose recovery is being attempted. */
  public List<BlockId> quarantined() {
    return entries.activeEntries().stream()
        .filter(entry -> entry.quarantined || entry.state == State.RECOVER)
        .map(DirectoryEntry::block)
        .toList();
  }

  private DirectoryEntry underRecovery(BlockId block) {
    DirectoryEntry entry = entries.findActive(block);
    if (entry == null || entry.state != State.RECOVER) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, "block " + block + " is not under recovery: " + entry);
    }
    return entry;
  }

  /** What moves of buckets do with the directory. */
  private final class Moving implements BucketMoves.Entries {
    @Override
    public boolean isRebuilding() {
      return mastered.isRebuilding();
    }

    @Override
    public List<DirectoryEntry> of(int bucket) {
      return entries.of(bucket);
    }

    @Override
    public void remove(int bucket) {
      entries.remove(bucket);
      room.onRemoved(bucket);
    }

    @Override
    public void serve(MovedEntry moved) {
      DirectoryEntry entry = entries.make(moved.block(), State.SERVE);
      entry.owner = moved.owner();
      moved.sharers().forEach(entry::addSharer);
      moved.queue().forEach(entry::enqueue);
      entry.checkInvariants();
      proceed(entry);
    }

    @Override
    public void resume(int bucket) {
      for (DirectoryEntry entry : of(bucket)) {
        if (entry.transaction == null && entry.hasWaiting()) {
          proceed(entry);
        }
      }
    }

    @Override
    public void receive(int from, CacheFusionMessage message) {
      switch (message) {
        case CacheFusionMessage.Request request -> recvRequest(from, request);
        case CacheFusionMessage.Release release -> recvRelease(from, release);
        default -> throw new IllegalArgumentException(message + " has not waited");
      }
    }
  }

  /** The directory's state of a block. */
  public DirectoryState inspect(BlockId block) {
    DirectoryEntry entry = entries.peek(block);
    if (entry != null) {
      return entry.inspect();
    }
    int bucket = Buckets.of(block.file(), block.number());
    return DirectoryEntry.unheld(!mastered.isLost(block) && !moves.isSent(bucket));
  }
}
