// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

/**
 * Has the cache write back from time to time, so that recovery has little redo to read and the log
 * can be cut off. Thread-safe; one checkpoint at a time, and none that would change nothing.
 *
 * <pre>
 *   begin: first changes log full images again
 *   cache: every change so far is in blocks, its own or others'  (in the background)
 *   force: those blocks are on stable storage
 *   end:   the redo up to the beginning may go
 * </pre>
 */
final class Checkpoints {
  private static final long LOOK_NS = 1_000_000_000L;

  private final CheckpointSettings settings;
  private final Parts parts;
  private long begun;
  private boolean ended;

  Checkpoints(CheckpointSettings settings, Parts parts) {
    this.settings = settings;
    this.parts = parts;
  }

  /** Begins to look, once a second, whether a checkpoint is due. */
  void start() {
    synchronized (this) {
      begun = parts.runtime().nanoTime();
    }
    lookLater();
  }

  /** Ends; what is under way has come to its end, or comes to nothing. */
  synchronized void end() {
    ended = true;
  }

  private void lookLater() {
    parts.runtime().schedule(LOOK_NS, this::look);
  }

  private void look() {
    if (isDue()) {
      parts.runtime().blocking().execute(this::begin);
    } else if (!hasEnded()) {
      lookLater();
    }
  }

  private synchronized boolean hasEnded() {
    return ended;
  }

  private synchronized boolean isDue() {
    long redo = parts.redoLog().bytesSinceCheckpoint();
    long age = parts.runtime().nanoTime() - begun;
    return !ended
        && redo > 0
        && (redo >= settings.redo().bytes() || age >= settings.interval().toNanos());
  }

  private void begin() {
    synchronized (this) {
      begun = parts.runtime().nanoTime();
    }
    long lsn = parts.redoLog().beginCheckpoint();
    parts
        .cache()
        .checkpoint()
        .whenComplete(
            (_, error) -> {
              if (error == null) {
                parts.runtime().blocking().execute(() -> finish(lsn));
              } // else the node has failed: there is nothing left to look after
            });
  }

  /** Holds the lock to the end, so that nobody closes the log meanwhile. */
  private synchronized void finish(long lsn) {
    if (!ended) {
      parts.store().force();
      parts.redoLog().endCheckpoint(lsn);
      lookLater();
    }
  }
}
