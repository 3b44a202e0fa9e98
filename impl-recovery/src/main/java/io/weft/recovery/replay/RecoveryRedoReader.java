// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.replay;

import io.weft.recovery.redo.LogScan;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.redo.LogId;
import java.util.Collection;
import java.util.function.LongConsumer;

/** Reads the redo of failed nodes for a view change. */
@FunctionalInterface
public interface RecoveryRedoReader {
  /**
   * Reads the given sealed logs. Blocks.
   *
   * @param wanted buckets whose redo is needed
   * @param progress receives, on the calling thread, the number of records read since its last call
   */
  Found read(Collection<LogId> logs, OwnBuckets wanted, LongConsumer progress);

  /** The reader of real logs. */
  static RecoveryRedoReader of(SealedLogs sealed) {
    return (logs, wanted, progress) -> {
      RedoIndex index = sealed.refresh(logs, wanted, progress);
      long records = index.scans().values().stream().mapToLong(LogScan::changes).sum();
      return new Found(index, index.maxScn(), records);
    };
  }

  /**
   * The content of the logs.
   *
   * @param redo by block
   * @param maxScn the largest SCN of a change in them
   * @param records number of changes
   */
  record Found(RecoveryRedo redo, long maxScn, long records) {}
}
