// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.frame;

import io.weft.api.Access;
import io.weft.cachefusion.node.InvariantCheck;
import io.weft.spi.directory.Buckets;
import io.weft.spi.store.BlockLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The frames of a node: one off-heap region, block-aligned, and for each frame a record of atomics,
 * with which application threads pin and unpin without entering a shard.
 *
 * <pre>
 * state word of a frame
 *   63        32 31   20 19   18   17     16     15      0
 *  +------------+-------+-------+------+-------+----------+
 *  | generation | ships | right | slow | write | pins     |
 *  +------------+-------+-------+------+-------+----------+
 *   generation  grows whenever the frame gets another block: no ABA for late compare-and-sets
 *   ships       messages that still read the frame (S5): its content must not change
 *   right       0 none, 1 shared, 2 exclusive: what application threads may do now
 *   slow        pins are taken through the shard only; the last unpin notifies the shard
 *   write       pinned exclusively
 *   pins        pinned shared, by so many
 * </pre>
 *
 * <p>A frame belongs to one shard. Pinning and unpinning is done by any thread; everything else by
 * the shard's executor. Look-up follows hash chains while the shard changes them. It can miss a
 * block, and the shard then looks again. It cannot pin a wrong block, because the key is compared
 * between reading the word and the compare-and-set.
 *
 * <p>Long because all operations on the state word have to be read together.
 */
public final class FramePool implements AutoCloseable {
  /** No frame. */
  public static final int NONE = -1;

  /**
   * Most shared pins of a frame on the fast path; half the range of the field, so that an overflow
   * is visible in its top bit.
   */
  static final long MAX_PINS = 0x7FFF;

  /** Access to {@link #records}. */
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  /** Access to {@link #heads}. */
  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

  // ---- the state word, as drawn above

  /** Mask of the shared pins; the word grows by 1 with each. */
  private static final long PINS = 0xFFFFL;

  /** Pinned exclusively. */
  private static final long WRITE = 1L << 16;

  /** Pins are taken through the shard only. */
  private static final long SLOW = 1L << 17;

  /** The right to read, as a value of the two bits of the right. */
  private static final long SHARED = 1L << 18;

  /** The right to read and change, as a value of the same two bits. */
  private static final long EXCLUSIVE = 2L << 18;

  /** The two bits of the right. */
  private static final long RIGHT = 3L << 18;

  /** Increment for one more message that reads the frame. */
  private static final long SHIP = 1L << 20;

  /** Mask of the number of messages that read the frame. */
  private static final long SHIPS = 0xFFFL << 20;

  /** Increment of the generation, which fills the upper half of the word and may overflow. */
  private static final long GENERATION = 1L << 32;

  /**
   * If one of these bits is set, the fast path does not pin for reading; the last one means too
   * many pins.
   */
  private static final long REFUSES_SHARED = SLOW | WRITE | (MAX_PINS + 1);

  /** If one of these bits is set, the fast path does not pin for changing. */
  private static final long REFUSES_EXCLUSIVE = SLOW | WRITE | PINS | SHIPS;

  // ---- a frame's record

  /** Longs of a record, as a shift: two cache lines, so that neighbours do not share one. */
  private static final int STRIDE_SHIFT = 4;

  /** The state word. */
  private static final int WORD = 0;

  /** Number of the block in its file. */
  private static final int NUMBER = 1;

  /**
   * Upper half: the block's file. Lower half: the next frame of the hash chain plus one; 0 ends the
   * chain.
   */
  private static final int FILE_AND_NEXT = 2;

  /** Version of the image. */
  private static final int VERSION = 3;

  /** LSN: this node's redo of the image ends here. */
  private static final int REDO_LSN = 4;

  /** Use since the clock hand last passed: one of the values below. */
  private static final int USE = 5;

  /** Version that the disk is known to hold. */
  private static final int DISK_VERSION = 6;

  /** LSN of this node's last redo record with a full image of the block. */
  private static final int IMAGE_LSN = 7;

  // ---- values of the use field

  /** Not used since the clock hand last passed. */
  private static final long UNUSED = 0;

  /** Used since the clock hand last passed. */
  private static final long USED = 1;

  /** Prefetched and not used yet; so is every larger value. */
  private static final long PREFETCHED = 2;

  /** Prefetched, not used yet, and already spared once by the clock hand. */
  private static final long PREFETCHED_SPARED_ONCE = 3;

