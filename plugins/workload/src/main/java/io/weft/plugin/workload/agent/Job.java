// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A kind of work that an agent runs on its node. The steps run one after another on the agent's
 * thread; {@link #stop}, {@link #mark} and {@link #progress} come from other threads at any time.
 */
public interface Job {
  /** Prepares the work, so that {@link #run} measures only the work itself. */
  void prepare();

  /** Does the work. */
  void run();

  /** Ends {@link #run} soon. */
  void stop();

  /** Drops the measured times of single operations. */
  default void mark() {}

  /** Adds the operations done and acknowledged so far. */
  void progress(ObjectNode to);

  /** Adds results that are known only after the work. */
  void result(ObjectNode to);

  /** Reads all blocks again through the node and adds the result. */
  void audit(ObjectNode to);
}
