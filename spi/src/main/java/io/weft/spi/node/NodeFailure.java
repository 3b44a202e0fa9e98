// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import io.weft.api.WeftException;

/**
 * Stops the node.
 *
 * <ul>
 *   <li>Rule NF-1: the first report decides; later ones are kept as suppressed exceptions.
 *   <li>Rule NF-2: callable from any thread, returns at once; the node stops on a thread of its
 *       own.
 *   <li>Rule NF-3: after the call no lease is granted any more and all waiters fail.
 *   <li>Rule NF-4: {@link io.weft.api.CoreErrors#NODE_STOPPED} is a consequence and never a reason.
 *       A report of it changes nothing: whatever ended the node's work or its lease stops the node,
 *       under its own name.
 * </ul>
 */
@FunctionalInterface
public interface NodeFailure {
  /** Reports an error after which the node cannot keep its promises. */
  void stop(WeftException reason);
}
