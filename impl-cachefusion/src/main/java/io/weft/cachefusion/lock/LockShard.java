// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.CoreErrors;
import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.SerialExecutor;
import io.weft.cachefusion.spec.LockRules;
import io.weft.spi.directory.BucketMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * The locks of some buckets: this node's part of them, and what it knows of them as their master. A
 * serial executor runs all events of the shard. Locks of one bucket are in the same shard on the
 * node and, if it is their master, in its role as master.
 *
 * <p>Long because it is where all events of locks enter: those of owners, messages, and the steps
 * of a view change.
 */
final class LockShard implements LockEffects {
  /** Most locks that are dropped after one event. An event lists at most one. */
  private static final int MOST_DROPS = 2;

  private final NodeServices node;
  private final LockRules rules;
  private final LockClock clock;
  private final LockCounters counters;
  private final LockSending sending;
  private final Limits limits;
  private final SerialExecutor executor;

  /** Ordered, so that reports and simulated runs are reproducible. */
  private final Map<LockName, LockAtNode> locks = new LinkedHashMap<>();

  private final MasteredLocks mastered;

  /** Messages of this node to itself, handled at the end of the event that sent them. */
  private final ArrayDeque<LockMessage.About> own = new ArrayDeque<>();

  private final EpochEvents events;

  private long requests;
  private WeftException stopped;
  private WeftException ending;
  private CompletableFuture<Void> ended;

  /** Locks that the node keeps without an owner; the first one lost its last owner first. */
  private final LockList kept = new LockList();

  /** Locks for which requests wait here, or of which owners hold what is revoked. */
  private final LockList contended = new LockList();

  /** Requests that wait. */
  private int waiting;

  /** Whether a look at their age is scheduled. */
  private boolean isWatching;

  /** For statistics, read by any thread: locks with an owner, kept without one, mastered. */
  private final AtomicInteger heldNow = new AtomicInteger();

  private final AtomicInteger cachedNow = new AtomicInteger();
  private final AtomicInteger masteredNow = new AtomicInteger();

  /** Numbers of locks now: held by owners, kept without one, mastered. */
  record Counts(int held, int cached, int mastered) {}

  /**
   * Bounds of one shard.
   *
   * @param cached most locks that are kept without an owner
   * @param held most locks with an owner, or with a request
   * @param waiting most requests that wait
   */
  record Limits(int cached, int held, int waiting) {}

  /**
   * Creates a shard without locks, in no view.
   *
   * @param index number of the shard; its buckets are those with this remainder
   * @param count number of shards, a power of two
   */
  LockShard(
      int index,
      int count,
      NodeServices node,
      LockRules rules,
      LockClock clock,
      LockCounters counters,
      LockSending sending,
      Limits limits) {
    this.node = node;
    this.rules = rules;
    this.clock = clock;
    this.counters = counters;
    this.sending = sending;
    this.limits = limits;
    this.events = new EpochEvents(rules);
    this.mastered = new MasteredLocks(index, count, node.self(), rules, this, sending);
    this.executor =
        new SerialExecutor(node.runtime(), node.bursts(), this::afterEvent, node.run()::onFailure);
  }

  // ---- events, from any thread ---------------------------------------------------------------

  /** An owner asks. Without the owner's monitor. */
  void submit(LockRequest request) {
    executor.execute(request);
  }

  /** An owner asks for what it can have at once. Without the owner's monitor. */
  void submit(TakeAtOnce take) {
    executor.execute(take);
  }

  /** The caller of a request has given up. Then {@link #work}. */
  void queueLeft(LockRequest request) {
    queueSurely(() -> onLeft(request));
  }

  /** An owner converts down, and may write the value. Then {@link #work}. */
  void queueConvertDown(Hold hold, LockMode target, Optional<LockValue> written) {
    queueSurely(() -> onConvertDown(hold, target, written));
  }

  /** An owner releases. Then {@link #work}. */
  void queueRelease(Hold hold) {
    queueSurely(hold);
  }

  /**
   * Handles what an owner has queued; one call for each event. The owner queues under its monitor,
   * so that events of a hold are in order, but works without it: this thread then also runs events
   * of other owners, which enter their monitors.
   */
  void work() {
    executor.work();
  }

  /** An event that must not be lost: without it, a lock would stay held. */
  private void queueSurely(Runnable event) {
    try {
      executor.queue(event);
    } catch (OutOfMemoryError | StackOverflowError e) {
      executor.fail(e);
      throw e;
    }
  }

