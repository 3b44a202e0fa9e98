// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.assembly.Assembly;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;

/**
 * Where this command has been installed.
 *
 * <pre>
 *   lib/       the modules of this process
 *   plugins/   the plugins to choose from
 *   java.args  flags of every process; linux.args: those of Linux only
 *   weft.aot   the ahead-of-time cache, if weft rehearse has made it
 * </pre>
 */
final class Distribution {
  private Distribution() {}

  /** An assembly that also looks into the distribution's plugins. */
  static Assembly with(Assembly assembly) {
    return plugins().map(assembly::withPlugins).orElse(assembly);
  }

  /** Where the ahead-of-time cache is; empty if this does not run from a distribution. */
  static Optional<Path> cache() {
    return plugins().map(plugins -> plugins.resolveSibling("weft.aot"));
  }

  /** The directory of the plugins; empty if this does not run from a distribution. */
  private static Optional<Path> plugins() {
    CodeSource source = Distribution.class.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      return Optional.empty();
    }
    Path jar = Path.of(URI.create(source.getLocation().toString())).toAbsolutePath();
    Path plugins = jar.getParent().resolveSibling("plugins");
    return jar.getParent().endsWith("lib") && Files.isDirectory(plugins)
        ? Optional.of(plugins)
        : Optional.empty();
  }
}
