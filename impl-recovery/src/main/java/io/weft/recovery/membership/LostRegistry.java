// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.recovery.redo.LogScanner;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tells a new cluster from one that has lost its registry, and the newest registry from one that
 * has been set back. With the registry goes the knowledge which logs are those of failed nodes: the
 * log of a node that is not in the next view would never be replayed, and its changes, acknowledged
 * long ago, would be overwritten.
 */
final class LostRegistry {
  /*
   * An incarnation writes changes only as a member of a view, so the registry knew of it before its
   * log had any, and every later record has the same incarnation of that node or a newer one. Hence
   * a log with changes of an incarnation that the newest record does not know was written under a
   * later record: the registry has lost that one. The other way round, if every log with changes is
   * of an incarnation that the record knows, then the node that forms the next view takes all of
   * them for logs of failed nodes and replays them.
   */
  private LostRegistry() {}

  /**
   * Looks at the storage before a view is proposed to which no member of a former one belongs.
   * Reads the logs of incarnations that the registry does not know; there are none, or empty ones,
   * unless it has lost something. Blocks.
   *
   * @param newest the newest record of the registry; empty if it has none
   * @throws WeftException {@link MembershipErrors#BAD_REGISTRY} if such a log has changes; {@link
   *     io.weft.spi.redo.RedoErrors#CORRUPT_LOG} if it cannot be read
   */
  static void check(LogDevice device, Optional<ViewRecord> newest, ViewRecord next) {
    List<LogId> orphans = new ArrayList<>();
    List<LogId> logs = device.logs();
    for (LogId log : logs) {
      NodeIncarnation incarnation = new NodeIncarnation(log.node(), log.incarnation());
      boolean known =
          newest.isPresent()
              ? newest.get().incarnation(incarnation.node()) >= incarnation.number()
              : next.isFailed(incarnation);
      boolean own = next.has(incarnation.node(), incarnation.number());
      if (!known && !own && hasChanges(device, log)) {
        orphans.add(log);
      }
    }
    if (!orphans.isEmpty()) {
      List<LogId> kept = new ArrayList<>(logs);
      kept.removeAll(orphans);
      throw new WeftException(
          MembershipErrors.BAD_REGISTRY,
          newest.map(record -> setBack(record, orphans)).orElseGet(() -> lost(orphans))
              + restored(device, orphans, kept));
    }
  }

  private static boolean hasChanges(LogDevice device, LogId log) {
    try {
      return LogScanner.scan(device, log, _ -> {}).changes() > 0;
    } catch (WeftException e) {
      if (!device.logs().contains(log)) {
        return false; // the node that was about to join has given up meanwhile
      }
      throw e;
    }
  }

  private static String lost(List<LogId> orphans) {
    return "the registry is empty, but there are redo logs with changes of nodes that are not here:"
        + " "
        + orphans
        + "; put the newest registry back, or start these nodes too: a first view with them replays"
        + " their logs";
  }

  private static String setBack(ViewRecord newest, List<LogId> orphans) {
    return "the registry has been set back: its newest view is "
        + newest.epoch()
        + ", but there are redo logs with changes of incarnations that began later: "
        + orphans
        + "; was it restored from a copy? Put the newest registry back. If it is lost, remove the"
        + " records of all views from it and start all nodes: a first view with all of them replays"
        + " all logs";
  }

  /** Blocks and registry come from a copy, and the logs of what came after it lie there still. */
  private static String restored(LogDevice device, List<LogId> orphans, List<LogId> kept) {
    String where =
        device.place().map(StoragePlace::where).orElseGet(() -> "log device " + device.name());
    return ". If blocks, registry and logs were restored from one copy, over directories that were"
        + " not empty, and what came after the copy shall be given up: move "
        + orphans
        + " out of "
        + where
        + (kept.isEmpty() ? "" : ", keep " + kept)
        + ", and start again";
  }
}