  /** A message sent in epoch {@code sent} has arrived. */
  void receive(int from, long sent, LockMessage.About message) {
    executor.execute(() -> inEpoch(sent, () -> handle(from, message)));
  }

  /** A part of the locks of a bucket has arrived, sent in epoch {@code sent}. */
  void receive(long sent, LockMessage.Transfer transfer) {
    executor.execute(() -> inEpoch(sent, () -> mastered.recvTransfer(transfer)));
  }

  /**
   * A bucket has moved in the view of {@code moved}: its locks follow. The caller is the shard of
   * the bucket's blocks, so the event, which may run actions of owners, runs on another thread. It
   * runs before all events that come later.
   */
  void move(long moved, int bucket, int master, int number) {
    executor.executeElsewhere(() -> inEpoch(moved, () -> mastered.learn(bucket, master, number)));
  }

  /**
   * Installs a view.
   *
   * @param insiders the members that were members of the view before in the same incarnation
   * @param done gets whether the shard keeps all locks that this node masters according to the maps
   *     of both views
   */
  void install(long epoch, BucketMap masters, IntPredicate insiders, Consumer<Boolean> done) {
    executor.execute(
        () -> {
          if (stopped == null) {
            done.accept(onInstall(epoch, masters, insiders));
          }
        });
  }

  /** All nodes outside the view of {@code epoch} have certainly stopped. */
  void repair(long epoch) {
    executor.execute(
        () -> {
          if (stopped == null && epoch == events.epoch()) {
            mastered.repair();
          }
        });
  }

  /** All members have reported, and all nodes outside the view have certainly stopped. */
  void rebuild(long epoch, LockReports reports) {
    executor.execute(
        () -> {
          if (stopped == null && epoch == events.epoch()) {
            mastered.rebuild(reports);
          }
        });
  }

  /** Collects what this node reports to the master {@code to}. */
  void report(int to, boolean keeps, long epoch, Consumer<Part> then) {
    executor.execute(
        () -> {
          if (stopped == null && epoch == events.epoch()) {
            then.accept(reportTo(to, keeps));
          }
        });
  }

  /** What one shard reports. */
  record Part(List<LockMessage.Held> held, List<LockMessage.Known> known) {}

  /** Collects the waits of this shard. */
  void waits(Consumer<List<LockMessage.LockWaits>> then) {
    executor.execute(
        () -> {
          if (stopped == null) {
            then.accept(allWaits());
          }
        });
  }

  /** Ends a wait that is part of a deadlock. */
  void endWait(LockMessage.EndWait m) {
    executor.execute(
        () -> {
          LockAtNode lock = locks.get(m.name());
          if (stopped == null && lock != null) {
            lock.endWait(
                m.owner(),
                m.stamp(),
                new WeftException(
                    LockErrors.DEADLOCK,
                    "the wait for lock "
                        + m.name()
                        + " is part of a deadlock and was ended: "
                        + m.cycle()
                        + "; release the locks of this owner, so that the others go on, and try"
                        + " again"));
            tidy(lock);
          }
        });
  }

  /** Ends all holds and gives all locks back: the node leaves. */
  void end(WeftException reason, CompletableFuture<Void> done) {
    executor.execute(
        () -> {
          if (stopped != null) {
            done.completeExceptionally(stopped);
            return;
          }
          ending = reason;
          ended = done;
          for (LockAtNode lock : List.copyOf(locks.values())) {
            lock.end(reason);
            tidy(lock);
          }
        });
  }

  /** The node stops. */
  void fail(WeftException reason) {
    executor.executeFirst(() -> onFail(reason));
  }

  /** Resumes work that was interrupted by lack of memory or stack. */
  void look() {
    executor.look();
  }

  Counts counts() {
    return new Counts(heldNow.get(), cachedNow.get(), masteredNow.get());
  }

  // ---- owners, on the executor ---------------------------------------------------------------

  /** Grants a lock that the node has kept; anything else is left to a request. */
  void onTakeAtOnce(TakeAtOnce take) {
    boolean serves = stopped == null && ending == null && waiting < limits.waiting;
    LockAtNode lock = serves ? locks.get(take.hold.name) : null;
    if (lock == null || !lock.takeAtOnce(take)) {
      take.refuse();
      return;
    }
    take.hold.lock = lock;
    tidy(lock);
  }

