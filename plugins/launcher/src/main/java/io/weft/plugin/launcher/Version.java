// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.assembly.Weft;
import picocli.CommandLine.IVersionProvider;

/** Tells the version of the distribution. */
final class Version implements IVersionProvider {
  /** For picocli. */
  Version() {}

  @Override
  public String[] getVersion() {
    return new String[] {
      "weft " + Weft.version().orElse("(not packaged)") + ", Java " + Runtime.version()
    };
  }
}
