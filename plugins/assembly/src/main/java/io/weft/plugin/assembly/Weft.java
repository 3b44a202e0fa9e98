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
 * Plugins are found among the running modules, on the class path, and in the directories of {@code
 * weft.plugin-path}. {@link Assembly} does the same in steps.
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
   * @apiNote Another node on the same machine may kill this whole process (SIGKILL) after the node
   *     has been evicted; see {@code weft.membership.kill}. An application that must not end with
   *     its node sets that to false on all nodes; recovery from a hanging node then takes longer.
   * @param file configuration in HOCON
   * @throws WeftException {@link AssemblyErrors#CONFIG_INVALID} with all problems of the
   *     configuration; {@link AssemblyErrors#FORM_TIMEOUT} if too few other nodes run; or the
   *     reason why a plugin refused to start
   */
  public static Node start(Path file) {
    return Assembly.of(file).plan().start();
  }

  /** Starts a node from a configuration that has already been read; see {@link #start(Path)}. */
  public static Node start(Config config) {
    return Assembly.of(config).plan().start();
  }
}
