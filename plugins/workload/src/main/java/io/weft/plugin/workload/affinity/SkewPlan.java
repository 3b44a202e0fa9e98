// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.affinity;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The parameters of a run in which each node has blocks of its own.
 *
 * @param seconds duration of the work
 * @param extents extents of 64 blocks that each node uses most
 * @param own share of the accesses that go to them, in percent; the others go to any block
 * @param writes share of the accesses that change the block, in percent
 * @param threads of each node
 * @param plot file for a drawing of the run over time, if any
 */
public record SkewPlan(
    int seconds, int extents, int own, int writes, int threads, Optional<Path> plot) {}
