// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import java.nio.file.Path;

/**
 * The parameters of a replay.
 *
 * @param file the trace, in the vSCSI format
 * @param limit most requests to replay, 1 or more
 * @param deal how requests are divided among the nodes
 * @param speed pace as a multiple of the recorded one, above 0; {@link Pacer#MAX_SPEED}: as fast as
 *     possible
 * @param threads of each node
 * @param window most concurrent block accesses of each node, 1 or more; at most a quarter of its
 *     frames are used
 * @param prefetch whether reads of several blocks are announced before they are made
 */
public record ReplayPlan(
    Path file, int limit, Deal deal, double speed, int threads, int window, boolean prefetch) {}
