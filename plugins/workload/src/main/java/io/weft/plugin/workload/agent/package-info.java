// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The part that runs in the process of a node: {@link io.weft.plugin.workload.agent.Agent} executes
 * the commands of the parent, and a {@link io.weft.plugin.workload.agent.Job} is a kind of work.
 */
package io.weft.plugin.workload.agent;
