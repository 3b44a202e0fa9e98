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
 * Names the machine that a process runs on, since its last boot, and the space that its number is
 * of, so that nobody takes a process number of one machine or container for that of another.
 */
final class Host {
  private static final Path PROC = Path.of("/proc");
  private static final Path BOOT = PROC.resolve("sys/kernel/random/boot_id");
  private static final Path NAME = PROC.resolve("sys/kernel/hostname");

  /** Containers have process numbers of their own, and share name and boot with their machine. */
  private static final Path PID_SPACE = PROC.resolve("self/ns/pid");

  /** Of the words after the name of a process in its {@code stat}, the one of its start. */
  private static final int START = 19;

  private Host() {}

  /** The name of the machine, its boot id and the space of its process numbers, one word. */
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
   * When a process was started: in ticks since the boot on Linux, which no step of the wall clock
   * changes, else in milliseconds since 1970; 0 if that cannot be said for certain.
   */
  static long startOf(ProcessHandle process) {
    if (!Files.exists(PROC.resolve("self/stat"))) {
      return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }
    // If /proc shows the processes of another space, a number means another process there.
    String own = Long.toString(ProcessHandle.current().pid());
    boolean ownSpace = startIn(PROC.resolve(own)) == startIn(PROC.resolve("self"));
    return ownSpace ? startIn(PROC.resolve(Long.toString(process.pid()))) : 0;
  }

  private static long startIn(Path process) {
    String stat = line(process.resolve("stat"));
    // The second word is the name in brackets, and may hold anything.
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
