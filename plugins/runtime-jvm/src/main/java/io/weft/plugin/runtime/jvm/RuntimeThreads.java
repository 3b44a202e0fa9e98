// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes the daemon threads of one executor, named {@code <name>-<number>}. */
final class RuntimeThreads implements ThreadFactory {
  private final String name;
  private final AtomicInteger made = new AtomicInteger();

  RuntimeThreads(String name) {
    this.name = name;
  }

  @Override
  public Thread newThread(Runnable work) {
    return new RuntimeThread(this, work, name + "-" + made.getAndIncrement());
  }

  /** Whether the caller runs on a thread that {@code factory} made. */
  static boolean currentIsOf(ThreadFactory factory) {
    return Thread.currentThread() instanceof RuntimeThread thread && thread.factory == factory;
  }

  private static final class RuntimeThread extends Thread {
    private final ThreadFactory factory;

    RuntimeThread(ThreadFactory factory, Runnable work, String name) {
      super(work, name);
      this.factory = factory;
      setDaemon(true);
    }
  }
}