  void onRequest(LockRequest request) {
    WeftException refusal = refusal(request);
    if (refusal != null) {
      if (request.fail(refusal)) {
        request.hold.freeUnlessGranted();
        request.tell();
      }
      return;
    }
    Hold hold = request.hold;
    if (hold.lock == null) {
      hold.lock = locks.get(hold.name);
      if (hold.lock == null) {
        hold.lock = new LockAtNode(hold.name, rules, this, counters, clock.now());
        locks.put(hold.name, hold.lock);
      }
    }
    LockAtNode lock = hold.lock;
    lock.request(request);
    tidy(lock);
  }

  private WeftException refusal(LockRequest request) {
    if (stopped != null) {
      return stopped;
    }
    if (ending != null) {
      return ending;
    }
    if (waiting >= limits.waiting) {
      return new WeftException(
          CoreErrors.BACK_PRESSURED,
          "lock "
              + request.hold.name
              + ": "
              + limits.waiting
              + " requests already wait at its shard; retry later or raise"
              + " weft.cache-fusion.max-waiters");
    }
    if (request.hold.lock == null
        && locks.size() - kept.size() >= limits.held
        && !locks.containsKey(request.hold.name)) {
      return new WeftException(
          LockErrors.LOCKS_EXHAUSTED,
          "lock "
              + request.hold.name
              + ": this node's owners hold "
              + limits.held
              + " locks of its shard; release some or raise weft.cache-fusion.locks.held");
    }
    return null;
  }

  void onRelease(Hold hold) {
    LockAtNode lock = hold.lock;
    if (lock != null && stopped == null) {
      if (hold.written.isPresent() && hold.granted != null && hold.granted.mayWriteValue()) {
        lock.write(hold.written.get());
      }
      lock.release(hold);
      tidy(lock);
    }
    hold.lock = null;
    hold.free = true;
  }

  private void onConvertDown(Hold hold, LockMode target, Optional<LockValue> written) {
    LockAtNode lock = hold.lock;
    if (lock != null && stopped == null) {
      if (hold.granted != null && hold.granted.mayWriteValue()) {
        written.ifPresent(lock::write);
      }
      lock.convertDown(hold, target);
      tidy(lock);
    }
  }

  private void onLeft(LockRequest request) {
    Hold hold = request.hold;
    LockAtNode lock = hold.lock;
    if (lock != null && stopped == null) {
      lock.left(request);
      tidy(lock);
    }
    hold.freeUnlessGranted();
  }

  // ---- messages, on the executor -------------------------------------------------------------

  private void inEpoch(long of, Runnable event) {
    if (stopped == null) {
      events.run(of, event);
    }
  }

  private void handle(int from, LockMessage.About message) {
    switch (message) {
      case LockMessage.Request _, LockMessage.Down _, LockMessage.NotHeld _, LockMessage.InUse _ ->
          mastered.receive(from, message);
      case LockMessage.Grant m -> {
        if (!atNode(m.name(), lock -> lock.recvGrant(m)) && m.mode() != LockMode.NL) {
          saysItHoldsNothing(m.name(), m.grant());
        }
      }
      case LockMessage.Revoke m -> {
        if (!atNode(m.name(), lock -> lock.recvRevoke(m)) && !m.takesBack()) {
          saysItHoldsNothing(m.name(), m.grant());
        }
      }
      case LockMessage.DownAck m -> atNode(m.name(), LockAtNode::recvDownAck);
      case LockMessage.Moved m -> {
        mastered.learn(LockShards.bucketOf(m.name()), m.master(), m.number());
        if (rules.sendsAgain()) {
          toMaster(m.message());
        }
      }
    }
  }

  /** An event of a lock at this node; false if this node has forgotten it. */
  private boolean atNode(LockName name, Consumer<LockAtNode> event) {
    LockAtNode lock = locks.get(name);
    if (lock == null) {
      return false;
    }
    event.accept(lock);
    tidy(lock);
    return true;
  }

  /** The answer to a message about a grant of a lock that this node has forgotten. */
  private void saysItHoldsNothing(LockName name, long grant) {
    if (rules.saysWhatItDoesNotHold()) {
      toMaster(new LockMessage.NotHeld(name, LockMode.NL, grant));
    }
  }

  // ---- view changes, on the executor ---------------------------------------------------------

