// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The workload: {@code weft demo} and {@code weft replay}, and the agent inside a node that does
 * their work.
 *
 * <p>Each command is a process of its own, the <em>parent</em>, that starts nodes as child
 * processes and speaks JSON lines with them over standard input and output. All work is done by the
 * {@link io.weft.plugin.launcher.workload.Agent} in the children; what a child has acknowledged
 * counts only once the parent has been told. The parent then proves the result against what the
 * nodes left on disk.
 */
package io.weft.plugin.launcher.workload;
