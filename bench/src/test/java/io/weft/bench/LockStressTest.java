// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.Locks;
import io.weft.api.WeftException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads and few locks on one node: readers count up, a writer counts down by many. */
final class LockStressTest {
  private static final int LOCKS = 3;
  private static final int WRITER = 1 << 20;
  private static final int CALLS = Integer.getInteger("weft.lock-calls", 20_000);

  /** What may happen to a call of this test. */
  private static final Set<?> EXPECTED =
      Set.of(
          LockErrors.LOCK_TIMEOUT,
          LockErrors.LOCK_HELD,
          LockErrors.LOCK_NOT_HELD,
          LockErrors.DEADLOCK,
          LockErrors.OWNER_CLOSED);

  private final List<LockName> names =
      IntStream.range(0, LOCKS).mapToObj(i -> LockName.of("stress " + i)).toList();
  private final List<AtomicInteger> users =
      IntStream.range(0, LOCKS).mapToObj(_ -> new AtomicInteger()).toList();
  private final AtomicLong granted = new AtomicLong();

  @Test
  @Timeout(120)
  void ownersOfThreadsExcludeEachOther() throws Exception {
    run(locks -> random -> new Session(locks, random, false));
  }

  @Test
  @Timeout(120)
  void actionsOfGrantsExcludeEachOther() throws Exception {
    run(locks -> random -> new Session(locks, random, true));
  }

  /** Threads that share owners and race calls: nothing may hang, break or stay held. */
  @Test
  @Timeout(120)
  void callsOfOneOwnerRace() throws Exception {
    run(
        locks -> {
          List<LockOwner> all = new CopyOnWriteArrayList<>();
          IntStream.range(0, 3).forEach(_ -> all.add(locks.newOwner("shared")));
          return random -> new Racer(locks, random, all);
        });
  }

  private interface Start {
    Function<Random, Runnable> on(Locks locks);
  }

  private void run(Start start) throws Exception {
    LoneEngine engine = new LoneEngine();
    engine.start();
    try {
      run(start, engine.cache().locks());
    } finally {
      engine.stop();
    }
  }

  private void run(Start start, Locks locks) throws Exception {
    Function<Random, Runnable> of = start.on(locks);
    AtomicBoolean failed = new AtomicBoolean();
    List<CompletableFuture<Void>> threads =
        IntStream.range(0, 6)
            .mapToObj(
                i -> {
                  Runnable step = of.apply(new Random(i));
                  CompletableFuture<Void> end = new CompletableFuture<>();
                  Thread.ofPlatform()
                      .daemon()
                      .start(
                          () -> {
                            try {
                              for (int n = 0; n < CALLS && !failed.get(); n++) {
                                step.run();
                              }
                              if (step instanceof AutoCloseable closeable) {
                                closeable.close();
                              }
                              end.complete(null);
                            } catch (Throwable t) {
                              failed.set(true);
                              end.completeExceptionally(t);
                            }
                          });
                  return end;
                })
            .toList();
    for (CompletableFuture<Void> end : threads) {
      end.get(100, TimeUnit.SECONDS);
    }
    try (LockOwner last = locks.newOwner("last")) {
      for (LockName name : names) {
        last.acquire(name, LockMode.EX, Duration.ofSeconds(2));
      }
    }
    assertTrue(granted.get() > 0);
  }

  /** An owner of one thread. */
  private final class Session implements Runnable, AutoCloseable {
    private final Locks locks;
    private final Random random;
    private final boolean async;
    private LockOwner owner;

    Session(Locks locks, Random random, boolean async) {
      this.locks = locks;
      this.random = random;
      this.async = async;
      this.owner = locks.newOwner("session");
    }

    @Override
    public void run() {
      int lock = random.nextInt(LOCKS);
      LockName name = names.get(lock);
      LockMode mode = random.nextBoolean() ? LockMode.PR : LockMode.EX;
      try {
        if (take(name, mode)) {
          use(lock, mode == LockMode.PR ? 1 : WRITER);
          if (mode == LockMode.PR && random.nextInt(3) == 0) {
            if (convert(name)) {
              use(lock, WRITER);
            } else {
              use(lock, 1);
            }
            if (random.nextBoolean()) {
              owner.convert(name, LockMode.CR);
            }
          }
          if (random.nextInt(50) == 0) {
            owner.close();
            owner = locks.newOwner("session");
          } else {
            owner.release(name);
          }
        }
      } catch (WeftException e) {
        expect(e);
      }
    }

