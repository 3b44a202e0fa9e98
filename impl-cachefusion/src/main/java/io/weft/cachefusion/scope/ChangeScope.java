// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.api.Access;
import io.weft.api.Change;
import io.weft.api.CoreErrors;
import io.weft.api.Durability;
import io.weft.api.ExclusiveLease;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.LockedBlock;
import io.weft.api.Scn;
import io.weft.api.WeftException;
import io.weft.spi.redo.RedoRecord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A change. It writes in place and saves the old bytes of the declared ranges for an abort. At
 * commit it appends one redo record for all blocks before it unpins any of them (S1).
 */
public final class ChangeScope extends LeaseScope implements Change {
  /** Initial capacity for declared ranges; grows by doubling. */
  private static final int FIRST_RANGES = 4;

  /** Initial capacity for saved old bytes; grows on demand. */
  private static final int FIRST_UNDO_BYTES = 256;

  /** A callback that does nothing. */
  private static final Runnable NOTHING = () -> {};

  private Lease[] rangeLease = new Lease[FIRST_RANGES];
  private int[] rangeOffset = new int[FIRST_RANGES];
  private int[] rangeLength = new int[FIRST_RANGES];
  private int ranges;
  private byte[] undo = new byte[FIRST_UNDO_BYTES];
  private int undoBytes;
  private final Record record = new Record();

  /** The largest redo LSN of blocks whose leases were closed before the end. */
  private long seenLsn;

  /**
   * Redo LSN of a commit whose durability is not known; the next field is its SCN. 0 if there is
   * none.
   */
  private long undecidedLsn;

  private long undecidedScn;

  /**
   * The exception with which the last commit aborted the change: a RuntimeException or Error; null
   * if it did not.
   */
  private Throwable verdict;

  /**
   * {@link #attempts} at the last commit; a commit repeated without new leases has the same
   * outcome.
   */
  private int attemptsBefore;

  public ChangeScope(ScopeContext context) {
    super(context, false);
  }

  @Override
  public ExclusiveLease exclusive(int level, int file, long number) {
    return take(level, file, number, Access.EXCLUSIVE);
  }

  @Override
  public Optional<ExclusiveLease> tryExclusive(int file, long number) {
    return widen(tryTake(file, number, Access.EXCLUSIVE));
  }

  @Override
  public CompletionStage<ExclusiveLease> exclusiveAsync(int file, long number) {
    return takeAsync(file, number, Access.EXCLUSIVE);
  }

  @Override
  public LockedBlock<ExclusiveLease> exclusiveUnder(
      LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout) {
    return new LockedTake(this, owner, name, mode, timeout).take(file, number, Access.EXCLUSIVE);
  }

  @Override
  public CompletionStage<LockedBlock<ExclusiveLease>> exclusiveUnderAsync(
      LockOwner owner, LockName name, LockMode mode, int file, long number, Duration timeout) {
    return new LockedTake(this, owner, name, mode, timeout)
        .takeAsync(file, number, Access.EXCLUSIVE);
  }

  @Override
  public MemorySegment writable(ExclusiveLease exclusive, int offset, int length) {
    Lease lease = own(exclusive);
    int content = frames.layout().contentBytes();
    if (offset < 0 || length < 1 || length > content - offset) {
      throw new WeftException(
          CoreErrors.OUT_OF_BLOCK,
          "range of "
              + length
              + " bytes at "
              + offset
              + " leaves the "
              + content
              + " bytes of block "
              + lease.file()
              + ":"
              + lease.number());
    }
    MemorySegment target = frames.content(lease.frame());
    keepForAbort(lease, target, offset, length);
    return lease.handOut(target.asSlice(offset, length));
  }

  private Lease own(ExclusiveLease exclusive) {
    if (!(exclusive instanceof Lease lease)
        || !lease.isOf(this)
        || !lease.isOpen()
        || !lease.isExclusive()) {
      throw new WeftException(
          CoreErrors.ILLEGAL_USE,
          "the lease is closed, shared, or belongs to another change; ranges are declared with an"
              + " open exclusive lease of the change itself");
    }
    return lease;
  }

