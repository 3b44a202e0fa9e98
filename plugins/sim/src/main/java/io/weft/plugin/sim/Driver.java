// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.WeftException;
import io.weft.spi.transport.PeerListener;
import java.util.List;

/** Takes the nodes of a simulated cluster through their views. */
interface Driver {
  /** A node has started and would like to become a member. */
  void join(SimNode node);

  /** A node that holds nothing any more goes as planned, and closes its transport. */
  void leave(SimNode node);

  /** Somebody should have noticed that the node does not work. */
  void evict(SimNode node);

  /** Who hears what the node's transport tells. */
  PeerListener listener(SimNode node);

  /** The node fails: it must not take part any more. */
  void failed(SimNode node);

  /** Whether what has happened so far explains that a node stops for this reason. */
  boolean explains(SimNode node, WeftException reason);

  /** Whether the newest view has this life of the node. */
  boolean isMember(SimNode node);

  /** The members of the newest view. */
  List<SimNode> members();

  /** The newest view. */
  long epoch();

  /** How many views there have been. */
  long views();

  /** How many dead logs were deleted. */
  long logsDeleted();

  /** Whether the newest view is complete. */
  boolean isComplete();

  /** Whether the newest view is complete, and its dead logs are gone. */
  boolean isQuiet();

  /** Sees every step of every view change. */
  void probe(SimMembership.Probe probe);
}
