// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.recovery;

import io.weft.api.BlockId;
import io.weft.spi.recovery.RecoveryRedo;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The state of the recovery of one block. Owned by the shard's executor. */
final class RecoveryJob {
  final BlockId block;
  final long epoch;
  final RecoveryRedo redo;
  final Runnable served;

  /** Its buffer; empty while it waits for space, or while a look waits for a keeper. */
  Optional<MemorySegment> physical = Optional.empty();

  Runnable written;

  /** Whether this is a new attempt at a quarantined block. */
  boolean isLook;

  /** Whether this is the one job that tries again to find space. */
  boolean isTried;

  /** Failed reads of the block. */
  int reads;

  /** Failed reads of the saved image. */
  int savedReads;

  /** Failed reads of the redo of the block. */
  int redoReads;

  /** The version in the header of an unreadable block; the next field has the read error. */
  long claimed;

  String unreadable = "";

  /**
   * Whether the keeper of the newest past image has answered; the next field has the version that
   * it has forced.
   */
  boolean keeperAnswered;

  long stableVersion;

  /** Versions of the saved images that are not known to be damaged, newest first. */
  final ArrayDeque<Long> saved;

  final boolean hadSaved;

  /** Why a saved image could not be used, as text for the log. */
  String savedIsLost = "";

  /** Whether the image in memory is a saved image, which is newer than the disk. */
  boolean fromSaved;

  /** A version that the block had at some time; nothing older may be served. */
  long atLeast;

  RecoveryJob(
      BlockId block,
      List<Long> saved,
      long atLeast,
      long epoch,
      RecoveryRedo redo,
      Runnable written,
      Runnable served) {
    this.block = block;
    this.epoch = epoch;
    this.redo = redo;
    this.written = written;
    this.served = served;
    this.saved = new ArrayDeque<>(saved.stream().sorted(Comparator.reverseOrder()).toList());
    this.hadSaved = !saved.isEmpty();
    this.atLeast = Math.max(atLeast, hadSaved ? this.saved.getFirst() : 0);
  }

  MemorySegment buffer() {
    return physical.orElseThrow();
  }
}
