// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that compute handshakes and read files, so that event loops do neither. Callers have
 * a thread of their own: however many they are, they delay neither the connections that this node
 * makes nor the files. Thread-safe.
 */
final class TlsThreads implements AutoCloseable {
  /** Most steps of handshakes of callers that wait; a caller with a further one is refused. */
  static final int MOST_WAITING_CALLERS = 64;

  /** Most steps of handshakes of this node that wait; each peer has one attempt at a time. */
  private static final int MOST_WAITING_DIALLED = 1_024;

  private final ThreadPoolExecutor callers = oneThread("callers", MOST_WAITING_CALLERS);
  private final ThreadPoolExecutor dialled = oneThread("dialled", MOST_WAITING_DIALLED);
  private final ScheduledThreadPoolExecutor files =
      new ScheduledThreadPoolExecutor(1, task -> daemon("files", task));

  private static ThreadPoolExecutor oneThread(String name, int mostWaiting) {
    return new ThreadPoolExecutor(
        1,
        1,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(mostWaiting),
        task -> daemon(name, task),
        new ThreadPoolExecutor.AbortPolicy());
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, "weft-tcp-tls-" + name);
    thread.setDaemon(true);
    return thread;
  }

  /** Computes handshakes of callers; rejects a step if too many wait. */
  Executor callers() {
    return callers;
  }

  /** Computes handshakes of connections that this node makes; rejects a step if too many wait. */
  Executor dialled() {
    return dialled;
  }

  /** Runs a task that does not throw again and again, with that pause before each. */
  void watch(Runnable task, long pauseMs) {
    files.scheduleWithFixedDelay(task, pauseMs, pauseMs, TimeUnit.MILLISECONDS);
  }

  /** Ends all threads; what waits is dropped. */
  @Override
  public void close() {
    callers.shutdownNow();
    dialled.shutdownNow();
    files.shutdownNow();
  }
}
