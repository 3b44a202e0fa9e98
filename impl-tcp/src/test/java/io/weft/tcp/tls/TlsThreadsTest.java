// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TlsThreadsTest {
  private final TlsThreads threads = new TlsThreads();
  private final CountDownLatch end = new CountDownLatch(1);

  private void occupyCallers() throws InterruptedException {
    CountDownLatch began = new CountDownLatch(1);
    threads
        .callers()
        .execute(
            () -> {
              began.countDown();
              awaitEnd();
            });
    began.await();
    for (int i = 0; i < TlsThreads.MOST_WAITING_CALLERS; i++) {
      threads.callers().execute(() -> {});
    }
  }

  private void awaitEnd() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void callersWaitInALineOfLimitedLength() throws InterruptedException {
    try (threads) {
      occupyCallers();
      RejectedExecutionException e =
          assertThrows(RejectedExecutionException.class, () -> threads.callers().execute(() -> {}));
      assertEquals("called while too many TLS handshakes were waiting", SafeText.reason(e));
      end.countDown();
    }
  }

  @Test
  void callersDelayNeitherFilesNorOwnConnections() throws InterruptedException {
    try (threads) {
      occupyCallers();
      CountDownLatch dialled = new CountDownLatch(1);
      CountDownLatch looked = new CountDownLatch(2);
      threads.dialled().execute(dialled::countDown);
      threads.watch(looked::countDown, 1);
      assertTrue(dialled.await(30, TimeUnit.SECONDS));
      assertTrue(looked.await(30, TimeUnit.SECONDS));
      end.countDown();
    }
  }
}
