// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The machine that measures.
 *
 * @param processor model of the processors
 * @param processors how many this process may use
 * @param memoryMiB memory of the machine; 0 if unknown
 * @param kernel operating system and version
 * @param jdk Java runtime and version
 */
public record Machine(String processor, int processors, long memoryMiB, String kernel, String jdk) {
  /** This machine. */
  public static Machine here() {
    return new Machine(
        line("/proc/cpuinfo", "model name", System.getProperty("os.arch")),
        Runtime.getRuntime().availableProcessors(),
        memoryOfMachine(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.runtime.version")
            + " ("
            + System.getProperty("java.vendor")
            + ")");
  }

  /** The load of the machine, the mean over a minute; negative if unknown. */
  public static double load() {
    OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
    return system.getSystemLoadAverage();
  }

  /** A load as text. */
  static String load(double load) {
    return load < 0 ? "unknown" : String.format(Locale.ROOT, "%.1f", load);
  }

  private static long memoryOfMachine() {
    String text = line("/proc/meminfo", "MemTotal", "0").replaceAll("\\D", "");
    return text.isEmpty() ? 0 : Long.parseLong(text) >> 10;
  }

  private static String line(String file, String key, String otherwise) {
    try (Stream<String> lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(key) && line.contains(":"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(otherwise);
    } catch (IOException _) {
      return otherwise; // another system than Linux
    }
  }
}
