// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.recovery.replay.OwnBuckets;
import io.weft.recovery.replay.RecoveryRedoReader;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * The redo logs of failed nodes on the shared log device. Its methods block, and throw the
 * exceptions of the device. Immutable.
 */
final class FailedNodeLogs {
  private final LogDevice device;
  private final boolean survive;
  private final RecoveryRedoReader reader;

  /**
   * For the logs of one device.
   *
   * @param survive whether a log survives the process that writes it: then none may be missing
   */
  FailedNodeLogs(LogDevice device, boolean survive, RecoveryRedoReader reader) {
    this.device = device;
    this.survive = survive;
    this.reader = reader;
  }

  /** Those logs of nodes that failed before a view, or in it, that still exist. */
  static List<LogId> of(LogDevice device, ViewRecord record) {
    List<LogId> failed = new ArrayList<>();
    for (LogId log : device.logs()) {
      if (record.isFailed(new NodeIncarnation(log.node(), log.incarnation()))) {
        failed.add(log);
      }
    }
    return failed;
  }

  /** Checks that the logs on the device are those that the registry knows. */
  void check(Effect.Propose order) {
    if (order.forms()) {
      LostRegistry.check(device, order.before(), order.record());
    }
    if (survive && order.before().isPresent()) {
      MissingLogs.check(device, order.before().get(), order.record());
    }
  }

  /**
   * Reads the redo for the blocks that this node masters. A log that was there when the view was
   * proposed may be missing now, perhaps only for this node.
   *
   * @param progress hears, on the calling thread, how many more records have been read
   */
  Redo read(Effect.Rebuild order, OwnBuckets own, LongConsumer progress) {
    if (survive) {
      order.former().ifPresent(former -> MissingLogs.check(device, former, order.record()));
      MissingLogs.check(device, order.record(), order.record());
    }
    List<LogId> failed = of(device, order.record());
    return new Redo(failed.size(), reader.read(failed, own, progress));
  }

  /**
   * Deletes the logs that no node needs any more.
   *
   * @param deleted hears of each log that has been deleted
   */
  void delete(ViewRecord record, Consumer<LogId> deleted) {
    for (LogId log : of(device, record)) {
      device.delete(log);
      deleted.accept(log);
    }
    record.entries().forEach(entry -> device.forgetBefore(entry.nodeIncarnation().log()));
  }

  /**
   * The redo of failed nodes.
   *
   * @param logs number of logs
   * @param found what is in them
   */
  record Redo(int logs, RecoveryRedoReader.Found found) {}
}