  /**
   * Most steps along a hash chain before the shard is asked; bounds a walk over a chain that
   * changes meanwhile.
   */
  private static final int MAX_STEPS = 32;

  private final int frames;
  private final BlockLayout layout;
  private final Arena arena;
  private final long[] records;
  private final int[] heads;
  private final int shardMask;
  private final int chainShift;
  private final int chainMask;
  private final MemorySegment[] physical;
  private final MemorySegment[] content;
  private final MemorySegment[] readOnly;

  /** For tests with assertions: runs at the two points of a pin where the shard may act. */
  private Runnable duringPin = () -> {};

  /**
   * Allocates and touches the region.
   *
   * @param frames number of frames, all shards together
   * @param shards number of shards, a power of two; each has its own hash chains
   */
  public FramePool(int frames, int shards, BlockLayout layout) {
    this.frames = frames;
    this.layout = layout;
    this.arena = Arena.ofShared();
    this.records = new long[frames << STRIDE_SHIFT];
    int chains = Integer.highestOneBit(Math.max(1, frames / shards * 2 - 1)) << 1;
    this.shardMask = shards - 1;
    this.chainShift = Integer.numberOfTrailingZeros(chains);
    this.chainMask = chains - 1;
    this.heads = new int[shards * chains];
    FrameImages images = FrameImages.allocate(arena, frames, layout);
    this.physical = images.physical();
    this.content = images.content();
    this.readOnly = images.readOnly();
  }

  public int frames() {
    return frames;
  }

  public BlockLayout layout() {
    return layout;
  }

  // ---- fast path: any thread -----------------------------------------------------------------

  /** The shard of a block: all blocks of a bucket, and so of an extent, share one. */
  public int shard(int file, long number) {
    return shardOfBucket(Buckets.of(file, number));
  }

  /** The shard of a bucket's blocks. */
  public int shardOfBucket(int bucket) {
    return bucket & shardMask;
  }

  private int chain(int file, long number) {
    long mixed = (number * 0x9E3779B97F4A7C15L) ^ (file * 0xC2B2AE3D27D4EB4FL);
    return (shard(file, number) << chainShift) | ((int) (mixed >>> 32) & chainMask);
  }

  /** Pins the block's frame for reading if it may be read at once; otherwise {@link #NONE}. */
  public int pinShared(int file, long number) {
    int frame = find(file, number);
    return frame != NONE && tryPin(frame, file, number, Access.SHARED) ? frame : NONE;
  }

  /** Pins the block's frame for changing if it may be changed at once; otherwise {@link #NONE}. */
  public int pinExclusive(int file, long number) {
    int frame = find(file, number);
    return frame != NONE && tryPin(frame, file, number, Access.EXCLUSIVE) ? frame : NONE;
  }

  /**
   * Pins the block's frame if the node has the right to it and the pins of other threads are gone
   * within {@code spins} looks; otherwise {@link #NONE}. A pin mostly lasts shorter than a visit to
   * the shard. A caller that waits there goes first: the slow bit keeps this one out.
   */
  public int pinSoon(int file, long number, Access access, int spins) {
    for (int spin = 0; spin < spins; spin++) {
      int frame = find(file, number);
      if (frame == NONE || !mayPinLater(frame, access)) {
        return NONE;
      }
      Thread.onSpinWait();
      if (tryPin(frame, file, number, access)) {
        return frame;
      }
    }
    return NONE;
  }

  /** Whether the right is there, so that only pins, or waiting callers, are in the way. */
  private boolean mayPinLater(int frame, Access access) {
    long word = (long) LONGS.getOpaque(records, (frame << STRIDE_SHIFT) + WORD);
    return access == Access.EXCLUSIVE
        ? (word & RIGHT) == EXCLUSIVE && (word & SHIPS) == 0
        : (word & RIGHT) != 0;
  }

  private int find(int file, long number) {
    int frame = (int) INTS.getAcquire(heads, chain(file, number)) - 1;
    for (int steps = 0; frame >= 0 && steps < MAX_STEPS; steps++) {
      int at = frame << STRIDE_SHIFT;
      long fileAndNext = (long) LONGS.getAcquire(records, at + FILE_AND_NEXT);
      if ((long) LONGS.getOpaque(records, at + NUMBER) == number
          && (int) (fileAndNext >>> 32) == file) {
        return frame;
      }
      frame = (int) fileAndNext - 1;
    }
    return NONE;
  }

