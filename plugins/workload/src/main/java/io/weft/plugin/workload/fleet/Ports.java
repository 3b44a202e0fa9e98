// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import io.weft.api.WeftException;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Finds free ports, below those that systems give to outgoing connections: such a one could be
 * taken while its node is down, even by another node that keeps looking for it there.
 */
public final class Ports {
  private static final int FIRST = 10_000;

  /** Where Linux begins with the ports of outgoing connections; other systems begin higher. */
  private static final int END = 32_768;

  private static final int MOST_ATTEMPTS = 10_000;

  private Ports() {}

  /**
   * Ports of the loopback address that were free a moment ago and differ from each other. Somebody
   * may be faster than the one who binds them: then ask again.
   *
   * @throws WeftException {@link WorkloadErrors#NODE_FAILED} if there are none
   */
  public static List<Integer> free(int count) {
    int start = new SplittableRandom().nextInt(END - FIRST);
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < MOST_ATTEMPTS && ports.size() < count; i++) {
      int port = FIRST + (start + i) % (END - FIRST);
      if (isFree(port)) {
        ports.add(port);
      }
    }
    if (ports.size() < count) {
      throw new WeftException(
          WorkloadErrors.NODE_FAILED,
          "the loopback address has no " + count + " free ports from " + FIRST + " to " + END);
    }
    return ports;
  }

  private static boolean isFree(int port) {
    try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return true;
    } catch (IOException e) {
      return false; // somebody has it
    }
  }
}
