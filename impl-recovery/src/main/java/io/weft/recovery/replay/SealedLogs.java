// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.replay;

import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * The retained logs of failed incarnations. Each is read once, when it is first requested, because
 * a sealed log does not change any more. It is read again if the node then masters other buckets.
 * Thread-safe.
 */
public final class SealedLogs implements AutoCloseable {
  /** Largest capacity of a table's arrays. */
  private static final int MOST_CHANGES = 1 << 29;

  private final LogDevice device;
  private final long memoryBytes;
  private final Map<LogId, LogIndex> indexes = new TreeMap<>();

  /** Creates an empty set of logs without a memory limit. */
  public SealedLogs(LogDevice device) {
    this(device, Long.MAX_VALUE);
  }

  /**
   * Creates an empty set of logs.
   *
   * @param memoryBytes heap for the positions of changes, in bytes; logs with more changes are read
   *     several times
   */
  public SealedLogs(LogDevice device, long memoryBytes) {
    this.device = device;
    this.memoryBytes = memoryBytes;
  }

  /** The redo of all sealed logs. Blocks. */
  public RedoIndex refresh() {
    return refresh(device.logs().stream().filter(device::isSealed).toList());
  }

  /** The redo of the given logs, which are sealed, for all blocks. */
  public RedoIndex refresh(Collection<LogId> logs) {
    return refresh(logs, OwnBuckets.ALL, _ -> {});
  }

  /**
   * The redo of the given sealed logs, at least for the blocks of some buckets; drops all other
   * logs. Blocks while it reads new logs. The result of an earlier call must not be used any more
   * for a dropped log.
   *
   * @param progress receives, on the calling thread, the number of records read since its last call
   */
  public synchronized RedoIndex refresh(
      Collection<LogId> logs, OwnBuckets wanted, LongConsumer progress) {
    indexes
        .entrySet()
        .removeIf(
            entry -> {
              boolean gone =
                  !logs.contains(entry.getKey()) || !entry.getValue().wanted().covers(wanted);
              if (gone) {
                entry.getValue().close();
              }
              return gone;
            });
    int maxChanges = (int) Math.min(memoryBytes / ChangeTable.BYTES, MOST_CHANGES);
    for (LogId log : logs) {
      if (!indexes.containsKey(log)) {
        indexes.put(log, LogIndex.build(device, log, wanted, maxChanges / logs.size(), progress));
      }
    }
    return new RedoIndex(indexes);
  }

  @Override
  public synchronized void close() {
    indexes.values().forEach(LogIndex::close);
    indexes.clear();
  }
}