  private void keepForAbort(Lease lease, MemorySegment target, int offset, int length) {
    if (ranges == rangeLease.length) {
      rangeLease = Arrays.copyOf(rangeLease, ranges * 2);
      rangeOffset = Arrays.copyOf(rangeOffset, ranges * 2);
      rangeLength = Arrays.copyOf(rangeLength, ranges * 2);
    }
    if (undo.length - undoBytes < length) {
      undo = Arrays.copyOf(undo, Math.max(undo.length * 2, undoBytes + length));
    }
    MemorySegment.copy(target, ValueLayout.JAVA_BYTE, offset, undo, undoBytes, length);
    rangeLease[ranges] = lease;
    rangeOffset[ranges] = offset;
    rangeLength[ranges] = length;
    ranges++;
    undoBytes += length;
    lease.ranges++;
  }

  @Override
  public long commit(Durability durability) {
    Objects.requireNonNull(durability, "the durability of a commit is null");
    long lsn = apply(true);
    long scn = record.scn;
    undecidedLsn = lsn;
    undecidedScn = scn;
    switch (durability) {
      case SYNC -> awaitOutcome(lsn, scn);
      case GROUP -> {
        if (scn != 0) { // other callers' redo is flushed by them
          context.redo().whenDurable(lsn, NOTHING); // asks for a flush
        }
      }
      case ASYNC -> {}
    }
    checkMembershipLease(scn);
    undecidedLsn = 0;
    return scn;
  }

  /**
   * Checks the membership lease before a commit is acknowledged (S7).
   *
   * @param scn of the change that has taken effect; 0 if nothing has
   */
  private void checkMembershipLease(long scn) {
    try {
      run.checkMembershipLease();
    } catch (WeftException e) {
      if (scn == 0) {
        verdict = e;
      }
      throw outcome(e, scn);
    }
  }

  /** Waits for the redo of a change that has taken effect and cannot be aborted any more. */
  private void awaitOutcome(long lsn, long scn) {
    try {
      awaitDurable(lsn);
    } catch (WeftException e) {
      throw outcome(e, scn);
    }
  }

  /** After a change has taken effect, no retryable error is thrown (API-11). */
  private static WeftException outcome(WeftException reason, long scn) {
    return scn == 0 || reason.code() == CoreErrors.NODE_STOPPED ? reason : undecided(reason, scn);
  }

  private static WeftException undecided(WeftException reason, long scn) {
    return new WeftException(
        CoreErrors.OUTCOME_UNKNOWN,
        "the change with SCN "
            + scn
            + " has taken effect and must not be repeated, but is not known to be durable: "
            + reason.getMessage()
            + "; commit again to go on waiting for it",
        reason);
  }

  @Override
  public CompletionStage<Scn> commitAsync() {
    long lsn = apply(false);
    long value = record.scn;
    Scn scn = new Scn(value);
    undecidedLsn = 0; // from now on the stage reports the outcome
    CompletableFuture<Scn> durable = new CompletableFuture<>();
    Consumer<WeftException> onStop =
        reason -> durable.completeExceptionally(outcome(reason, value));
    Runnable event =
        () -> {
          run.forgetListener(onStop);
          durable.complete(scn);
        };
    run.onStop(onStop);
    context.redo().whenDurable(lsn, event);
    if (!durable.isDone()) {
      durable.whenComplete(
          (_, thrown) -> {
            if (thrown != null) { // the caller has given up, or the node stops
              run.forgetListener(onStop);
              if (!run
                  .isStopped()) { // the log ends with the node, and each removal is a linear search
                context.redo().forget(lsn, event);
              }
            }
          });
    }
    return durable;
  }

  /**
   * Logs the change and releases all leases.
   *
   * @param mayWait whether the calling thread may wait for a system change number
   * @return the LSN that has to be durable before the commit is acknowledged: that of the record;
   *     for a change without writes, that of the newest version it has read, or the one that the
   *     previous commit left undecided
   */
  private long apply(boolean mayWait) {
    checkNotTaking();
    checkVerdict();
    if (ranges == 0) {
      long seen = Math.max(latestRedo(), undecidedLsn);
      record.scn = undecidedLsn == 0 ? 0 : undecidedScn;
      seenLsn = 0;
      unpinAll();
      checkMembershipLease(record.scn);
      return seen;
    }
    long lsn = log(mayWait);
    for (int i = 0; i < record.blocks; i++) {
      assert context.step();
      int frame = record.leases[i].frame();
      frames.version(frame, frames.version(frame) + 1);
      frames.redoLsn(frame, lsn);
      if (record.images[i]) {
        frames.imageLsn(frame, lsn);
      }
    }
    forgetRanges();
    unpinAll();
    return lsn;
  }

