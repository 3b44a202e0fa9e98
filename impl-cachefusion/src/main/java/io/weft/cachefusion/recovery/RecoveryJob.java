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

/** One block under recovery: how far it has come. Owned by the shard's executor. */
final class RecoveryJob {
  final BlockId block;
  final long epoch;
  final RecoveryRedo redo;
  final Runnable served;

  /** Where it has a buffer: not while it waits for space, or as a look for a keeper. */
  Optional<MemorySegment> physical = Optional.empty();

  Runnable written;

  /** The block was in quarantine, and somebody has asked for it. */
  boolean isLook;

  /** It is the one that looks for space. */
  boolean isTried;

  /** How often its read has failed, and that of the kept image. */
  int reads;

  int savedReads;

  /** The version that the header of an unreadable block claims, and what is wrong with it. */
  long claimed;

  String unreadable = "";

  /** The keeper of the newest past image has answered, and the version that it has forced. */
  boolean keeperAnswered;

  long stableVersion;

  /** Versions that are kept beside the blocks and have not turned out damaged, newest first. */
  final ArrayDeque<Long> saved;

  final boolean hadSaved;

  /** What became of one that could not be used. */
  String savedIsLost = "";

  /** The image in memory is the one from beside the blocks: the disk has an older one. */
  boolean fromSaved;

  /** A version that there has been, so that nothing older is served. */
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
