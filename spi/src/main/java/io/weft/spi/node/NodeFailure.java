// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import io.weft.api.WeftException;

/**
 * Stops the node after a fatal error.
 *
 * <ul>
 *   <li>Rule NF-1: the first report is the reason of the stop. Later reports are kept as suppressed
 *       exceptions.
 *   <li>Rule NF-2: may be called on any thread, and returns at once. The node stops on a separate
 *       thread.
 *   <li>Rule NF-3: after the call no block lease is granted, and all waiting calls fail.
 *   <li>Rule NF-4: {@link io.weft.api.CoreErrors#NODE_STOPPED} is a consequence and never a reason.
 *       A report of it has no effect. The error that ended the node's work or its membership lease
 *       stops the node, with its own code.
 * </ul>
 */
@FunctionalInterface
public interface NodeFailure {
  /** Reports an error after which the node cannot keep its promises. */
  void stop(WeftException reason);
}
