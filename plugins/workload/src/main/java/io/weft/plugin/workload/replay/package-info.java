// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * {@code weft replay}: a recorded block trace is replayed and proved. {@link
 * io.weft.plugin.workload.replay.ReplayRun} is the parent's part, {@link
 * io.weft.plugin.workload.replay.ReplayJob} that of a node.
 */
package io.weft.plugin.workload.replay;
