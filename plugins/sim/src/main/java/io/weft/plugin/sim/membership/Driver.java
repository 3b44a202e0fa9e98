// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.membership;

import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.sim.node.SimNode;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Overrides;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.store.StoreErrors;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.TransportErrors;
import java.util.List;

/** Takes the nodes of a simulated cluster through their views. */
public interface Driver {
  /** An operator changes the members while the cluster runs; before the first node starts. */
  default void membersChange() {}

  /** Whether it is of use to start a node: it is a member, as far as the registry knows. */
  default boolean isListed(int node) {
    return true;
  }

  /** The cluster, as far as a driver has to tell it something. */
  interface Host {
    /** A node has installed its first view, or a later one. */
    void becameMember(SimNode node);

    /** A node cannot go on. */
    void failed(SimNode node, WeftException reason);

    /** The process of a node ends soon: it has nothing more to do. */
    void endSoon(SimNode node);
  }

  /** A node has started and would like to become a member. */
  void join(SimNode node);

  /** A node that holds nothing any more goes as planned, and closes its transport. */
  void leave(SimNode node);

  /** The others should have noticed that the node does not work. */
  void evict(SimNode node);

  /** Who hears what the node's transport tells. */
  PeerListener listener(SimNode node);

  /** The node fails: it must not take part any more. */
  void failed(SimNode node);

  /** Whether what has happened so far explains that a node stops for this reason. */
  boolean explains(SimNode node, WeftException reason);

  /** Whether the newest view has this incarnation of the node. */
  boolean isMember(SimNode node);

  /** The members of the newest view. */
  List<SimNode> members();

  /** The newest view. */
  long epoch();

  /** The cache of a node is about to install a view. */
  default void installs(View view, BucketMap masters) {}

  /** The log of a failed node was deleted on its device. */
  default void onDeleted(LogId log) {}

  /** The registry is an older one: epochs may be given out a second time. */
  default void forgetViews() {}

  /** How many nodes have stopped because they, or others, were started in a wrong way. */
  default int startsRefused() {
    return 0;
  }

  /** How many views there have been. */
  long views();

  /** How many dead logs were deleted. */
  long logsDeleted();

  /** Whether the newest view is complete. */
  boolean isComplete();

  /** Whether the newest view is complete, and its dead logs are gone. */
  boolean isQuiet();

  /** The next view gives these buckets to these masters, whatever its members know of moves. */
  default void place(Overrides next) {
    throw new UnsupportedOperationException("the nodes agree on that among themselves");
  }

  /** Sees every step of every view change. */
  void probe(ViewProbe probe);

  /** Whether a node stops for this because it is outside the view. */
  static boolean saysOut(WeftException reason) {
    return reason.code() == MembershipErrors.EVICTED
        || reason.code() == TransportErrors.EVICTED
        || reason.code() == RedoErrors.LOG_SEALED
        || reason.code() == StoreErrors.FENCED;
  }
}
