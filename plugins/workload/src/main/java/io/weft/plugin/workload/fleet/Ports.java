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
 * Finds free ports below the range of outgoing connections. A port of that range could be taken
 * while its node is down, even by another node that tries to connect to it.
 */
public final class Ports {
  /** First port tried. */
  private static final int FIRST = 10_000;

  /** First port of outgoing connections on Linux; other systems begin higher. */
  private static final int END = 32_768;

  /** Most ports tried. */
  private static final int MOST_ATTEMPTS = 10_000;

  private Ports() {}

  /**
   * Different ports of the loopback address that were free just now. Another process may bind one
   * first; then call this again.
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
      return false; // in use
    }
  }
}