    private boolean take(LockName name, LockMode mode) {
      if (random.nextInt(3) == 0) {
        return async ? join(owner.tryAcquireAsync(name, mode)) : owner.tryAcquire(name, mode);
      }
      Duration timeout = Duration.ofNanos(random.nextInt(400_000));
      try {
        if (async) {
          owner.acquireAsync(name, mode, timeout).toCompletableFuture().join();
        } else {
          owner.acquire(name, mode, timeout);
        }
        return true;
      } catch (WeftException e) {
        expect(e);
      } catch (CompletionException e) {
        expect((WeftException) e.getCause());
      }
      return false;
    }

    private boolean join(CompletionStage<Boolean> stage) {
      return stage.toCompletableFuture().join();
    }

    private boolean convert(LockName name) {
      Duration timeout = Duration.ofNanos(random.nextInt(200_000));
      try {
        if (async) {
          owner.convertAsync(name, LockMode.EX, timeout).toCompletableFuture().join();
        } else if (random.nextBoolean()) {
          return owner.tryConvert(name, LockMode.EX);
        } else {
          owner.convert(name, LockMode.EX, timeout);
        }
        return true;
      } catch (WeftException e) {
        expect(e);
      } catch (CompletionException e) {
        expect((WeftException) e.getCause());
      }
      return false;
    }

    @Override
    public void close() {
      owner.close();
    }
  }

  /** Calls of owners that other threads use, too. */
  private final class Racer implements Runnable, AutoCloseable {
    private final Locks locks;
    private final Random random;

    /** All owners; the last ones are open. */
    private final List<LockOwner> all;

    Racer(Locks locks, Random random, List<LockOwner> all) {
      this.locks = locks;
      this.random = random;
      this.all = all;
    }

    @Override
    public void run() {
      LockOwner owner = all.get(all.size() - 1 - random.nextInt(3));
      LockName name = names.get(random.nextInt(LOCKS));
      LockMode mode = LockMode.values()[random.nextInt(6)];
      Duration timeout = Duration.ofNanos(random.nextInt(300_000));
      try {
        switch (random.nextInt(16)) {
          case 0, 1 -> owner.acquire(name, mode, timeout);
          case 2, 3 -> owner.tryAcquire(name, mode);
          case 4 -> owner.acquireAsync(name, mode, timeout);
          case 5 -> owner.acquireAsync(name, mode, timeout).toCompletableFuture().cancel(false);
          case 6 -> owner.tryAcquireAsync(name, mode);
          case 7, 8 -> owner.convert(name, mode, timeout);
          case 9 -> owner.tryConvert(name, mode);
          case 10 ->
              owner
                  .acquireAsync(name, LockMode.CR, timeout)
                  .thenCompose(_ -> owner.convertAsync(name, LockMode.EX, timeout))
                  .thenRun(() -> owner.release(name));
          case 11, 12, 13, 14 -> owner.release(name);
          default -> {
            if (random.nextInt(30) == 0) {
              all.add(locks.newOwner("shared"));
              owner.close();
            }
          }
        }
        granted.incrementAndGet();
      } catch (WeftException e) {
        if (e.code() != LockErrors.BAD_CONVERSION) {
          expect(e);
        }
      }
    }

    @Override
    public void close() {
      for (LockOwner owner : all) {
        owner.close();
      }
    }
  }

  /** Counts up and down again; the lock excludes others meanwhile. */
  private void use(int lock, int by) {
    AtomicInteger counter = users.get(lock);
    granted.incrementAndGet();
    int now = counter.addAndGet(by);
    if (by == WRITER) {
      assertEquals(WRITER, now, "a writer and others");
    } else {
      assertTrue(now < WRITER, "a reader and a writer");
    }
    counter.addAndGet(-by);
  }

  private static void expect(WeftException e) {
    if (!EXPECTED.contains(e.code())) {
      throw e;
    }
  }
}
