// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.Change;
import io.weft.api.ErrorCode;
import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import io.weft.api.WeftException;
import io.weft.cachefusion.CacheFusion;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads of one node that block: one has a block and waits for a lock, the other the reverse. */
final class BlockDeadlockThreadsTest {
  private static final LockName LOCK = LockName.of("lock");
  private static final int FILE = 1;

  @Test
  @Timeout(120)
  @Tag("LK-10")
  void oneOfTwoThreadsIsTheVictim() throws Exception {
    LoneEngine engine = new LoneEngine();
    engine.start();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      CacheFusion cache = engine.cache();
      long block = engine.newExtent();
      CountDownLatch both = new CountDownLatch(2);
      Future<Optional<ErrorCode>> lockFirst =
          threads.submit(
              outcome(
                  cache,
                  (owner, change) -> {
                    owner.acquire(LOCK, LockMode.EX);
                    meet(both);
                    change.exclusive(FILE, block);
                  }));
      Future<Optional<ErrorCode>> blockFirst =
          threads.submit(
              outcome(
                  cache,
                  (owner, change) -> {
                    change.exclusive(FILE, block);
                    meet(both);
                    owner.acquire(LOCK, LockMode.EX);
                  }));
      List<ErrorCode> errors =
          Stream.of(lockFirst.get(), blockFirst.get()).flatMap(Optional::stream).toList();
      assertEquals(List.of(LockErrors.DEADLOCK), errors);
    } finally {
      engine.stop();
    }
  }

  private interface Work {
    void with(LockOwner owner, Change change);
  }

  /** The error in which some work ends, and then gives back what it has. */
  private static Callable<Optional<ErrorCode>> outcome(CacheFusion cache, Work work) {
    return () -> {
      try (LockOwner owner = cache.locks().newOwner("thread");
          Change change = cache.newChange()) {
        owner.attach(change);
        work.with(owner, change);
        return Optional.empty();
      } catch (WeftException e) {
        return Optional.of(e.code());
      }
    };
  }

  private static void meet(CountDownLatch both) {
    both.countDown();
    try {
      both.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
