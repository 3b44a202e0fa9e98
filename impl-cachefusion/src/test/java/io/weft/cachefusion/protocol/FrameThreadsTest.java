// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.frame.FrameRange;
import io.weft.cachefusion.node.CacheCounters;
import io.weft.cachefusion.protocol.CacheFusionMessage.Grant;
import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.store.BlockLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Real threads take and give back pins while a shard takes rights away, gives frames other blocks
 * and serves those who wait: what a simulation of one thread cannot show.
 */
@Timeout(300)
final class FrameThreadsTest {
  private static final int THREADS = 4;
  private static final int FRAMES = 4;
  private static final int BLOCKS = 7;
  private static final int FILE = 3;

  private final FramePool frames = new FramePool(FRAMES, 1, new BlockLayout(4096));
  private final AtomicIntegerArray readers = new AtomicIntegerArray(FRAMES);
  private final AtomicIntegerArray writers = new AtomicIntegerArray(FRAMES);
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

  @AfterEach
  void close() {
    frames.close();
  }

  private List<Thread> start(Consumer<SplittableRandom> body) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      SplittableRandom random = new SplittableRandom(i);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      body.accept(random);
                    } catch (RuntimeException | Error e) {
                      wrong.add(e.toString());
                    }
                  }));
    }
    return threads;
  }

  private void check(boolean holds, String what) {
    if (!holds) {
      wrong.add(what);
    }
  }

  /** Uses a pinned frame: nobody else may be in the way, and the block must be the right one. */
  private void use(int frame, long number, boolean exclusive) {
    check(number == frames.number(frame), "pinned for " + number + ": " + frames.number(frame));
    if (exclusive) {
      check(writers.incrementAndGet(frame) == 1, "two writers");
      check(readers.get(frame) == 0, "a writer beside readers");
      long before = frames.version(frame);
      frames.content(frame).set(ValueLayout.JAVA_LONG, 8, before + 1);
      frames.version(frame, before + 1);
    } else {
      readers.incrementAndGet(frame);
      check(writers.get(frame) == 0, "a reader beside a writer");
    }
    check(
        frames.readOnly(frame).get(ValueLayout.JAVA_LONG, 0) == number
            && frames.readOnly(frame).get(ValueLayout.JAVA_LONG, 8) == frames.version(frame),
        "other content than that of block " + number);
    if (exclusive) {
      writers.decrementAndGet(frame);
    } else {
      readers.decrementAndGet(frame);
    }
  }

  private boolean unpin(int frame, boolean exclusive) {
    return exclusive ? frames.unpinExclusive(frame) : frames.unpinShared(frame);
  }

  /** A shard without its state machines: revokes frames, waits to be told, and fills them anew. */
  private final class Revoker {
    private final SplittableRandom random = new SplittableRandom(99);
    private final Queue<Integer> told = new ConcurrentLinkedQueue<>();
    private final boolean[] armed = new boolean[FRAMES];
    private final int[] frameOf = new int[BLOCKS];
    private int refilled;

    Revoker() {
      Arrays.fill(frameOf, FramePool.NONE);
      for (int frame = 0; frame < FRAMES; frame++) {
        fill(frame);
      }
    }

    void step() {
      for (Integer frame = told.poll(); frame != null; frame = told.poll()) {
        tryRevoke(frame);
      }
      int frame = random.nextInt(FRAMES);
      if (!armed[frame]) {
        tryRevoke(frame);
      }
    }

    private void tryRevoke(int frame) {
      if (random.nextInt(4) == 0 && !armed[frame]) {
        if (frames.downgrade(frame)) {
          frames.right(frame, Access.EXCLUSIVE);
        } else {
          armed[frame] = true;
        }
        return;
      }
      armed[frame] = !frames.revoke(frame);
      if (!armed[frame]) {
        refill(frame);
      }
    }

    private void refill(int frame) {
      frames.unlink(frame);
      frameOf[(int) frames.number(frame)] = FramePool.NONE;
      frames.slow(frame, false);
      fill(frame);
      refilled++;
    }

    private void fill(int frame) {
      int number = random.nextInt(BLOCKS);
      while (frameOf[number] != FramePool.NONE) {
        number = random.nextInt(BLOCKS);
      }
      frameOf[number] = frame;
      frames.assign(frame, FILE, number);
      frames.version(frame, 0);
      frames.content(frame).set(ValueLayout.JAVA_LONG, 0, number);
      frames.content(frame).set(ValueLayout.JAVA_LONG, 8, 0);
      frames.link(frame);
      frames.right(frame, Access.EXCLUSIVE);
    }

    /** Nobody has a pin any more: whatever was armed must have been told. */
    void end() {
      for (Integer frame = told.poll(); frame != null; frame = told.poll()) {
        armed[frame] = false;
      }
      for (int frame = 0; frame < FRAMES; frame++) {
        check(!armed[frame], "nobody told that frame " + frame + " is free");
      }
    }
  }

  @Test
  void pinsTheRightBlockOrNoneAndTellsOfTheLastPin() throws InterruptedException {
    Revoker shard = new Revoker();
    List<Thread> users =
        start(
            random -> {
              for (int i = 0; i < 30_000 && wrong.isEmpty(); i++) {
                int number = random.nextInt(BLOCKS);
                boolean exclusive = random.nextInt(3) == 0;
                int frame =
                    exclusive ? frames.pinExclusive(FILE, number) : frames.pinShared(FILE, number);
                if (frame != FramePool.NONE) {
                  use(frame, number, exclusive);
                  if (unpin(frame, exclusive)) {
                    shard.told.add(frame);
                  }
                }
              }
            });
    while (users.stream().anyMatch(Thread::isAlive)) {
      shard.step();
    }
    for (Thread user : users) {
      user.join();
    }
    shard.end();
    assertEquals(List.of(), List.copyOf(wrong));
    assertTrue(shard.refilled > 0, "the shard has had no turn");
  }

  @Test
  void servesEveryCallerThoughOthersPinBesideTheShard() throws InterruptedException {
    RecordedEffects effects = new RecordedEffects();
    ShardCache shard =
        new ShardCache(
            1,
            frames,
            new FrameRange(0, FRAMES),
            new ShardCache.Limits(100, 1, 1, 1),
            Rules.STANDARD,
            effects,
            new CacheCounters(new PlainMetrics()));
    for (int number = 0; number < 2; number++) {
      BlockId block = new BlockId(FILE, number);
      LeaseRequest first = ask(shard, block, Access.EXCLUSIVE);
      shard.requester().recvGrant(new Grant(block, 1, true, NodeSet.NONE));
      CacheEntry entry = effects.reads.removeFirst();
      frames.content(entry.pending.frame).set(ValueLayout.JAVA_LONG, 0, number);
      frames.content(entry.pending.frame).set(ValueLayout.JAVA_LONG, 8, 0);
      shard.requester().onRead(entry, 0);
      giveBack(shard, ((LeaseRequest.Granted) first.outcome()).frame(), true);
    }
    List<Thread> users =
        start(
            random -> {
              for (int i = 0; i < 2_000 && wrong.isEmpty(); i++) {
                BlockId block = new BlockId(FILE, random.nextInt(2));
                boolean exclusive = random.nextInt(3) == 0;
                int frame = pinOrWait(shard, block, exclusive);
                use(frame, block.number(), exclusive);
                giveBack(shard, frame, exclusive);
              }
            });
    for (Thread user : users) {
      user.join();
    }
    assertEquals(List.of(), List.copyOf(wrong));
    assertEquals(0, shard.admission().inside());
  }

  private LeaseRequest ask(ShardCache shard, BlockId block, Access access) {
    LeaseRequest request = new LeaseRequest(block, access, 0, 0, () -> {});
    synchronized (shard) {
      shard.admission().enter();
      shard.leases().acquire(request);
    }
    return request;
  }

  private int pinOrWait(ShardCache shard, BlockId block, boolean exclusive) {
    int frame =
        exclusive
            ? frames.pinExclusive(block.file(), block.number())
            : frames.pinShared(block.file(), block.number());
    if (frame != FramePool.NONE) {
      return frame;
    }
    LeaseRequest request = ask(shard, block, exclusive ? Access.EXCLUSIVE : Access.SHARED);
    while (!request.isSettled()) { // for ever if a wake-up is lost: the test's time-out tells
      Thread.yield();
    }
    return ((LeaseRequest.Granted) request.outcome()).frame();
  }

  private void giveBack(ShardCache shard, int frame, boolean exclusive) {
    if (unpin(frame, exclusive)) {
      synchronized (shard) {
        shard.onUnpinned(frame);
      }
    }
  }
}
