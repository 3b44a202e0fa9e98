// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The parts shared by parent and nodes: the lines that they exchange, blocks with one value,
 * latencies, clock, errors.
 */
package io.weft.plugin.workload.shared;
