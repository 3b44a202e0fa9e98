// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.api.Change;
import io.weft.api.Durability;
import io.weft.api.ReadConsistency;
import io.weft.api.Reading;
import io.weft.api.Scope;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.node.SimRuntime;
import io.weft.plugin.sim.options.Workload;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.plugin.sim.time.Violation;
import io.weft.spi.cache.CoherentCache;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A user of one node, as a state machine: takes a few blocks through the asynchronous calls, holds
 * them over several events, writes, commits or aborts, and starts over. Compares everything that it
 * sees with the {@link History} ({@link ActorChecks}).
 *
 * <p>Content that actors write: what {@link HeldBlocks} says, with values that no other write has,
 * at random places.
 */
final class Actor {
  private static final Duration FOR_EVER = Duration.ofDays(1);

  private enum State {
    IDLE,
    WAITING,
    HOLDING,
    COMMITTING
  }

  private final int id;
  private final SimNode home;
  private final SimProcess node;
  private final Simulation simulation;
  private final SplittableRandom random;
  private final Blocks blocks;
  private final Workload workload;
  private final Progress progress;
  private final ActorChecks checks;
  private final CoherentCache cache;
  private final Reading strict;
  private final Reading relaxed;
  private final Change change;

  private final BlockCalls calls;
  private final WantedBlocks wanted;
  private final HeldBlocks held;
  private final ActorCommit commit;

  private State state = State.IDLE;
  private Scope scope;
  private boolean changeAfterwards;
  private boolean givesUpSoon;

  /** The last asynchronous call. */
  private CompletionStage<? extends SharedLease> asking = new CompletableFuture<>();

  /** Whether the user has ended the call itself. */
  private boolean changedMind;

  private int stepsToHold;
  private long waitingSince;
  private int asked = -1;
  private long uniqueValue;

  /**
   * A user of {@code home}.
   *
   * @param id unlike that of any other user
   */
  Actor(
      int id,
      SimNode home,
      Simulation simulation,
      History history,
      Workload workload,
      Progress progress,
      CommitChecks commits,
      ActorChecks checks) {
    this.id = id;
    this.home = home;
    this.node = home.process();
    this.simulation = simulation;
    this.random = simulation.random();
    this.blocks = history.blocks();
    this.workload = workload;
    this.progress = progress;
    this.checks = checks;
    this.cache = home.cache();
    this.strict = cache.newReading(ReadConsistency.STRICT);
    this.relaxed = cache.newReading(ReadConsistency.RELAXED);
    this.change = cache.newChange();
    this.uniqueValue = (long) (id + 1) << 40;
    int most = workload.maxBlocks() + 1;
    this.wanted = new WantedBlocks(blocks, workload.hotBlocks(), most, random);
    this.calls = new BlockCalls(blocks, change);
    this.held = new HeldBlocks(most);
    this.commit = new ActorCommit(this, home, change, held, history, commits, checks);
    this.scope = strict;
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
    if (wantsMore()) {
      later(workload.think(), this::begin);
    }
  }

  private boolean wantsMore() {
    return progress.wantsMore() && !home.isLeaving();
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
    if (state != State.IDLE || !wantsMore()) {
      return;
    }
    givesUpSoon = simulation.chance(workload.timeoutPerMille());
    changeAfterwards = false;
    switch (workload.draw(random)) {
      case READ -> read(1 + random.nextInt(workload.maxBlocks()));
      case CHANGE -> change(1 + random.nextInt(workload.maxBlocks()), false);
      case READ_THEN_CHANGE -> {
        changeAfterwards = true;
        read(1);
      }
      case MIXED -> change(1 + random.nextInt(workload.maxBlocks()), true);
      case TRY -> tryWithoutWaiting();
      case PREFETCH -> prefetch();
      case WRITE_BACK -> writeBack();
    }
  }

  private void read(int count) {
    start(random.nextBoolean() ? strict : relaxed);
    wanted.draw(count);
    askNext();
  }

