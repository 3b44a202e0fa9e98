// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.sun.management.UnixOperatingSystemMXBean;
import io.weft.api.WeftException;
import java.lang.management.ManagementFactory;

/**
 * How many files and sockets this process may open. At the limit a node would hang in ways that
 * tell nothing: a connection that is not accepted, a class that is not loaded.
 *
 * @param most files and sockets open at a time
 * @param open at present, the jars of the program among them
 */
record FileLimit(long most, long open) {
  /** Files of blocks and of redo, event loops, and libraries that are loaded later. */
  private static final int NODE = 96;

  /** Connections in both directions while they are made, and the log of a failed member. */
  private static final int MEMBER = 6;

  /** The limit of this process; none where the system does not tell. */
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
