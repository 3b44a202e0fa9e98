// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * {@code weft replay}: replays a recorded block trace and verifies the result. {@link
 * io.weft.plugin.workload.replay.ReplayRun} is the parent's part, {@link
 * io.weft.plugin.workload.replay.ReplayJob} that of a node.
 */
package io.weft.plugin.workload.replay;
