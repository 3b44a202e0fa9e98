// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Identifies the machine of a process, its boot, and its process-number namespace, so that equal
 * process numbers of different machines or containers are not confused.
 */
final class Host {
  private static final Path PROC = Path.of("/proc");
  private static final Path BOOT = PROC.resolve("sys/kernel/random/boot_id");
  private static final Path NAME = PROC.resolve("sys/kernel/hostname");

  /**
   * The process-number namespace: containers have their own, and share name and boot id with their
   * machine.
   */
  private static final Path PID_SPACE = PROC.resolve("self/ns/pid");

  /** Index of the start time among the words after the process name in {@code stat}. */
  private static final int START = 19;

  private Host() {}

  /** Name of the machine, boot id and process-number namespace, as one word. */
  static String identity() {
    return (name() + "/" + line(BOOT) + "/" + pidSpace()).replaceAll("\\s", "_");
  }

  private static String pidSpace() {
    try {
      return Files.readSymbolicLink(PID_SPACE).toString();
    } catch (IOException | UnsupportedOperationException _) {
      return ""; // not Linux
    }
  }

  /**
   * Start time of a process: on Linux in ticks since the boot, which steps of the wall clock do not
   * change; otherwise in milliseconds since 1970; 0 if not known.
   */
  static long startOf(ProcessHandle process) {
    if (!Files.exists(PROC.resolve("self/stat"))) {
      return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }
    // If /proc shows another namespace, the number is another process there.
    String own = Long.toString(ProcessHandle.current().pid());
    boolean ownSpace = startIn(PROC.resolve(own)) == startIn(PROC.resolve("self"));
    return ownSpace ? startIn(PROC.resolve(Long.toString(process.pid()))) : 0;
  }

  private static long startIn(Path process) {
    String stat = line(process.resolve("stat"));
    // The second word is the name in brackets, which may contain any characters.
    String[] words = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    try {
      return words.length > START ? Long.parseLong(words[START]) : 0;
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  private static String name() {
    String name = line(NAME);
    if (!name.isEmpty()) {
      return name;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      return "unknown";
    }
  }

  private static String line(Path path) {
    try {
      return Files.readString(path).strip();
    } catch (IOException _) {
      return ""; // not Linux, or no such process
    }
  }
}
