// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.redo.RedoLog;
import io.weft.spi.redo.RedoRecord;

/** A redo log that keeps nothing, and counts its bytes and checkpoints. */
final class CountingRedoLog implements RedoLog {
  /** Bytes since the last checkpoint. */
  long bytes;

  /** Checkpoints that were begun. */
  int begun;

  /** Checkpoints that were ended. */
  int ended;

  @Override
  public String name() {
    return "counting";
  }

  @Override
  public boolean survivesProcess() {
    return true;
  }

  @Override
  public long append(RedoRecord record) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long durableLsn() {
    return bytes;
  }

  @Override
  public void whenDurable(long lsn, Runnable event) {
    event.run();
  }

  @Override
  public long beginCheckpoint() {
    begun++;
    return bytes;
  }

  @Override
  public void endCheckpoint(long lsn) {
    ended++;
    bytes -= lsn;
  }

  @Override
  public long bytesSinceCheckpoint() {
    return bytes;
  }

  @Override
  public void close() {}
}
