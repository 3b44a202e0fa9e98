// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.faults;

import io.weft.spi.runtime.NodeRuntime;
import java.nio.file.FileSystem;

/**
 * Stands between a node and its machine, and lets storage and clocks fail while the node works. For
 * tests: a node has it only if its configuration says so, and otherwise works on the default file
 * system and on its runtime as they are. Thread-safe.
 *
 * <ul>
 *   <li>Rule MF-1: {@link #files} is the same each time. Until a fault is injected it behaves as
 *       the default file system does.
 *   <li>Rule MF-2: what {@link #clocks} returns keeps the rules of {@link NodeRuntime}, whatever is
 *       injected.
 *   <li>Rule MF-3: {@link #inject} takes effect before it returns.
 * </ul>
 */
public interface MachineFaults {
  /** The file system on which the node's plugins keep their files. */
  FileSystem files();

  /** The node's runtime, with clocks that may be disturbed. */
  NodeRuntime clocks(NodeRuntime real);

  /**
   * Begins or ends a fault.
   *
   * @param fault in the words of the plugin
   * @throws IllegalArgumentException if the plugin does not know it; the message says what it knows
   */
  void inject(String fault);
}