  /** Throws the exception of the last commit again, if no lease has been taken since. */
  private void checkVerdict() {
    boolean isAgain = attempts() == attemptsBefore;
    attemptsBefore = attempts();
    if (!isAgain) {
      undecidedLsn = 0;
      verdict = null;
      return;
    }
    switch (verdict) {
      case null -> {}
      case WeftException e -> throw ScopeWaiter.copyOf(e);
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new AssertionError(verdict);
    }
  }

  /** Appends the record. If that fails, nothing has been logged, and the change is aborted. */
  private long log(boolean mayWait) {
    try {
      run.checkMembershipLease();
      assert context.step();
      record.scn = commitScn(mayWait);
      record.fill();
      return context.redo().append(record);
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      abort();
      verdict = e;
      throw e;
    }
  }

  private long latestRedo() {
    long latest = seenLsn;
    for (int i = 0; i < handles(); i++) {
      Lease lease = handle(i);
      if (lease.isOpen()) {
        latest = Math.max(latest, frames.redoLsn(lease.frame()));
      }
    }
    return latest;
  }

  @Override
  public void abort() {
    undecidedLsn = 0;
    verdict = null;
    int at = undoBytes;
    for (int i = ranges - 1; i >= 0; i--) { // backwards, because ranges may overlap
      assert context.step();
      at -= rangeLength[i];
      MemorySegment target = frames.content(rangeLease[i].frame());
      MemorySegment.copy(undo, at, target, ValueLayout.JAVA_BYTE, rangeOffset[i], rangeLength[i]);
    }
    forgetRanges();
    unpinAll();
  }

  private void forgetRanges() {
    for (int i = 0; i < ranges; i++) {
      rangeLease[i].ranges = 0;
    }
    ranges = 0;
    undoBytes = 0;
    seenLsn = 0;
  }

  @Override
  void close(Lease lease) {
    if (lease.isOpen() && lease.ranges > 0) {
      throw new WeftException(
          CoreErrors.ILLEGAL_USE,
          "block "
              + lease.file()
              + ":"
              + lease.number()
              + " has declared ranges: commit or abort the change");
    }
    if (lease.isOpen()) {
      seenLsn = Math.max(seenLsn, frames.redoLsn(lease.frame()));
    }
    super.close(lease);
  }

  @Override
  void end(Lease lease) {
    if (lease.ranges > 0) {
      abort();
    } else {
      close(lease);
    }
  }

  @Override
  public void close() {
    abort();
  }

  /** The change as the redo log sees it, filled anew for each commit. */
  private final class Record implements RedoRecord {
    private Lease[] leases = new Lease[FIRST_RANGES];
    private boolean[] images = new boolean[FIRST_RANGES];
    private int blocks;
    private long scn;

    void fill() {
      blocks = 0;
      for (int i = 0; i < handles(); i++) {
        Lease lease = handle(i);
        if (lease.isOpen() && lease.ranges > 0) {
          if (blocks == leases.length) {
            leases = Arrays.copyOf(leases, blocks * 2);
            images = Arrays.copyOf(images, blocks * 2);
          }
          images[blocks] = false;
          leases[blocks++] = lease;
        }
      }
    }

    @Override
    public long scn() {
      return scn;
    }

    @Override
    public int blocks() {
      return blocks;
    }

    @Override
    public int file(int index) {
      return leases[index].file();
    }

    @Override
    public long number(int index) {
      return leases[index].number();
    }

    @Override
    public long version(int index) {
      return frames.version(leases[index].frame()) + 1;
    }

    @Override
    public MemorySegment content(int index) {
      return frames.readOnly(leases[index].frame());
    }

    @Override
    public int ranges(int index) {
      return leases[index].ranges;
    }

    @Override
    public long lastImageLsn(int index) {
      return frames.imageLsn(leases[index].frame());
    }

    @Override
    public long seenLsn() {
      return latestRedo();
    }

    @Override
    public void imageLogged(int index) {
      images[index] = true;
    }

    @Override
    public int rangeOffset(int index, int range) {
      return rangeOffset[find(index, range)];
    }

    @Override
    public int rangeLength(int index, int range) {
      return rangeLength[find(index, range)];
    }

    private int find(int index, int range) {
      int left = range;
      for (int i = 0; i < ranges; i++) {
        if (rangeLease[i] == leases[index] && left-- == 0) {
          return i;
        }
      }
      throw new IndexOutOfBoundsException("range " + range + " of block " + index);
    }
  }
}
