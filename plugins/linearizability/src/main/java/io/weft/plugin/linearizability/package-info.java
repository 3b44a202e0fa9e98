// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Decides whether the operations of concurrent processes on a register are linearizable (Herlihy
 * and Wing, TOPLAS 1990): whether each operation can be assigned a point between its invocation and
 * its completion, so that executing them in the order of these points gives the observed results.
 *
 * <p>Registers are checked separately, which is sufficient because linearizability is a local
 * property. {@link io.weft.plugin.linearizability.HistoryChecker} uses the fastest of three
 * algorithms that is applicable; {@link io.weft.plugin.linearizability.Operation} is the input,
 * {@link io.weft.plugin.linearizability.Verdict} the result.
 */
package io.weft.plugin.linearizability;
