// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.Config;
import io.weft.api.Node;
import io.weft.api.WeftException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Starts nodes inside this process.
 *
 * <pre>{@code
 * try (Node node = Weft.start(Path.of("weft.conf"))) {
 *   BlockCache cache = node.cache();
 *   ...
 * }
 * }</pre>
 *
 * Plugins are found among the modules that run already, on the class path, and in the directories
 * of {@code weft.plugin-path}. {@link Assembly} does the same in steps.
 */
public final class Weft {
  private Weft() {}

  /** The version of Weft; empty if it runs from classes that have not been packaged. */
  public static Optional<String> version() {
    return Optional.ofNullable(Weft.class.getModule().getDescriptor())
        .flatMap(ModuleDescriptor::rawVersion);
  }

  /**
   * Starts a node and waits until it is a member of its cluster.
   *
   * @apiNote The others may kill this whole process when they have evicted the node (SIGKILL, on
   *     the machine of the one who does): see {@code weft.membership.kill}. An application that
   *     must not end with its node sets that to false on all nodes, and waits longer for a node
   *     that hangs.
   * @param file configuration in HOCON
   * @throws WeftException {@link AssemblyErrors#CONFIG_INVALID} with all problems of the
   *     configuration; {@link AssemblyErrors#FORM_TIMEOUT} if too few others are there; or why a
   *     plugin refused to start
   */
  public static Node start(Path file) {
    return Assembly.of(file).plan().start();
  }

  /** Starts a node from a configuration that has been read already; see {@link #start(Path)}. */
  public static Node start(Config config) {
    return Assembly.of(config).plan().start();
  }
}
