// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The processor time of this process, all threads together, those of the compiler and the collector
 * among them.
 */
final class ProcessorTime {
  /** Of each thread Linux says here in nanoseconds what it counts otherwise in steps of 10 ms. */
  private static final Path THREADS = Path.of("/proc/self/task");

  private static final String FILE = "schedstat";
  private static final boolean FINE = Files.isReadable(Path.of("/proc/self", FILE));

  private ProcessorTime() {}

  /** In nanoseconds. That of threads that have ended may be missing. */
  static long ns() {
    if (!FINE) {
      return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }
    long sum = 0;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
      for (Path thread : threads) {
        sum += ofThread(thread);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the processor time cannot be read", e);
    }
    return sum;
  }

  private static long ofThread(Path thread) throws IOException {
    try {
      String text = Files.readString(thread.resolve(FILE));
      return Long.parseLong(text.substring(0, text.indexOf(' ')));
    } catch (NoSuchFileException _) {
      return 0; // it has ended meanwhile
    }
  }
}
