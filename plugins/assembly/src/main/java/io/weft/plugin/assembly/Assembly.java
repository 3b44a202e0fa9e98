// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A configuration and the directories of plugins: the input of a {@link Plan}. Immutable.
 *
 * <p>The main path: {@link #plan()} reads, chooses, loads and checks ({@link Planner}); {@link
 * Plan#start} wires the parts ({@code Wiring}) and starts the node ({@link AssembledNode}).
 */
public final class Assembly {
  static {
    // Without this Guice would define classes with sun.misc.Unsafe. Guice reads the property once,
    // when its first class is loaded, which is later than this.
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

  /** An assembly from a HOCON file, which {@link #plan} reads. */
  public static Assembly of(Path file) {
    return new Assembly(Optional.of(file), Optional.empty(), List.of());
  }

  /** An assembly from a configuration that has already been read; defaults are added to it. */
  public static Assembly of(Config config) {
    return new Assembly(Optional.empty(), Optional.of(config), List.of());
  }

  /** Also looks for plugins in a directory, before those of {@code weft.plugin-path}. */
  public Assembly withPlugins(Path directory) {
    List<Path> more = new ArrayList<>(directories);
    more.add(directory);
    return new Assembly(file, config, more);
  }

  /** Reads and checks the whole configuration, and starts nothing. The plan lists the problems. */
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