  private void change(int count, boolean alsoReads) {
    start(change);
    wanted.draw(count);
    wanted.wantExclusively(() -> !alsoReads || random.nextBoolean());
    askNext();
  }

  private void start(Scope next) {
    scope = next;
    held.clear();
    asked = -1;
    stepsToHold = random.nextInt(4);
    checks.scopeBegins(next == strict);
    next.timeout(FOR_EVER);
  }

  // ---- taking --------------------------------------------------------------------------------

  private void askNext() {
    if (!wanted.hasNext()) {
      holdOn();
      return;
    }
    boolean exclusive = wanted.isNextExclusive();
    int block = wanted.next();
    state = State.WAITING;
    waitingSince = simulation.now();
    asked = block;
    simulation.record(Trace.What.ASKED, node, block, id);
    if (givesUpSoon) {
      takeOrGiveUp(block, exclusive);
      return;
    }
    boolean inline = simulation.chance(workload.inlinePerMille());
    CompletionStage<? extends SharedLease> stage = calls.ask(scope, block, exclusive);
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
      checks.leftAll(held);
      simulation.asEvent(scope::close); // one thread: what follows from it comes after it
    }
  }

  /** The blocking call, whose caller runs out of time the moment that it would have to wait. */
  private void takeOrGiveUp(int block, boolean exclusive) {
    SharedLease lease =
        SimRuntime.givingUp(home.runtime(), () -> calls.take(scope, block, exclusive));
    leased(lease, block, exclusive);
    later(workload.hold(), this::askNext);
  }

  private void goOn(CompletionStage<? extends SharedLease> stage, Throwable error) {
    if (asking != stage) {
      return; // the scope has failed meanwhile, and this with it
    }
    proceed(error, this::askNext);
  }

  private void proceed(Throwable error, Runnable next) {
    guarded(error == null ? next : () -> failed(error));
  }

  private void leased(SharedLease lease, int block, boolean exclusive) {
    simulation.record(Trace.What.LEASED, node, block, lease.version());
    asked = -1;
    state = State.HOLDING;
    held.add(lease, block, exclusive);
    checks.leased(this, held);
  }

  private void tryWithoutWaiting() {
    boolean exclusive = random.nextBoolean();
    boolean isStrict = !exclusive && random.nextBoolean();
    start(exclusive ? change : isStrict ? strict : relaxed);
    wanted.draw(0);
    int count = 1 + random.nextInt(workload.maxBlocks());
    for (int i = 0; i < count; i++) {
      tryOne(wanted.any(), exclusive);
    }
    if (held.count() == 0) {
      scope.close();
      rest();
    } else {
      holdOn();
    }
  }

  private void tryOne(int block, boolean exclusive) {
    if (!held.holds(block)) {
      calls.attempt(scope, block, exclusive).ifPresent(got -> leased(got, block, exclusive));
    }
  }

  // ---- holding -------------------------------------------------------------------------------

  private void holdOn() {
    state = State.HOLDING;
    later(workload.hold(), this::hold);
  }

  private void hold() {
    for (int i = 0; i < held.count(); i++) {
      checks.shows(this, held, i);
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
    int count = held.count();
    if (scope == change && random.nextInt(6) > 0) {
      write(random.nextInt(count));
    } else if (scope == change) {
      int index = random.nextInt(count);
      if (count > 1 && !held.isDeclared(index) && random.nextInt(4) == 0) {
        closeOne(index);
      } else if (count + 1 < held.most()) {
        tryOne(wanted.any(), random.nextBoolean());
      }
    } else if (count > 1 && random.nextInt(4) == 0) {
      closeOne(random.nextInt(count));
    } else if (count + 1 < held.most() && random.nextInt(8) == 0) {
      tryOne(wanted.any(), false);
    }
  }

  private void write(int index) {
    if (!held.isExclusive(index) || held.isFull(index)) {
      return;
    }
    held.declare(index, change);
    int longs = cache.contentBytes() / Long.BYTES;
    int offset = Long.BYTES * (HeldBlocks.FREE_FROM / Long.BYTES + random.nextInt(longs - 2));
    if (held.hasWritten(index, offset)) {
      return;
    }
    boolean asAWhole = random.nextInt(16) == 0; // declared as a whole, written in part
    int bytes = asAWhole ? cache.contentBytes() - offset : Long.BYTES;
    held.write(index, change, offset, bytes, ++uniqueValue);
    simulation.record(Trace.What.WROTE, node, held.block(index), offset);
  }

  // ---- finishing -----------------------------------------------------------------------------

  private void closeOne(int index) {
    SharedLease lease = held.lease(index);
    checks.shows(this, held, index);
    checks.left(held, index);
    held.remove(index);
    lease.close();
  }

  private void finishReading() {
    while (held.count() > 1 && random.nextBoolean()) {
      closeOne(random.nextInt(held.count()));
    }
    checks.leftAll(held);
    scope.close();
    checks.readingClosed(this);
    progress.operationDone();
    if (changeAfterwards) {
      changeAfterwards = false;
      start(change);
      wanted.again();
      askNext();
    } else {
      rest();
    }
  }

  private void finishChange() {
    if (simulation.chance(workload.abortPerMille())) {
      simulation.record(Trace.What.ABORTED, node, id, held.count());
      checks.leftAll(held);
      if (random.nextBoolean()) {
        change.abort();
      } else {
        change.close();
      }
      progress.operationDone();
      rest();
      return;
    }
    for (int i = 0; i < held.count(); i++) {
      if (random.nextInt(8) > 0) {
        write(i);
      }
    }
    commit();
  }

  private void commit() {
    state = State.COMMITTING;
    waitingSince = simulation.now();
    int changed = commit.prepare();
    simulation.record(Trace.What.COMMITTED, node, id, changed);
    checks.leftAll(held);
    boolean waits = random.nextInt(4) > 0;
    if (!waits) {
      commit.makeLazily(random.nextBoolean() ? Durability.ASYNC : Durability.GROUP);
      progress.operationDone();
      afterCommit();
      return;
    }
    Runnable acknowledgement = commit.acknowledgement();
    commit
        .make(givesUpSoon)
        .whenComplete(
            (scn, error) -> {
              if (error != null) {
                guarded(() -> failed(error));
                return;
              }
              acknowledgement.run();
              simulation.record(Trace.What.ACKED_COMMIT, node, id, changed);
              progress.operationDone();
              later(workload.think(), this::afterCommit);
            });
  }

  private void afterCommit() {
    change.close();
    rest();
  }

  private void failed(Throwable thrown) {
    Throwable error = ActorChecks.causeOf(thrown);
    simulation.record(Trace.What.FAILED, node, id, 0, error);
    boolean own = changedMind;
    changedMind = false;
    asking = new CompletableFuture<>();
    if (!own && !(error instanceof WeftException known && mayHappen(known))) {
      simulation.violate(new Violation(Invariant.NODE_RUNS, this + " failed: " + error, error));
      return;
    }
    if (!givesUpSoon) {
      checks.waitedLongEnough(this, error);
    }
    progress.callFailed();
    checks.leftAll(held);
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
    return checks.mayHappen(error, waitingSince, held.count());
  }

  // ---- other calls ---------------------------------------------------------------------------

  private void prefetch() {
    int block = wanted.any();
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
              simulation.schedule(workload.think(), node, () -> proceed(error, this::rest));
            });
  }

  @Override
  public String toString() {
    String asks =
        asked < 0 ? "" : " for " + blocks.name(asked) + " since " + waitingSince / 1000 + " us";
    return "actor " + id + " of " + node + ' ' + state + asks + held.describe(blocks);
  }
}
