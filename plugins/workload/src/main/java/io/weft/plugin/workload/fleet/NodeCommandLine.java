// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import java.nio.file.Path;
import java.util.List;

/** The command line that starts the process of a node, supplied by the launcher. */
@FunctionalInterface
public interface NodeCommandLine {
  /**
   * The words of a command whose process starts a node and lets an agent serve on its standard
   * input and output, until the agent ends.
   *
   * @param heapMiB heap of the process
   * @param config configuration of the node
   */
  List<String> of(int heapMiB, Path config);
}
