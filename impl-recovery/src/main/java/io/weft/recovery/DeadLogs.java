// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * The logs of dead incarnations that are still kept. Each is read once, when it is first asked for,
 * because a sealed log does not change any more. Thread-safe.
 */
public final class DeadLogs implements AutoCloseable {
  private final LogDevice device;
  private final Map<LogId, LogIndex> indexes = new TreeMap<>();

  /** Knows no log yet. */
  public DeadLogs(LogDevice device) {
    this.device = device;
  }

  /** The redo of all sealed logs. Blocks. */
  public RedoIndex refresh() {
    return refresh(device.logs().stream().filter(device::isSealed).toList());
  }

  /**
   * The redo of the given logs, which are sealed; forgets all others. Blocks for reading those that
   * are new. Nobody may still use what an earlier call has returned for a log that is forgotten.
   */
  public synchronized RedoIndex refresh(Collection<LogId> logs) {
    indexes
        .entrySet()
        .removeIf(
            entry -> {
              boolean gone = !logs.contains(entry.getKey());
              if (gone) {
                entry.getValue().close();
              }
              return gone;
            });
    for (LogId log : logs) {
      if (!indexes.containsKey(log)) {
        indexes.put(log, LogIndex.build(device, log));
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
