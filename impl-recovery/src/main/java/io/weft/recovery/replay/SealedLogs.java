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
 * The logs of dead incarnations that are still kept. Each is read once, when it is first asked for,
 * because a sealed log does not change any more; and once more if the node masters other buckets
 * meanwhile. Thread-safe.
 */
public final class SealedLogs implements AutoCloseable {
  /** What an array of a table can take. */
  private static final int MOST_CHANGES = 1 << 29;

  private final LogDevice device;
  private final long memoryBytes;
  private final Map<LogId, LogIndex> indexes = new TreeMap<>();

  /** Knows no log yet, and keeps in memory whatever there is. */
  public SealedLogs(LogDevice device) {
    this(device, Long.MAX_VALUE);
  }

  /**
   * Knows no log yet.
   *
   * @param memoryBytes heap that the places of changes may take; logs with more changes are read
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
   * The redo of the given logs, which are sealed, for blocks of some buckets at least; forgets all
   * others. Blocks for reading those that are new. Nobody may still use what an earlier call has
   * returned for a log that is forgotten.
   *
   * @param progress hears, on the calling thread, how many more records have been read
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
