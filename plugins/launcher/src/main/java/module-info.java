// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** The weft command. */
module io.weft.plugin.launcher {
  requires HdrHistogram;
  requires com.fasterxml.jackson.databind;
  requires info.picocli;
  requires io.weft.plugin.assembly;
  requires io.weft.spi;
}
