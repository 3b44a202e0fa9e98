// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A checker of linearizability for registers: decides whether the results of concurrent processes
 * can be explained by one order that agrees with real time. Depends only on {@code java.base}.
 * {@link io.weft.plugin.linearizability.HistoryChecker} is the entry point.
 */
module io.weft.plugin.linearizability {
  exports io.weft.plugin.linearizability;
}
