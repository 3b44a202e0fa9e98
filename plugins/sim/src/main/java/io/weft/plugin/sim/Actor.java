// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.Access;
import io.weft.api.Category;
import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.Durability;
import io.weft.api.ExclusiveLease;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.Scope;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * A user of one node, as a state machine: takes a few blocks through the asynchronous calls, holds
 * them over several events, writes, commits or aborts, and starts over. Compares everything that it
 * sees with the {@link History}.
 *
 * <p>Content that actors write: the block's version at offset 0, its index plus 1 at offset 8, and
 * values that no other write has at random places behind.
 */
final class Actor {
  private static final int VERSION_AT = 0;
  private static final int INDEX_AT = 8;
  private static final int FREE_FROM = 16;
  private static final int MAX_WRITES = 3;
  private static final int MOST_SEEN = 64;
  private static final Duration FOR_EVER = Duration.ofDays(1);

  private enum State {
    IDLE,
    WAITING,
    HOLDING,
    COMMITTING
  }

  private final SimCluster cluster;
  private final Simulation simulation;
  private final SplittableRandom random;
  private final History history;
  private final Blocks blocks;
  private final Holders holders;
  private final Workload workload;
  private final CoherentCache cache;
  private final SimNode home;
  private final Life node;
  private final int id;
  private final Reading strict;
  private final Reading relaxed;
  private final Change change;

  private final int[] wanted;
  private final boolean[] wantedExclusively;
  private int wantedCount;
  private int taken;
  private int nextWanted;
  private int committing;
  private boolean tookEffect;

  private final SharedLease[] leases;
  private final int[] leasedBlocks;
  private final boolean[] leasedExclusively;
  private final boolean[] declared;

  /** What the present strict scope has shown. */
  private final int[] seenBlocks = new int[MOST_SEEN];

  private final long[] seenVersions = new long[MOST_SEEN];
  private int seen;

  /**
   * Offsets and values of the writes of the present change, {@value #MAX_WRITES} for each lease.
   */
  private final int[] offsets;

  private final long[] values;
  private final int[] writes;

  private State state = State.IDLE;
  private Scope scope;
  private boolean scopeIsStrict;
  private boolean changeAfterwards;

  /** Whether all that was looked at counts if the scope closes well. */
  private boolean trusted;

  private boolean givesUpSoon;

  /** The last asynchronous call. */
  private CompletionStage<? extends SharedLease> asking = new CompletableFuture<>();

  /** Whether the user has ended the call itself. */
  private boolean changedMind;

  private int stepsToHold;
  private long waitingSince;
  private int asked = -1;
  private long uniqueValue;

  Actor(SimCluster cluster, SimNode home, int id) {
    this.cluster = cluster;
    this.simulation = cluster.simulation();
    this.random = simulation.random();
    this.history = cluster.history();
    this.blocks = history.blocks();
    this.holders = cluster.holders();
    this.workload = cluster.options().workload();
    this.cache = home.cache();
    this.home = home;
    this.node = home.life();
    this.id = id;
    this.strict = cache.newReading(ReadConsistency.STRICT);
    this.relaxed = cache.newReading(ReadConsistency.RELAXED);
    this.change = cache.newChange();
    this.uniqueValue = (long) (id + 1) << 40;
    int most = workload.maxBlocks() + 1;
    this.wanted = new int[most];
    this.wantedExclusively = new boolean[most];
    this.leases = new SharedLease[most];
    this.leasedBlocks = new int[most];
    this.leasedExclusively = new boolean[most];
    this.declared = new boolean[most];
    this.writes = new int[most];
    this.offsets = new int[most * MAX_WRITES];
    this.values = new long[most * MAX_WRITES];
    this.scope = strict;
  }

  Life life() {
    return node;
  }

  boolean belongsTo(SimNode other) {
    return home == other;
  }

  boolean isIdle() {
    return state == State.IDLE;
  }

  boolean isOverdue(long now, long limitNs) {
    return (state == State.WAITING || state == State.COMMITTING) && now - waitingSince > limitNs;
  }

  /** Starts the next scope after a pause, unless the cluster has enough. */
  void rest() {
    state = State.IDLE;
    asked = -1;
    if (cluster.wantsMore(home)) {
      later(workload.think(), this::begin);
    }
  }

