// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A configuration and where to look for plugins: what is needed to plan a node. Immutable.
 *
 * <p>The main path: {@link #plan()} reads, chooses, loads and checks ({@link Planner}); {@link
 * Plan#start} wires the parts ({@code Wiring}) and starts the node ({@link AssembledNode}).
 */
public final class Assembly {
  static {
    // Guice would define classes through sun.misc.Unsafe; reflection does as well. Guice reads this
    // once, when its first class is loaded, which is later than this.
    System.setProperty("guice_bytecode_gen_option", "DISABLED");
  }

  private final Optional<Path> file;
  private final Optional<Config> config;
  private final List<Path> directories;

  private Assembly(Optional<Path> file, Optional<Config> config, List<Path> directories) {
    this.file = file;
    this.config = config;
    this.directories = List.copyOf(directories);
  }

  /** From a file in HOCON. It is read by {@link #plan}. */
  public static Assembly of(Path file) {
    return new Assembly(Optional.of(file), Optional.empty(), List.of());
  }

  /** From a configuration that has been read already; defaults are added to it. */
  public static Assembly of(Config config) {
    return new Assembly(Optional.empty(), Optional.of(config), List.of());
  }

  /** Also looks for plugins in a directory, before those of {@code weft.plugin-path}. */
  public Assembly withPlugins(Path directory) {
    List<Path> more = new ArrayList<>(directories);
    more.add(directory);
    return new Assembly(file, config, more);
  }

  /** Reads and checks everything; starts nothing. Problems are in the plan. */
  public Plan plan() {
    return new Planner(this).plan();
  }

  Optional<Path> file() {
    return file;
  }

  Optional<Config> config() {
    return config;
  }

  List<Path> directories() {
    return directories;
  }
}
