// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static io.weft.cachefusion.protocol.DirectoryEntry.NOBODY;
import static io.weft.cachefusion.protocol.DirectoryEntry.bit;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.InvariantCheck;
import io.weft.cachefusion.protocol.DirectoryEntry.Queued;
import io.weft.cachefusion.protocol.DirectoryEntry.State;
import io.weft.cachefusion.protocol.DirectoryEntry.Transaction;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.spec.DirectoryState;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.directory.BucketMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The master's side: who holds the blocks of this shard that this node masters, and one transaction
 * for each block at a time. Handlers carry the names of the specification's actions.
 *
 * <p>A block without an entry is held by nobody and current on disk; while a view is being
 * installed, one whose bucket is {@link MasteredBuckets#isLost lost} is unknown. The states of a
 * block are drawn in {@link DirectoryEntry}.
 *
 * <p>Long because the handlers of one machine are read together.
 */
public final class Directory {
  /** Between two looks at a quarantined block, however often it is asked for. */
  private static final long LOOK_AGAIN_NS = TimeUnit.SECONDS.toNanos(10);

  private final int self;
  private final Rules rules;
  private final Effects effects;
  private final Map<BlockId, DirectoryEntry> entries = new HashMap<>();
  private final MasteredBuckets mastered;

  /** Entries under rebuild that do not have to wait for the end of outsiders. */
  private final Set<DirectoryEntry> unfenced = new LinkedHashSet<>(); // in an order that repeats

  /**
   * Counts the shard's transactions, around after 2^32 - 1 of them; a stamp therefore never comes
   * twice for a block while a message with it is under way.
   */
  private int stamps;

  public Directory(int self, Rules rules, Effects effects) {
    this.self = self;
    this.mastered = new MasteredBuckets(self);
    this.rules = rules;
    this.effects = effects;
  }

  /** A request: start its transaction, queue it, or refuse the prefetch. */
  public void recvRequest(int from, CacheFusionMessage.Request request) {
    mastered.checkMaster(from, request);
    DirectoryEntry entry = findOrMake(request.block());
    if (entry.quarantined && !request.prefetch()) {
      lookAgain(entry);
    }
    boolean idle = entry.state == State.SERVE && rules.idle(entry.transaction != null);
    if (request.prefetch() && (!idle || entry.owner != NOBODY || entry.quarantined)) {
      entry.sharers = rules.afterRefusal(entry.sharers, from);
      entry.checkInvariants();
      effects.send(from, new CacheFusionMessage.Refused(request.block()));
      return;
    }
    Queued queued = new Queued(from, request.access(), request.ticket());
    if (idle) {
      begin(entry, queued);
    } else {
      entry.enqueue(queued);
      if (entry.state == State.RECOVER) {
        effects.touched(entry.block, entry.queue.size());
      }
    }
    entry.checkInvariants();
  }

  private DirectoryEntry findOrMake(BlockId block) {
    return entries.computeIfAbsent(
        block, b -> new DirectoryEntry(b, mastered.isLost(b) ? State.REBUILD : State.SERVE));
  }

  /** Never the reserved value. */
  private int nextStamp() {
    if (++stamps == CacheFusionMessage.NO_STAMP) {
      stamps++;
    }
    return stamps;
  }

  /** Lets the count go on behind that stamp; for tests. */
  void stampsFrom(int last) {
    stamps = last;
  }

  private void begin(DirectoryEntry entry, Queued next) {
    InvariantCheck.holds(entry.state == State.SERVE, "only what is served is under way", entry);
    entry.stamp = nextStamp();
    int requester = next.node();
    boolean exclusive = next.access() == Access.EXCLUSIVE;
    if (entry.quarantined) {
      entry.transaction = new Transaction(requester, next.access(), NOBODY);
      effects.send(requester, new CacheFusionMessage.Quarantined(entry.block, entry.stamp));
    } else if (entry.owner != NOBODY) {
      forward(entry, next, entry.owner, 0);
    } else if (entry.sharers == 0) {
      entry.transaction = new Transaction(requester, next.access(), NOBODY);
      grant(entry, requester, true, 0);
    } else if (!exclusive) {
      forward(entry, next, entry.anySharer(self), 0);
    } else if (entry.isSharedBy(requester)) {
      long others = rules.others(entry.sharers, requester, requester);
      entry.transaction = new Transaction(requester, next.access(), NOBODY);
      grant(entry, requester, false, others);
      invalidate(entry, requester, others);
    } else {
      int source = entry.anySharer(self);
      long others = rules.others(entry.sharers, requester, source);
      forward(entry, next, source, others);
      invalidate(entry, requester, others);
    }
    assert entry.transaction.requester() == requester : entry;
  }

  private void forward(DirectoryEntry entry, Queued next, int source, long invalidated) {
    InvariantCheck.holds(entry.isHeldBy(source), "who is to ship a block holds it", entry);
    entry.transaction = new Transaction(next.node(), next.access(), source);
    effects.send(
        source,
        new CacheFusionMessage.Forward(
            entry.block, entry.stamp, next.access(), next.node(), next.ticket(), invalidated));
  }

  private void grant(DirectoryEntry entry, int requester, boolean fromDisk, long invalidated) {
    effects.send(
        requester, new CacheFusionMessage.Grant(entry.block, entry.stamp, fromDisk, invalidated));
  }

  private void invalidate(DirectoryEntry entry, int requester, long nodes) {
    for (long rest = nodes; rest != 0; rest &= rest - 1) {
      effects.send(
          Long.numberOfTrailingZeros(rest),
          new CacheFusionMessage.Invalidate(entry.block, entry.stamp, requester));
    }
  }

  /** The requester holds the block, or could not read it: close the transaction, start the next. */
  public void recvDone(int from, CacheFusionMessage.Done done) {
    DirectoryEntry entry = entries.get(done.block());
    if (entry == null
        || entry.transaction == null
        || entry.transaction.requester() != from
        || entry.stamp != done.stamp()) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, done + " from n" + from + " fits no transaction: " + entry);
    }
    if (rules.holdsAfterDone(done.failed())) {
      entry.grant(entry.transaction);
    }
    entry.transaction = null;
    entry.checkInvariants();
    proceed(entry);
  }

  /** Answers the releases that waited, and starts the next transaction. */
  private void proceed(DirectoryEntry entry) {
    InvariantCheck.holds(entry.state == State.SERVE, "only what is served goes on", entry);
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

  /** A holder would like to give the block up. */
  public void recvRelease(int from, CacheFusionMessage.Release release) {
    mastered.checkMaster(from, release);
    DirectoryEntry entry = findOrMake(release.block());
    if (entry.state != State.SERVE
        || entry.transaction != null && waitsForDone(entry.transaction, from)) {
      entry.parkedReleases |= bit(from);
      return;
    }
    answerRelease(entry, from);
    entry.checkInvariants();
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

  private void answerRelease(DirectoryEntry entry, int from) {
    InvariantCheck.holds(
        entry.state == State.SERVE, "releases are answered of what is served", entry);
    boolean holds = entry.isHeldBy(from);
    Transaction transaction = entry.transaction;
    boolean crossing =
        rules.crossing(
            transaction != null,
            transaction != null && transaction.access() == Access.EXCLUSIVE,
            transaction != null && transaction.source() == from);
    if (rules.refusesRelease(holds, crossing)) {
      effects.send(from, new CacheFusionMessage.ReleaseRefused(entry.block));
      return;
    }
    // Who does not hold the block has lost it, or repeats in a new view what was granted before.
    entry.withdraw(from);
    effects.send(from, new CacheFusionMessage.ReleaseAccepted(entry.block));
  }

  /** The keeper of a past image would like the block on disk: pass it on to a holder. */
  public void recvWriteRequest(int from, CacheFusionMessage.WriteRequest request) {
    mastered.checkMaster(from, request);
    DirectoryEntry entry = entries.get(request.block());
    if (mastered.isLost(request.block())) {
      return; // the keeper asks again
    }
    if (entry == null) {
      effects.send(from, new CacheFusionMessage.Written(request.block(), request.version()));
    } else if (entry.quarantined) {
      effects.send(
          from,
          new CacheFusionMessage.Quarantined(
              request.block(), CacheFusionMessage.Quarantined.TO_KEEPER));
    } else if (entry.transaction == null && entry.state == State.SERVE && entry.holders() != 0) {
      int holder = entry.owner != NOBODY ? entry.owner : entry.anySharer(self);
      effects.send(
          holder,
          new CacheFusionMessage.WriteRequest(request.block(), request.version(), true, from));
    }
    // With a transaction under way the keeper asks again later.
  }

  private void forgetIfUnused(DirectoryEntry entry) {
    if (entry.state == State.SERVE
        && !entry.quarantined
        && entry.transaction == null
        && entry.holders() == 0) {
      entries.remove(entry.block);
    }
  }

  // ---- view change ---------------------------------------------------------------------------

  /**
   * Goes over into a view: keeps what no message under way and no outsider can have touched, and
   * forgets the rest.
   *
   * @param previous the map of the view before, if this node has installed it and had rebuilt its
   *     directory in it; else nothing is kept
   * @param now the map of the view
   * @param insiders bitmap of the nodes that are members in the same incarnation as before
   * @return blocks of kept buckets whose entries are not kept, and which an insider may hold
   */
  public List<BlockId> install(Optional<BucketMap> previous, BucketMap now, long insiders) {
    mastered.install(previous, now);
    unfenced.clear();
    List<BlockId> suspects = new ArrayList<>();
    for (Iterator<DirectoryEntry> all = entries.values().iterator(); all.hasNext(); ) {
      DirectoryEntry entry = all.next();
      if (!mastered.keeps(entry.bucket)) {
        all.remove();
        continue;
      }
      boolean free =
          entry.transaction == null || entry.quarantined; // an error is under way at most
      boolean idle = entry.state == State.SERVE && free;
      long holders = entry.holders();
      if (!rules.keepsEntry(idle, (holders & ~insiders) == 0)) {
        boolean insidersOnly = entry.state == State.SERVE && (entry.involved() & ~insiders) == 0;
        // What only outsiders held need not be named: past images are told unasked.
        if (!idle || (holders & insiders) != 0) {
          suspects.add(entry.block);
        }
        entry.forget();
        if (rules.sparesFence(insidersOnly)) {
          unfenced.add(entry);
        }
      } else {
        entry.keep();
      }
      assert entry.state != State.SERVE || !mastered.isLost(entry.block) : entry;
    }
    InvariantCheck.holds(
        isRebuilding(), "a view is installed before its directory is rebuilt", now);
    return suspects;
  }

  /**
   * All members have reported: serves the blocks that were merely busy between insiders. Failed
   * nodes had nothing to do with them, so it need not be certain yet that they have stopped (R33).
   *
   * @param reports by the reporting node
   */
  public void rebuildBusy(Map<Integer, List<Held>> reports) {
    reports.forEach(
        (node, held) -> {
          for (Held each : held) {
            DirectoryEntry entry = entries.get(each.block());
            if (entry != null && unfenced.contains(entry)) {
              register(node, each);
            }
          }
        });
    for (DirectoryEntry entry : unfenced) {
      InvariantCheck.holds(entry.state == State.REBUILD, "what is rebuilt was forgotten", entry);
      if (entry.holders() != 0 || !entry.hasHadNewer()) { // a past image has to wait for redo
        entry.state = State.SERVE;
        entry.checkInvariants();
        proceed(entry);
      }
    }
    unfenced.clear();
  }

  /**
   * All members have reported, everybody else has stopped: knows again who holds what, and serves.
   *
   * @param reports by the reporting node
   * @param stale blocks of this shard, mastered here, that may be old on disk: redo of failed nodes
   *     names them, or an image is kept beside the blocks; may name a block twice
   * @return the blocks that are not served yet, because they need redo or a past image
   */
  public List<BlockId> rebuild(Map<Integer, List<Held>> reports, List<BlockId> stale) {
    InvariantCheck.holds(isRebuilding(), "a directory is rebuilt once in a view", reports.keySet());
    reports.forEach((node, held) -> held.forEach(each -> register(node, each)));
    for (BlockId block : stale) {
      if (mastered.isLost(block)) {
        findOrMake(block);
      }
      DirectoryEntry entry = entries.get(block);
      if (entry != null && entry.state == State.REBUILD && entry.holders() == 0) {
        entry.state = State.RECOVER;
      }
    }
    mastered.rebuilt();
    List<BlockId> toRecover = new ArrayList<>();
    List<DirectoryEntry> toServe = new ArrayList<>();
    for (Iterator<DirectoryEntry> all = entries.values().iterator(); all.hasNext(); ) {
      DirectoryEntry entry = all.next();
      entry.checkInvariants();
      if (entry.state == State.REBUILD && entry.holders() == 0 && entry.hasHadNewer()) {
        entry.state = State.RECOVER;
      }
      if (entry.state == State.RECOVER) {
        toRecover.add(entry.block);
        if (!entry.queue.isEmpty()) {
          effects.touched(entry.block, entry.queue.size());
        }
      } else if (entry.state == State.REBUILD) {
        entry.state = State.SERVE;
        if (entry.isUnused()) {
          all.remove(); // most of them, if the failed nodes held much
        } else {
          toServe.add(entry);
        }
      }
    }
    toServe.forEach(this::proceed);
    return toRecover;
  }

  private void register(int node, Held held) {
    if (!mastered.isLost(held.block()) && !entries.containsKey(held.block())) {
      return; // kept, and known to be held by nobody
    }
    DirectoryEntry entry = findOrMake(held.block());
    if (entry.state != State.REBUILD && !entry.quarantined) {
      return; // kept
    }
    entry.report(node, held);
  }

  /** Whether the members have not told yet what they hold: {@link #rebuild} is still to come. */
  public boolean isRebuilding() {
    return mastered.isRebuilding();
  }

  /** Whether no bucket's entries survive from the view before. */
  public boolean keepsNothing() {
    return mastered.keepsNothing();
  }

  /** The newest past image that members have reported of a block under recovery; 0: none. */
  public long pastVersion(BlockId block) {
    return underRecovery(block).pastVersion;
  }

  /** Who keeps that past image. */
  public int pastKeeper(BlockId block) {
    return underRecovery(block).pastKeeper;
  }

  /** A version that the block under recovery has had: nothing older may be served. */
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
   * The block cannot be recovered: who asks for it gets an error, and nobody the block. The logs of
   * the failed nodes are kept as long as there is such a block.
   *
   * @param atLeast a version that it is known to have had, 0 if there is none
   */
  public void quarantine(BlockId block, long atLeast) {
    DirectoryEntry entry = underRecovery(block);
    entry.atLeast = Math.max(entry.atLeast, atLeast);
    entry.state = State.SERVE;
    entry.quarantined = true;
    entry.lookAgainNs = effects.nowNs() + LOOK_AGAIN_NS;
    entry.checkInvariants();
    proceed(entry);
  }

  /** Somebody may have mended it meanwhile: a look is wanted, and {@link #beginLook} begins it. */
  private void lookAgain(DirectoryEntry entry) {
    if (entry.state == State.SERVE
        && entry.transaction == null
        && !entry.lookWanted
        && effects.nowNs() - entry.lookAgainNs >= 0) {
      entry.lookWanted = true;
      effects.recoverAgain(entry.block);
    }
  }

  /**
   * It is the block's turn to be looked at again: requests wait from here on. Until then they are
   * answered at once, however many other blocks are to be looked at before.
   *
   * @return false if that is not possible now, since somebody is just being answered
   */
  public boolean beginLook(BlockId block) {
    DirectoryEntry entry = entries.get(block);
    if (entry == null || !entry.quarantined) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, "block " + block + " is not quarantined: " + entry);
    }
    entry.lookWanted = false;
    if (entry.transaction != null) {
      return false; // the next request asks for a look again
    }
    entry.state = State.RECOVER;
    entry.quarantined = false;
    entry.checkInvariants();
    return true;
  }

  /** No look has been possible: the next one after a pause. */
  public void postponeLook(BlockId block) {
    DirectoryEntry entry = entries.get(block);
    entry.lookWanted = false;
    entry.lookAgainNs = effects.nowNs() + LOOK_AGAIN_NS;
  }

  /** The blocks that nobody gets, also those that are being looked at again and need redo yet. */
  public List<BlockId> quarantined() {
    return entries.values().stream()
        .filter(entry -> entry.quarantined || entry.state == State.RECOVER)
        .map(entry -> entry.block)
        .toList();
  }

  private DirectoryEntry underRecovery(BlockId block) {
    DirectoryEntry entry = entries.get(block);
    if (entry == null || entry.state != State.RECOVER) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, "block " + block + " is not under recovery: " + entry);
    }
    return entry;
  }

  /** What the directory knows of a block. */
  public DirectoryState inspect(BlockId block) {
    DirectoryEntry entry = entries.get(block);
    return entry == null ? DirectoryEntry.unheld(!mastered.isLost(block)) : entry.inspect();
  }
}