  /** Does a step later, as the user's thread. */
  private void later(Delay delay, Runnable step) {
    simulation.schedule(delay, node, () -> simulation.asThread(() -> guarded(step)));
  }

  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (WeftException e) {
      failed(e);
    } catch (RuntimeException e) {
      simulation.violate(new Violation(Invariant.NODE_RUNS, this + " met " + e, e));
    }
  }

  // ---- choosing ------------------------------------------------------------------------------

  private void begin() {
    if (state != State.IDLE || !cluster.wantsMore(home)) {
      return;
    }
    givesUpSoon = simulation.chance(workload.timeoutPerMille());
    changeAfterwards = false;
    int choice =
        random.nextInt(
            workload.read()
                + workload.change()
                + workload.readThenChange()
                + workload.mixed()
                + workload.tries()
                + workload.prefetch()
                + workload.writeBack());
    if ((choice -= workload.read()) < 0) {
      read(1 + random.nextInt(workload.maxBlocks()));
    } else if ((choice -= workload.change()) < 0) {
      change(1 + random.nextInt(workload.maxBlocks()), false);
    } else if ((choice -= workload.readThenChange()) < 0) {
      changeAfterwards = true;
      read(1);
    } else if ((choice -= workload.mixed()) < 0) {
      change(1 + random.nextInt(workload.maxBlocks()), true);
    } else if ((choice -= workload.tries()) < 0) {
      tryWithoutWaiting();
    } else if ((choice - workload.prefetch()) < 0) {
      prefetch();
    } else {
      writeBack();
    }
  }

  private void read(int count) {
    scopeIsStrict = random.nextBoolean();
    start(scopeIsStrict ? strict : relaxed);
    chooseBlocks(count);
    askNext();
  }

  private void change(int count, boolean alsoReads) {
    start(change);
    scopeIsStrict = false;
    chooseBlocks(count);
    for (int i = 0; i < wantedCount; i++) {
      wantedExclusively[i] = !alsoReads || random.nextBoolean();
    }
    askNext();
  }

  private void start(Scope next) {
    scope = next;
    taken = 0;
    nextWanted = 0;
    asked = -1;
    stepsToHold = random.nextInt(4);
    trusted = true;
    seen = 0;
    next.timeout(FOR_EVER);
  }

  private void chooseBlocks(int count) {
    wantedCount = 0;
    for (int i = 0; i < count; i++) {
      int block = randomBlock();
      int at = wantedCount;
      while (at > 0 && isAfter(wanted[at - 1], block)) {
        at--;
      }
      if (at == 0 || wanted[at - 1] != block) {
        System.arraycopy(wanted, at, wanted, at + 1, wantedCount - at);
        wanted[at] = block;
        wantedCount++;
      }
    }
    for (int i = 0; i < wantedCount; i++) {
      wantedExclusively[i] = false;
    }
  }

  private boolean isAfter(int a, int b) {
    return blocks.file(a) != blocks.file(b)
        ? blocks.file(a) > blocks.file(b)
        : blocks.number(a) > blocks.number(b);
  }

  private int randomBlock() {
    return random.nextBoolean()
        ? random.nextInt(workload.hotBlocks())
        : random.nextInt(blocks.count());
  }

  // ---- taking --------------------------------------------------------------------------------

  private void askNext() {
    if (nextWanted == wantedCount) {
      state = State.HOLDING;
      holdOn();
      return;
    }
    int block = wanted[nextWanted];
    boolean exclusive = wantedExclusively[nextWanted];
    nextWanted++;
    state = State.WAITING;
    waitingSince = simulation.now();
    asked = block;
    simulation.record(Trace.What.ASKED, node, block, id);
    if (givesUpSoon) {
      takeOrGiveUp(block, exclusive);
      return;
    }
    boolean inline = simulation.chance(workload.inlinePerMille());
    CompletionStage<? extends SharedLease> stage =
        exclusive
            ? change.exclusiveAsync(blocks.file(block), blocks.number(block))
            : scope.sharedAsync(blocks.file(block), blocks.number(block));
    asking = stage;
    if (simulation.chance(workload.timeoutPerMille())) {
      later(workload.hold(), () -> changeMind(stage));
    }
    stage.whenComplete(
        (lease, error) -> {
          if (error == null) {
            guarded(() -> leased(lease, block, exclusive));
          }
          if (inline) {
            simulation.asEvent(() -> goOn(stage, error));
          } else {
            simulation.schedule(
                workload.hold(), node, () -> simulation.asThread(() -> goOn(stage, error)));
          }
        });
  }

  /** Does not wait any longer: ends the stage, or closes the scope. */
  private void changeMind(CompletionStage<? extends SharedLease> stage) {
    if (asking != stage || stage.toCompletableFuture().isDone()) {
      return;
    }
    changedMind = true;
    simulation.record(Trace.What.GAVE_UP, node, asked, id);
    if (random.nextBoolean()) {
      stage.toCompletableFuture().cancel(false);
    } else {
      leaveAll();
      simulation.asEvent(scope::close); // one thread: what follows from it comes after it
    }
  }

  /** The blocking call, whose caller runs out of time the moment that it would have to wait. */
  private void takeOrGiveUp(int block, boolean exclusive) {
    int file = blocks.file(block);
    long number = blocks.number(block);
    SharedLease lease =
        SimRuntime.givingUp(
            home.runtime(),
            () -> exclusive ? change.exclusive(file, number) : scope.shared(file, number));
    leased(lease, block, exclusive);
    later(workload.hold(), this::askNext);
  }

  private void goOn(CompletionStage<? extends SharedLease> stage, Throwable error) {
    if (asking != stage) {
      return; // the scope has failed meanwhile, and this with it
    }
    if (error == null) {
      guarded(this::askNext);
    } else {
      guarded(() -> failed(error));
    }
  }

  private void leased(SharedLease lease, int block, boolean exclusive) {
    simulation.record(Trace.What.LEASED, node, block, lease.version());
    asked = -1;
    state = State.HOLDING;
    leases[taken] = lease;
    leasedBlocks[taken] = block;
    leasedExclusively[taken] = exclusive;
    declared[taken] = false;
    writes[taken] = 0;
    taken++;
    holders.enter(block, node, exclusive);
    compare(taken - 1);
    if (scopeIsStrict) {
      seenBlocks[seen] = block;
      seenVersions[seen++] = lease.version();
    }
    if (!lease.mode().permits(exclusive ? Access.EXCLUSIVE : Access.SHARED)) {
      simulation.violate(
          Invariant.SWMR, this + " gets a lease in mode " + lease.mode() + " on its last block");
    }
    if (scopeIsStrict && node.isLeased() && !history.isDurable(block, lease.version())) {
      simulation.violate(
          Invariant.STRICT_READ,
          this + " is shown version " + lease.version() + " of " + history.describe(block));
    }
  }

  /** What the lease shows is the latest version; while it is held nobody changes that. */
  private void compare(int index) {
    int block = leasedBlocks[index];
    SharedLease lease = leases[index];
    if (!node.isLeased()) {
      // others may go on without this node, but if they do, closing must fail (S7)
      trusted &=
          lease.version() == history.latest(block)
              && (declared[index] || history.isLatest(block, lease.content()));
      return;
    }
    if (lease.version() != history.latest(block)) {
      simulation.violate(
          Invariant.DATA_VALUE,
          this + " is shown version " + lease.version() + " of " + history.describe(block));
    } else if (!declared[index] && !history.isLatest(block, lease.content())) {
      simulation.violate(
          Invariant.DATA_VALUE,
          this
              + " is shown other content of version "
              + lease.version()
              + " of "
              + history.describe(block));
    }
  }

  private void tryWithoutWaiting() {
    boolean exclusive = random.nextBoolean();
    scopeIsStrict = !exclusive && random.nextBoolean();
    start(exclusive ? change : scopeIsStrict ? strict : relaxed);
    wantedCount = 0;
    int count = 1 + random.nextInt(workload.maxBlocks());
    for (int i = 0; i < count; i++) {
      tryOne(randomBlock(), exclusive);
    }
    if (taken == 0) {
      scope.close();
      rest();
    } else {
      holdOn();
    }
  }

  private void tryOne(int block, boolean exclusive) {
    for (int i = 0; i < taken; i++) {
      if (leasedBlocks[i] == block) {
        return;
      }
    }
    Optional<? extends SharedLease> lease =
        exclusive
            ? change.tryExclusive(blocks.file(block), blocks.number(block))
            : scope.tryShared(blocks.file(block), blocks.number(block));
    lease.ifPresent(got -> leased(got, block, exclusive));
  }

  // ---- holding -------------------------------------------------------------------------------

  private void holdOn() {
    state = State.HOLDING;
    later(workload.hold(), this::hold);
  }

  private void hold() {
    for (int i = 0; i < taken; i++) {
      compare(i);
    }
    if (stepsToHold > 0) {
      stepsToHold--;
      doSomething();
      holdOn();
    } else if (scope == change) {
      finishChange();
    } else {
      finishReading();
    }
  }

  private void doSomething() {
    if (scope == change && random.nextInt(6) > 0) {
      write(random.nextInt(taken));
    } else if (scope == change) {
      int index = random.nextInt(taken);
      if (taken > 1 && !declared[index] && random.nextInt(4) == 0) {
        closeOne(index);
      } else if (taken + 1 < leases.length) {
        tryOne(randomBlock(), random.nextBoolean());
      }
    } else if (taken > 1 && random.nextInt(4) == 0) {
      closeOne(random.nextInt(taken));
    } else if (taken + 1 < leases.length && random.nextInt(8) == 0) {
      tryOne(randomBlock(), false);
    }
  }

  private void write(int index) {
    if (!leasedExclusively[index] || writes[index] == MAX_WRITES) {
      return;
    }
    ExclusiveLease lease = (ExclusiveLease) leases[index];
    int block = leasedBlocks[index];
    if (!declared[index]) {
      declared[index] = true;
      MemorySegment head = change.writable(lease, VERSION_AT, FREE_FROM);
      head.set(ValueLayout.JAVA_LONG, VERSION_AT, lease.version() + 1);
      head.set(ValueLayout.JAVA_LONG, INDEX_AT, block + 1);
    }
    int longs = cache.contentBytes() / Long.BYTES;
    int offset = Long.BYTES * (FREE_FROM / Long.BYTES + random.nextInt(longs - 2));
    for (int i = 0; i < writes[index]; i++) {
      if (offsets[index * MAX_WRITES + i] == offset) {
        return;
      }
    }
    long value = ++uniqueValue;
    int length = Long.BYTES;
    if (random.nextInt(16) == 0) {
      length = cache.contentBytes() - offset; // declared as a whole, written in part
    }
    change.writable(lease, offset, length).set(ValueLayout.JAVA_LONG, 0, value);
    offsets[index * MAX_WRITES + writes[index]] = offset;
    values[index * MAX_WRITES + writes[index]] = value;
    writes[index]++;
    simulation.record(Trace.What.WROTE, node, block, offset);
  }

  // ---- finishing -----------------------------------------------------------------------------

  private void closeOne(int index) {
    compare(index);
    int block = leasedBlocks[index];
    boolean exclusive = leasedExclusively[index];
    SharedLease lease = leases[index];
    taken--;
    System.arraycopy(leases, index + 1, leases, index, taken - index);
    System.arraycopy(leasedBlocks, index + 1, leasedBlocks, index, taken - index);
    System.arraycopy(leasedExclusively, index + 1, leasedExclusively, index, taken - index);
    System.arraycopy(declared, index + 1, declared, index, taken - index);
    System.arraycopy(writes, index + 1, writes, index, taken - index);
    int rest = (taken - index) * MAX_WRITES;
    int from = (index + 1) * MAX_WRITES;
    System.arraycopy(offsets, from, offsets, from - MAX_WRITES, rest);
    System.arraycopy(values, from, values, from - MAX_WRITES, rest);
    holders.leave(block, node, exclusive);
    simulation.record(Trace.What.CLOSED, node, block, lease.version());
    lease.close();
  }

  private void finishReading() {
    while (taken > 1 && random.nextBoolean()) {
      closeOne(random.nextInt(taken));
    }
    leaveAll();
    scope.close();
    if (!trusted || !node.isLeased()) {
      simulation.violate(Invariant.STRICT_READ, this + " may believe what it read without a lease");
    }
    promiseSeen();
    cluster.operationDone();
    if (changeAfterwards) {
      changeAfterwards = false;
      start(change);
      scopeIsStrict = false;
      wantedExclusively[0] = true;
      askNext();
    } else {
      rest();
    }
  }

  /** What a strict read has shown is there for good (S6). */
  private void promiseSeen() {
    for (int i = 0; i < seen; i++) {
      history.promise(seenBlocks[i], seenVersions[i]);
    }
    seen = 0;
  }

  private void leaveAll() {
    for (int i = 0; i < taken; i++) {
      simulation.record(Trace.What.CLOSED, node, leasedBlocks[i], leases[i].version());
      holders.leave(leasedBlocks[i], node, leasedExclusively[i]);
    }
    taken = 0;
  }

  private void finishChange() {
    if (simulation.chance(workload.abortPerMille())) {
      simulation.record(Trace.What.ABORTED, node, id, taken);
      leaveAll();
      if (random.nextBoolean()) {
        change.abort();
      } else {
        change.close();
      }
      cluster.operationDone();
      rest();
      return;
    }
    for (int i = 0; i < taken; i++) {
      if (random.nextInt(8) > 0) {
        write(i);
      }
    }
    commit();
  }

  private void commit() {
    state = State.COMMITTING;
    waitingSince = simulation.now();
    int changed = 0;
    for (int i = 0; i < taken; i++) {
      changed += declared[i] ? 1 : 0;
    }
    int changedBlocks = changed;
    int count = taken;
    int[] committed = new int[count];
    long[] versions = new long[count];
    for (int i = 0; i < count; i++) {
      committed[i] = leasedBlocks[i];
      versions[i] = declared[i] ? leases[i].version() + 1 : 0;
    }
    simulation.record(Trace.What.COMMITTED, node, id, changed);
    committing = count;
    tookEffect = false;
    leaveAll();
    cluster.committing(this, changedBlocks);
    CompletionStage<?> stage = CompletableFuture.completedFuture(0L);
    boolean waits = random.nextInt(4) > 0;
    try {
      if (waits && givesUpSoon) {
        stage = commitAndGiveUp();
      } else if (waits) {
        stage = change.commitAsync();
      } else {
        Durability durability = random.nextBoolean() ? Durability.ASYNC : Durability.GROUP;
        SimRuntime.givingUp(home.runtime(), () -> change.commit(durability));
      }
    } catch (WeftException e) {
      checkOutcome(e);
      throw e;
    } finally {
      cluster.committed(this);
    }
    if (!waits) {
      cluster.operationDone();
      afterCommit();
      return;
    }
    stage.whenComplete(
        (scn, error) -> {
          if (error != null) {
            guarded(() -> failed(error));
            return;
          }
          for (int i = 0; i < count; i++) {
            if (versions[i] > 0) {
              history.promise(committed[i], versions[i]);
            }
            if (versions[i] > 0 && !history.isDurable(committed[i], versions[i])) {
              simulation.violate(
                  Invariant.STRICT_READ,
                  this
                      + " has a commit acknowledged that is not durable: version "
                      + versions[i]
                      + " of "
                      + history.describe(committed[i]));
            }
          }
          simulation.record(Trace.What.ACKED_COMMIT, node, id, changedBlocks);
          cluster.operationDone();
          later(workload.think(), this::afterCommit);
        });
  }

  /** The blocking call, whose time runs out; what has become of the change is asked again. */
  private CompletionStage<?> commitAndGiveUp() {
    try {
      long scn = SimRuntime.givingUp(home.runtime(), () -> change.commit());
      return CompletableFuture.completedFuture(scn);
    } catch (WeftException e) {
      checkOutcome(e);
      if (e.code() != CoreErrors.OUTCOME_UNKNOWN && e.code() != CoreErrors.LEASE_TIMEOUT) {
        throw e;
      }
      return change.commitAsync();
    }
  }

  /** The present change is in the log, and so in force. */
  void logged() {
    tookEffect = true;
  }

  /** A retryable error says that the change had no effect. */
  private void checkOutcome(WeftException error) {
    if (tookEffect && error.code().category() == Category.RETRYABLE) {
      simulation.violate(
          new Violation(
              Invariant.ATOMIC_CHANGE,
              this + " has a change in force and is told that it had no effect: " + error,
              error));
    }
  }

  private void afterCommit() {
    change.close();
    rest();
  }

  /** While this actor commits: whether the log is told exactly what the actor wrote. */
  boolean wrote(int block, long version) {
    for (int i = 0; i < committing; i++) {
      if (leasedBlocks[i] == block && declared[i] && history.latest(block) == version) {
        for (int j = 0; j < writes[i]; j++) {
          if (history.valueAt(block, offsets[i * MAX_WRITES + j]) != values[i * MAX_WRITES + j]) {
            return false;
          }
        }
        return history.valueAt(block, VERSION_AT) == version
            && history.valueAt(block, INDEX_AT) == block + 1;
      }
    }
    return false;
  }

  private void failed(Throwable thrown) {
    Throwable error =
        thrown instanceof CompletionException && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    simulation.record(Trace.What.FAILED, node, id, 0, error);
    boolean own = changedMind;
    changedMind = false;
    asking = new CompletableFuture<>();
    if (!own && !(error instanceof WeftException known && mayHappen(known))) {
      simulation.violate(new Violation(Invariant.NODE_RUNS, this + " failed: " + error, error));
      return;
    }
    if (error instanceof WeftException weft
        && weft.code() == CoreErrors.LEASE_TIMEOUT
        && !givesUpSoon) {
      simulation.violate(
          new Violation(Invariant.GRANTED, this + " timed out before its time: " + error, error));
    }
    cluster.callFailed();
    leaveAll();
    try {
      scope.close();
    } catch (WeftException e) {
      if (!mayHappen(e)) {
        throw e;
      }
    }
    rest();
  }

  private boolean mayHappen(WeftException error) {
    boolean lapsed = !node.isLeased() || node.wasWithoutLeaseSince(waitingSince);
    boolean away = lapsed || home.stopReason().isPresent();
    if (error.code() == CoreErrors.NODE_LEASE_OVER) {
      return away;
    }
    return error.code().category() == Category.RETRYABLE
        || error.code() == StoreErrors.QUARANTINED && cluster.disk().hasBeenInDoubt()
        || error.code() == CoreErrors.NODE_CLOSED && home.isLeaving()
        || error.code() == CoreErrors.SCOPE_FULL
            && taken >= cluster.options().frames() / cluster.options().shards()
        || error.code().category() == Category.FATAL && away
        || error.code() == CoreErrors.OUTCOME_UNKNOWN && away
        || error.code() == CoreErrors.NODE_CLOSED && away;
  }

  // ---- other calls ---------------------------------------------------------------------------

  private void prefetch() {
    int block = randomBlock();
    int count = 1 + random.nextInt(4);
    simulation.record(Trace.What.PREFETCH, node, block, count);
    cache.prefetch(blocks.file(block), blocks.number(block), count);
    rest();
  }

  private void writeBack() {
    state = State.COMMITTING;
    waitingSince = simulation.now();
    simulation.record(Trace.What.WRITE_BACK, node, id, 0);
    cache
        .writeBack()
        .whenComplete(
            (nothing, error) -> {
              simulation.record(Trace.What.WRITE_BACK, node, id, 1);
              simulation.schedule(
                  workload.think(),
                  node,
                  () ->
                      guarded(
                          () -> {
                            if (error != null) {
                              failed(error);
                            } else {
                              rest();
                            }
                          }));
            });
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("actor ").append(id).append(" of ").append(node).append(' ').append(state);
    if (asked >= 0) {
      text.append(" for ").append(blocks.name(asked));
      text.append(" since ").append(waitingSince / 1000).append(" us");
    }
    for (int i = 0; i < taken; i++) {
      text.append(i == 0 ? " holding " : ", ").append(blocks.name(leasedBlocks[i]));
      text.append(leasedExclusively[i] ? " X" : " S");
    }
    return text.toString();
  }
}