  private boolean tryPin(int frame, int file, long number, Access access) {
    int at = frame << STRIDE_SHIFT;
    boolean exclusive = access == Access.EXCLUSIVE;
    assert isInterrupted();
    while (true) {
      long word = (long) LONGS.getAcquire(records, at + WORD);
      if (exclusive
          ? (word & REFUSES_EXCLUSIVE) != 0 || (word & RIGHT) != EXCLUSIVE
          : (word & REFUSES_SHARED) != 0 || (word & RIGHT) == 0) {
        return false;
      }
      if ((long) LONGS.getOpaque(records, at + NUMBER) != number || file(frame) != file) {
        return false;
      }
      assert isInterrupted();
      if (LONGS.weakCompareAndSet(records, at + WORD, word, exclusive ? word | WRITE : word + 1)) {
        return true;
      }
    }
  }

  /**
   * Runs {@code event} in the middle of each pin, as if the thread were preempted there. For tests.
   */
  void duringPin(Runnable event) {
    duringPin = event;
  }

  private boolean isInterrupted() {
    duringPin.run();
    return true;
  }

  /** Releases a shared pin; true if the caller must notify the shard. */
  public boolean unpinShared(int frame) {
    long before = (long) LONGS.getAndAdd(records, (frame << STRIDE_SHIFT) + WORD, -1L);
    assert (before & PINS) != 0 : "unpinned a frame without pins";
    return (before & (SLOW | PINS | WRITE)) == (SLOW | 1);
  }

  /** Releases the exclusive pin; true if the caller must notify the shard. */
  public boolean unpinExclusive(int frame) {
    long before = (long) LONGS.getAndAdd(records, (frame << STRIDE_SHIFT) + WORD, -WRITE);
    assert (before & WRITE) != 0 : "unpinned a frame without a write pin";
    return (before & SLOW) != 0;
  }

  /**
   * Marks the frame as used since the clock hand last passed.
   *
   * @return true if it was prefetched and this is its first use
   */
  public boolean touch(int frame) {
    int at = (frame << STRIDE_SHIFT) + USE;
    long use = (long) LONGS.getOpaque(records, at);
    if (use == USED) {
      return false;
    }
    return (long) LONGS.getAndSet(records, at, USED) >= PREFETCHED;
  }

  public int file(int frame) {
    return (int) ((long) LONGS.getOpaque(records, (frame << STRIDE_SHIFT) + FILE_AND_NEXT) >>> 32);
  }

  public long number(int frame) {
    return (long) LONGS.getOpaque(records, (frame << STRIDE_SHIFT) + NUMBER);
  }

  /** Version of the image; stable while pinned. */
  public long version(int frame) {
    return (long) LONGS.getOpaque(records, (frame << STRIDE_SHIFT) + VERSION);
  }

  /**
   * Sets the version. Only the holder of the exclusive pin may call this, or the shard while no
   * thread can pin.
   */
  public void version(int frame, long version) {
    LONGS.setOpaque(records, (frame << STRIDE_SHIFT) + VERSION, version);
  }

  /** LSN up to which this node's redo concerns the image. */
  public long redoLsn(int frame) {
    return (long) LONGS.getOpaque(records, (frame << STRIDE_SHIFT) + REDO_LSN);
  }

  /** Sets the redo LSN; same callers as {@link #version(int, long)}. */
  public void redoLsn(int frame, long lsn) {
    LONGS.setOpaque(records, (frame << STRIDE_SHIFT) + REDO_LSN, lsn);
  }

  /** LSN of this node's last redo record with a full image of the block; 0 if there is none. */
  public long imageLsn(int frame) {
    return (long) LONGS.getOpaque(records, (frame << STRIDE_SHIFT) + IMAGE_LSN);
  }

  /** Sets the LSN of the last full image; by the holder of the exclusive pin. */
  public void imageLsn(int frame, long lsn) {
    LONGS.setOpaque(records, (frame << STRIDE_SHIFT) + IMAGE_LSN, lsn);
  }

  /** Whether the image may be newer than the disk's. True may be wrong, false never is. */
  public boolean isDirty(int frame) {
    return version(frame) > diskVersion(frame);
  }

  /** The version that the disk is known to hold, at least. */
  public long diskVersion(int frame) {
    return (long) LONGS.getOpaque(records, (frame << STRIDE_SHIFT) + DISK_VERSION);
  }

