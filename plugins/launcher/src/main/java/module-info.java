// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The {@code weft} command: nodes as processes, a look at plugins and configurations, and the
 * commands of the workloads that show what a cluster does.
 */
module io.weft.plugin.launcher {
  requires com.fasterxml.jackson.databind;
  requires info.picocli;
  requires io.weft.plugin.assembly;
  requires io.weft.plugin.log.file;
  requires io.weft.plugin.store.file;
  requires io.weft.plugin.workload;
  requires io.weft.recovery;
  requires io.weft.spi;
  requires java.logging;
  requires java.management;
  requires jdk.management; // the processor time of a process

  opens io.weft.plugin.launcher to
      info.picocli;
}
