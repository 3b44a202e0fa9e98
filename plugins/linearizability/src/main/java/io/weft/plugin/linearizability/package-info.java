// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Decides whether what processes saw of a register is linearizable (Herlihy and Wing, TOPLAS 1990):
 * whether every operation can be given a moment between its invocation and its completion, so that
 * executed one after another in that order they return what they returned.
 *
 * <p>Registers are judged one by one, which suffices, as linearizability is a local property.
 * {@link io.weft.plugin.linearizability.HistoryChecker} takes the fastest of three ways that a
 * register's operations allow; {@link io.weft.plugin.linearizability.Operation} is what is
 * recorded, {@link io.weft.plugin.linearizability.Verdict} the answer.
 */
package io.weft.plugin.linearizability;
