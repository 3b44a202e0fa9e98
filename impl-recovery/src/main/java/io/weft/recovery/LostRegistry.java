// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells a new cluster from one that has lost its registry. With the registry goes the knowledge
 * which logs are those of the dead: the log of a node that is not in the first view would never be
 * replayed, and its changes, acknowledged long ago, would be overwritten.
 */
final class LostRegistry {
  private LostRegistry() {}

  /**
   * Looks at the storage before a view is proposed to an empty registry. Reads the logs of lives
   * that the view does not know; there are none, or empty ones, if the cluster is new. Blocks.
   *
   * @throws WeftException {@link MembershipErrors#BAD_REGISTRY} if such a log has changes; {@link
   *     io.weft.spi.redo.RedoErrors#CORRUPT_LOG} if it cannot be read
   */
  static void check(LogDevice device, ViewRecord first) {
    List<LogId> orphans = new ArrayList<>();
    for (LogId log : device.logs()) {
      Life life = new Life(log.node(), log.incarnation());
      boolean known = first.isDead(life) || first.has(life.node(), life.incarnation());
      if (!known && LogScanner.scan(device, log, _ -> {}).changes() > 0) {
        orphans.add(log);
      }
    }
    if (!orphans.isEmpty()) {
      throw new WeftException(
          MembershipErrors.BAD_REGISTRY,
          "the registry is empty, but there are redo logs with changes of nodes that are not here: "
              + orphans
              + "; restore the registry from a copy, or start these nodes too: a first view with"
              + " them replays their logs");
    }
  }
}
