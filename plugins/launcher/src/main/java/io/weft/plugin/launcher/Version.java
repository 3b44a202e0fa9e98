// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** Tells the version of the distribution. */
final class Version implements IVersionProvider {
  /** For picocli. */
  Version() {}

  static String text() {
    return Optional.ofNullable(Main.class.getModule().getDescriptor())
        .flatMap(ModuleDescriptor::rawVersion)
        .orElse("(not packaged)");
  }

  @Override
  public String[] getVersion() {
    return new String[] {"weft " + text() + ", Java " + Runtime.version()};
  }
}
