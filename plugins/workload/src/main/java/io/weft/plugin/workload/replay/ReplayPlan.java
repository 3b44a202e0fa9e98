// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import java.nio.file.Path;

/**
 * What a replay is like.
 *
 * @param file the trace, in the vSCSI format
 * @param limit how many of its requests are replayed at most, 1 or more
 * @param deal who gets which request
 * @param speed pace as a multiple of the recorded one, above 0; {@link Pacer#MAX_SPEED}: as fast as
 *     possible
 * @param threads of each node
 * @param window block accesses under way at a time in each node, 1 or more; at most a quarter of
 *     its frames are used
 * @param prefetch whether reads of several blocks are announced before they are made
 */
public record ReplayPlan(
    Path file, int limit, Deal deal, double speed, int threads, int window, boolean prefetch) {}
