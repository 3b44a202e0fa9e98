// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A checker of linearizability for registers: decides whether what concurrent processes saw of them
 * can be explained by one order that agrees with time. Needs nothing of Weft, and {@code java.base}
 * only. {@link io.weft.plugin.linearizability.HistoryChecker} is the way in.
 */
module io.weft.plugin.linearizability {
  exports io.weft.plugin.linearizability;
}
