// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.cache;

import io.weft.api.BlockCache;
import io.weft.api.WeftException;
import java.util.concurrent.CompletionStage;

/**
 * The coherent cache as the node drives it. Constructing it registers its service with the
 * transport; it serves from then on.
 *
 * <ul>
 *   <li>Rule CC-1: {@link #drain} takes no new scope into the cache, writes back all dirty blocks
 *       and gives up every block; requests of other nodes are still answered meanwhile and
 *       afterwards.
 *   <li>Rule CC-2: after {@link #fail} every waiting and later call throws; nothing is granted,
 *       shipped or written any more.
 *   <li>Rule CC-3: {@link #peerLeft} fails what needs that peer and nothing else.
 *   <li>Rule CC-4: after {@link #leave} other nodes' new requests are refused: their callers learn
 *       that this node has left. When it completes, nothing is on its way for a block that this
 *       node masters, so that its goodbye cannot overtake anything.
 * </ul>
 */
public interface CoherentCache extends BlockCache, AutoCloseable {
  /** Gives up everything, as the first step of a planned end. */
  CompletionStage<Void> drain();

  /** Serves no other node any more, as the second step of a planned end, before the goodbye. */
  CompletionStage<Void> leave();

  /** Stops at once. */
  void fail(WeftException reason);

  /** A member has left as planned; {@code node} is its id. */
  void peerLeft(int node);

  /** Frees the memory; nothing may use a lease any more. */
  @Override
  void close();
}
