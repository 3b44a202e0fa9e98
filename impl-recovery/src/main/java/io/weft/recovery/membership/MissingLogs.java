// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells a log that no node needs any more from one that has vanished: a directory that is not
 * mounted has no logs, and to take that for nothing to be recovered would lose acknowledged
 * commits. An incarnation that has been in a view needs its log, or the tombstone of it.
 */
final class MissingLogs {
  private MissingLogs() {}

  /**
   * Looks, before a view is proposed, for the logs of the incarnations that are in the one before
   * it and not in it. Blocks.
   *
   * @throws WeftException {@link RedoErrors#MISSING_LOG} if one has vanished
   */
  static void check(LogDevice device, ViewRecord former, ViewRecord next) {
    List<LogId> needed = new ArrayList<>();
    for (ViewRecord.Entry entry : former.entries()) {
      if (entry.state() != EntryState.LEFT && next.isFailed(entry.nodeIncarnation())) {
        needed.add(entry.nodeIncarnation().log());
      }
    }
    if (needed.isEmpty()) {
      return;
    }
    needed.removeAll(device.logs());
    needed.removeIf(device::wasDeleted);
    if (!needed.isEmpty()) {
      String logs = device.place().map(StoragePlace::where).orElse(device.name());
      throw new WeftException(
          RedoErrors.MISSING_LOG,
          "redo of "
              + needed
              + " is not in "
              + logs
              + ", and no node has deleted it: its changes would be lost. Mount the file system"
              + " with the redo logs, or restore them. If they are lost for good: "
              + device.acceptLossOf(needed.getFirst()));
    }
  }
}
