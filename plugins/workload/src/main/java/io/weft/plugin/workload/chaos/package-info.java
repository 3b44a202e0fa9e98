// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * {@code weft chaos}: nodes work under injected faults, and their results are checked for
 * consistency. {@link io.weft.plugin.workload.chaos.ChaosRun} is the parent's part, {@link
 * io.weft.plugin.workload.chaos.ChaosJob} that of a node.
 */
package io.weft.plugin.workload.chaos;