  /** The frame's memory with the header of the storage format. */
  public MemorySegment physical(int frame) {
    return physical[frame];
  }

  /** The frame's content, writable. */
  public MemorySegment content(int frame) {
    return content[frame];
  }

  /** The frame's content, read-only. */
  public MemorySegment readOnly(int frame) {
    return readOnly[frame];
  }

  // ---- the shard's executor only -------------------------------------------------------------

  /** Records that the disk holds {@code version}. */
  public void diskVersion(int frame, long version) {
    LONGS.setOpaque(records, (frame << STRIDE_SHIFT) + DISK_VERSION, version);
  }

  /** Assigns a free frame to a block. No thread can find or pin it yet. */
  public void assign(int frame, int file, long number) {
    int at = frame << STRIDE_SHIFT;
    long word = (long) LONGS.getVolatile(records, at + WORD);
    InvariantCheck.holds(
        (word & (PINS | WRITE | RIGHT | SHIPS)) == 0, "only a free frame is assigned", frame);
    LONGS.setVolatile(records, at + WORD, (word & -GENERATION) + GENERATION);
    LONGS.setRelease(records, at + NUMBER, number);
    LONGS.setRelease(records, at + FILE_AND_NEXT, (long) file << 32);
    LONGS.setRelease(records, at + USE, UNUSED);
    redoLsn(frame, 0);
    imageLsn(frame, 0);
  }

  /** Adds the frame to its hash chain, so that look-ups find it. */
  public void link(int frame) {
    int chain = chain(file(frame), number(frame));
    int head = (int) INTS.getAcquire(heads, chain);
    next(frame, head);
    INTS.setRelease(heads, chain, frame + 1);
  }

  /** Removes the frame from its hash chain. It can still be pinned until its right is removed. */
  public void unlink(int frame) {
    int chain = chain(file(frame), number(frame));
    int head = (int) INTS.getAcquire(heads, chain);
    if (head == frame + 1) {
      INTS.setRelease(heads, chain, next(frame));
      return;
    }
    for (int at = head - 1; at >= 0; at = next(at) - 1) {
      if (next(at) == frame + 1) {
        next(at, next(frame));
        return;
      }
    }
    throw new IllegalStateException("frame " + frame + " is in no chain");
  }

  private void next(int frame, int next) {
    LONGS.setRelease(
        records,
        (frame << STRIDE_SHIFT) + FILE_AND_NEXT,
        ((long) file(frame) << 32) | (next & 0xFFFFFFFFL));
  }

  private int next(int frame) {
    return (int) (long) LONGS.getAcquire(records, (frame << STRIDE_SHIFT) + FILE_AND_NEXT);
  }

  /** Sets the right, so that application threads may pin for {@code access}. */
  public void right(int frame, Access access) {
    setRight(frame, access == Access.EXCLUSIVE ? EXCLUSIVE : SHARED);
  }

  private void setRight(int frame, long right) {
    int at = (frame << STRIDE_SHIFT) + WORD;
    long word;
    do {
      word = (long) LONGS.getVolatile(records, at);
    } while (!LONGS.compareAndSet(records, at, word, (word & ~RIGHT) | right));
  }

  /**
   * Reduces the right to shared; readers keep their pins. If a writer has the frame pinned, sets
   * the slow bit instead, so that the last unpin notifies the shard.
   *
   * @return whether the right is reduced
   */
  public boolean downgrade(int frame) {
    int at = (frame << STRIDE_SHIFT) + WORD;
    while (true) {
      long word = (long) LONGS.getVolatile(records, at);
      boolean free = (word & WRITE) == 0;
      long right = (word & RIGHT) == 0 ? 0 : SHARED;
      long next = free ? (word & ~RIGHT) | right : word | SLOW;
      if (LONGS.compareAndSet(records, at, word, next)) {
        return free;
      }
    }
  }

  /**
   * Removes all rights unless the frame is pinned. If it is, sets the slow bit, so that the last
   * unpin notifies the shard.
   *
   * @return whether the rights are removed
   */
  public boolean revoke(int frame) {
    int at = (frame << STRIDE_SHIFT) + WORD;
    while (true) {
      long word = (long) LONGS.getVolatile(records, at);
      boolean free = (word & (WRITE | PINS)) == 0;
      if (LONGS.compareAndSet(records, at, word, free ? word & ~RIGHT : word | SLOW)) {
        return free;
      }
    }
  }

