// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What runs within a node: {@link io.weft.plugin.workload.agent.Agent} does what the parent says,
 * and a {@link io.weft.plugin.workload.agent.Job} is the work that it can be told to do.
 */
package io.weft.plugin.workload.agent;
