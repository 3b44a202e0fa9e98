// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Names the machine that a process runs on, since its last boot, so that nobody takes a process
 * number of one machine for that of another.
 */
final class Host {
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path NAME = Path.of("/proc/sys/kernel/hostname");

  private Host() {}

  /** The name of the machine and its boot id, one word. */
  static String identity() {
    return (name() + "/" + line(BOOT)).replaceAll("\\s", "_");
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
      return ""; // not Linux
    }
  }
}
