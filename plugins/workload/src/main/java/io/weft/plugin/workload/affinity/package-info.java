// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * {@code weft affinity}: each node mostly uses a part of the blocks of its own, and masters follow.
 * {@link io.weft.plugin.workload.affinity.SkewRun} is the parent's part, {@link
 * io.weft.plugin.workload.affinity.SkewJob} that of a node.
 */
package io.weft.plugin.workload.affinity;
