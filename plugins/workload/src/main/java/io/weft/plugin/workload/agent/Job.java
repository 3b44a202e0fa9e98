// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Work that an agent does on its node. The steps run one after another on the agent's thread;
 * {@link #stop}, {@link #mark} and {@link #progress} come from other threads at any time.
 */
public interface Job {
  /** Gets everything ready, so that {@link #run} measures the work alone. */
  void prepare();

  /** Does the work. */
  void run();

  /** Ends {@link #run} soon. */
  void stop();

  /** Forgets how long single operations took so far. */
  default void mark() {}

  /** Adds what has been done and acknowledged so far. */
  void progress(ObjectNode to);

  /** Adds what only the finished work can tell. */
  void result(ObjectNode to);

  /** Reads everything once more through the node and adds what was found. */
  void audit(ObjectNode to);
}
