// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.TestNodes;
import java.io.IOException;

/**
 * A process that opens the registry and keeps it until its input ends. It stands alone, so that it
 * needs no test framework on its class path.
 */
final class LockingProcess {
  private LockingProcess() {}

  /** Takes the directory, the node's id, its incarnation, and whether it may be killed. */
  public static void main(String[] arguments) throws IOException {
    int id = Integer.parseInt(arguments[1]);
    long incarnation = Long.parseLong(arguments[2]);
    FileRegistry registry =
        new FileRegistry(
            new FileRegistrySettings(arguments[0], Boolean.parseBoolean(arguments[3])),
            () -> TestNodes.node(id, incarnation));
    try {
      registry.open();
      System.out.println("locked");
    } catch (WeftException e) {
      System.out.println(e.code().name());
    }
    while (System.in.read() >= 0) { // the parent kills this process, or ends and so closes it
      try {
        registry.latest();
        System.out.println("read");
      } catch (WeftException e) {
        System.out.println(e.code().name());
      }
    }
  }
}