  private boolean onInstall(long newEpoch, BucketMap newMasters, IntPredicate insiders) {
    own.clear();
    boolean keepsAll = mastered.install(newEpoch, newMasters, insiders);
    events.install(newEpoch);
    for (LockAtNode lock : List.copyOf(locks.values())) {
      lock.install();
      tidy(lock);
    }
    events.runWaiting();
    return keepsAll;
  }

  private Part reportTo(int to, boolean keeps) {
    List<LockMessage.Held> held = new ArrayList<>();
    for (LockAtNode lock : locks.values()) {
      if (lock.hasToReport() && mastered.isAskedFor(lock.name(), to, keeps)) {
        held.add(lock.report());
      }
    }
    return new Part(held, mastered.knownFor(to, keeps));
  }

  // ---- waits, on the executor ----------------------------------------------------------------

  private List<LockMessage.LockWaits> allWaits() {
    List<LockMessage.LockWaits> all = new ArrayList<>();
    Map<LockName, List<Integer>> queues = mastered.queues();
    queues.forEach(
        (name, queue) -> {
          LockAtNode lock = locks.get(name);
          if (lock == null) {
            all.add(new LockMessage.LockWaits(name, 0, List.of(), List.of(), queue));
          } else {
            lock.waits(queue).ifPresent(all::add);
          }
        });
    for (LockAtNode lock : contended) {
      if (!queues.containsKey(lock.name())) {
        lock.waits(List.of()).ifPresent(all::add);
      }
    }
    return all;
  }

  /** Looks at the age of waits from time to time while there are any. */
  private void watchWaits() {
    if (waiting > 0 && !isWatching) {
      isWatching = true;
      node.runtime().schedule(DeadlockDetector.LOOK_NS, () -> executor.execute(this::lookAtWaits));
    }
  }

  private void lookAtWaits() {
    isWatching = false;
    if (stopped != null) {
      return;
    }
    long since = node.runtime().nanoTime() - DeadlockDetector.OLD_NS;
    for (LockAtNode lock : contended) {
      if (lock.hasWaitedSince(since)) {
        sending.suspect();
        break;
      }
    }
    watchWaits();
  }

  // ---- after an event ------------------------------------------------------------------------

  private void afterEvent() {
    for (int tries = MOST_DROPS; kept.size() > limits.cached && tries > 0; tries--) {
      LockAtNode old = kept.removeOldest();
      old.drop();
      tidy(old); // it is listed again if it could not be dropped now
    }
    for (LockMessage.About next = own.poll(); next != null; next = own.poll()) {
      handle(node.self(), next);
    }
    watchWaits();
    heldNow.lazySet(locks.size() - kept.size());
    cachedNow.lazySet(kept.size());
    masteredNow.lazySet(mastered.size());
    if (ended != null && locks.isEmpty()) {
      ended.complete(null);
      ended = null;
    }
  }

  /** After an event of a lock: lists it by its state, or forgets it. */
  private void tidy(LockAtNode lock) {
    int now = lock.waiting();
    waiting += now - lock.countedWaiting;
    lock.countedWaiting = now;
    LockList list = lock.isCached() ? kept : lock.isContended() ? contended : null;
    if (lock.list != list) {
      if (lock.list != null) {
        lock.list.remove(lock);
      }
      if (list != null) {
        list.add(lock);
      }
    }
    if (lock.isForgettable()) {
      locks.remove(lock.name());
    } else if (ending != null && list == kept) {
      lock.drop();
    }
  }

  private void onFail(WeftException reason) {
    if (stopped != null) {
      return;
    }
    stopped = reason;
    for (LockAtNode lock : List.copyOf(locks.values())) {
      lock.failWaiting(reason);
    }
    if (ended != null) {
      ended.completeExceptionally(reason);
      ended = null;
    }
    events.clear();
    mastered.clear();
    own.clear();
  }

  // ---- effects -------------------------------------------------------------------------------

  @Override
  public void toMaster(LockMessage.About message) {
    toNode(mastered.masterOf(message.name()), message);
  }

  @Override
  public void toNode(int to, LockMessage.About message) {
    if (to == node.self()) {
      own.add(message);
    } else {
      sending.send(to, events.epoch(), message);
    }
  }

  @Override
  public long nextNumber() {
    return clock.next();
  }

  @Override
  public long nanoTime() {
    return node.runtime().nanoTime();
  }

  @Override
  public long nextRequest() {
    return ++requests;
  }

  @Override
  public boolean isMember() {
    return events.epoch() > 0;
  }

  @Override
  public void lostValue() {
    counters.lost.increment();
  }
}