  /** Removes all rights if the frame is not pinned; changes nothing otherwise. */
  public boolean freeze(int frame) {
    int at = (frame << STRIDE_SHIFT) + WORD;
    while (true) {
      long word = (long) LONGS.getVolatile(records, at);
      if ((word & (WRITE | PINS)) != 0) {
        return false;
      }
      if (LONGS.compareAndSet(records, at, word, word & ~RIGHT)) {
        return true;
      }
    }
  }

  /** Pins for the first waiter, also if the frame is slow; false if other pins conflict. */
  public boolean pinInTurn(int frame, Access access) {
    int at = (frame << STRIDE_SHIFT) + WORD;
    while (true) {
      long word = (long) LONGS.getVolatile(records, at);
      boolean exclusive = access == Access.EXCLUSIVE;
      long refused = exclusive ? WRITE | PINS | SHIPS : WRITE | (MAX_PINS + 1);
      if ((word & refused) != 0 || (word & RIGHT) < (exclusive ? EXCLUSIVE : SHARED)) {
        return false;
      }
      if (LONGS.compareAndSet(records, at, word, exclusive ? word | WRITE : word + 1)) {
        return true;
      }
    }
  }

  /** Sets or clears the slow bit, which turns the fast path of the frame off or on. */
  public void slow(int frame, boolean slow) {
    int at = (frame << STRIDE_SHIFT) + WORD;
    if (slow) {
      LONGS.getAndBitwiseOr(records, at, SLOW);
    } else {
      LONGS.getAndBitwiseAnd(records, at, ~SLOW);
    }
  }

  public boolean isPinned(int frame) {
    return ((long) LONGS.getVolatile(records, (frame << STRIDE_SHIFT) + WORD) & (PINS | WRITE))
        != 0;
  }

  public boolean isWritePinned(int frame) {
    return ((long) LONGS.getVolatile(records, (frame << STRIDE_SHIFT) + WORD) & WRITE) != 0;
  }

  public boolean isReadable(int frame) {
    return ((long) LONGS.getVolatile(records, (frame << STRIDE_SHIFT) + WORD) & RIGHT) != 0;
  }

  public boolean isChangeable(int frame) {
    return ((long) LONGS.getVolatile(records, (frame << STRIDE_SHIFT) + WORD) & RIGHT) == EXCLUSIVE;
  }

  /** A message begins to read the frame; its content must not change (S5). */
  public void ship(int frame) {
    long before = (long) LONGS.getAndAdd(records, (frame << STRIDE_SHIFT) + WORD, SHIP);
    InvariantCheck.holds(
        (before & SHIPS) != SHIPS, "a frame is read by at most 4,095 messages", frame);
  }

  /** A message has been acknowledged. */
  public void shipped(int frame) {
    long before = (long) LONGS.getAndAdd(records, (frame << STRIDE_SHIFT) + WORD, -SHIP);
    InvariantCheck.holds(
        (before & SHIPS) != 0, "a message read the frame that is acknowledged", frame);
  }

  public boolean isShipping(int frame) {
    return ((long) LONGS.getVolatile(records, (frame << STRIDE_SHIFT) + WORD) & SHIPS) != 0;
  }

  /** Marks the frame as prefetched. */
  public void markPrefetched(int frame) {
    LONGS.setOpaque(records, (frame << STRIDE_SHIFT) + USE, PREFETCHED);
  }

  public boolean isPrefetchedUnused(int frame) {
    return (long) LONGS.getOpaque(records, (frame << STRIDE_SHIFT) + USE) >= PREFETCHED;
  }

  /**
   * The clock hand passes: whether the frame is spared, because it was used since the last pass, or
   * was prefetched and is passed for the first time.
   */
  public boolean spare(int frame) {
    int at = (frame << STRIDE_SHIFT) + USE;
    return LONGS.compareAndSet(records, at, USED, UNUSED)
        || LONGS.compareAndSet(records, at, PREFETCHED, PREFETCHED_SPARED_ONCE);
  }

  /** Copies the whole image with its version and redo position. */
  public void copy(int from, int to) {
    MemorySegment.copy(physical[from], 0, physical[to], 0, layout.physicalBytes());
    version(to, version(from));
    diskVersion(to, diskVersion(from));
    redoLsn(to, redoLsn(from));
    imageLsn(to, imageLsn(from));
  }

  @Override
  public void close() {
    arena.close();
  }
}
