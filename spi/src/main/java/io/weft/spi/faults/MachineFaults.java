// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.faults;

import io.weft.spi.runtime.NodeRuntime;
import java.nio.file.FileSystem;

/**
 * Injects faults of storage and clocks into a running node. For tests only: a node uses it only if
 * its configuration names a plugin for it. Otherwise the node uses the default file system and its
 * runtime directly. Thread-safe.
 *
 * <ul>
 *   <li>Rule MF-1: {@link #files} returns the same object each time. Until a fault is injected, it
 *       behaves like the default file system.
 *   <li>Rule MF-2: the runtime returned by {@link #clocks} keeps the rules of {@link NodeRuntime},
 *       whatever fault is injected.
 *   <li>Rule MF-3: {@link #inject} takes effect before it returns.
 * </ul>
 */
public interface MachineFaults {
  /** The file system on which the node's plugins keep their files. */
  FileSystem files();

  /** A wrapper of the node's runtime whose clocks can be disturbed by a fault. */
  NodeRuntime clocks(NodeRuntime real);

  /**
   * Begins or ends a fault.
   *
   * @param fault the fault, in the syntax of the plugin
   * @throws IllegalArgumentException if the plugin does not know the fault; the message lists the
   *     known faults
   */
  void inject(String fault);
}
