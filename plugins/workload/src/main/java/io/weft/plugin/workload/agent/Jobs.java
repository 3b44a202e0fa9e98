// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.Node;
import java.util.Optional;
import java.util.function.Consumer;

/** The jobs that an agent can run, by name. */
@FunctionalInterface
public interface Jobs {
  /**
   * Makes a job.
   *
   * @param name of the command
   * @param command with the settings of the job
   * @param node that it works on
   * @param parent receives events of the job, from any of its threads
   * @return empty if there is no job of that name
   * @throws io.weft.api.WeftException if a setting is missing or wrong
   */
  Optional<Job> of(String name, ObjectNode command, Node node, Consumer<ObjectNode> parent);
}
