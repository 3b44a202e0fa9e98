// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.sun.management.UnixOperatingSystemMXBean;
import io.weft.api.WeftException;
import java.lang.management.ManagementFactory;

/**
 * The limit of files and sockets of this process. A node at the limit would fail without a clear
 * message: a connection would not be accepted, or a class not be loaded.
 *
 * @param most limit of open files and sockets
 * @param open files and sockets open now, including the jars of the program
 */
record FileLimit(long most, long open) {
  /**
   * Descriptors of a node: files of blocks and redo, event loops, and libraries that are loaded
   * later.
   */
  private static final int NODE = 96;

  /**
   * Descriptors per member: connections in both directions during the handshake, and the log of a
   * failed member.
   */
  private static final int MEMBER = 6;

  /** The limit of this process; unlimited where the system does not report it. */
  static FileLimit ofProcess() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? new FileLimit(system.getMaxFileDescriptorCount(), system.getOpenFileDescriptorCount())
        : new FileLimit(Long.MAX_VALUE, 0);
  }

  /**
   * Checks that a node of a cluster of this size can work.
   *
   * @throws WeftException {@link AssemblyErrors#TOO_FEW_FILES} if it cannot
   */
  void check(int members) {
    long needed = open + NODE + (long) members * MEMBER;
    if (most >= 0 && most < needed) {
      throw new WeftException(
          AssemblyErrors.TOO_FEW_FILES,
          "this process may open "
              + most
              + " files and sockets and has "
              + open
              + " open; a node among "
              + members
              + " members needs at least "
              + needed
              + ", and one more for each file of blocks: raise the limit (ulimit -n, or LimitNOFILE"
              + " of its service)");
    }
  }
}
