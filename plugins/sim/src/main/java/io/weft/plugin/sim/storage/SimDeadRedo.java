// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The redo of failed nodes, from the records that their simulated logs keep. */
public final class SimDeadRedo implements RecoveryRedo {
  private static final Comparator<BlockId> BY_PLACE =
      Comparator.comparingInt(BlockId::file).thenComparingLong(BlockId::number);

  private final Map<BlockId, List<SimRedoLog.Kept>> byBlock = new TreeMap<>(BY_PLACE);
  private long newestScn;

  public SimDeadRedo(List<NodeLog> logs) {
    for (NodeLog log : logs) {
      for (SimRedoLog.Kept each : ((SimRedoLog) log).kept()) {
        byBlock
            .computeIfAbsent(new BlockId(each.file(), each.number()), block -> new ArrayList<>())
            .add(each);
        newestScn = Math.max(newestScn, each.scn());
      }
    }
    byBlock.values().forEach(list -> list.sort(Comparator.comparingLong(SimRedoLog.Kept::version)));
  }

  public long newestScn() {
    return newestScn;
  }

  private List<SimRedoLog.Kept> of(int file, long number) {
    return byBlock.getOrDefault(new BlockId(file, number), List.of());
  }

  @Override
  public long lastVersion(int file, long number) {
    List<SimRedoLog.Kept> all = of(file, number);
    return all.isEmpty() ? 0 : all.getLast().version();
  }

  @Override
  public long apply(int file, long number, MemorySegment content, long version) {
    long at = version;
    List<SimRedoLog.Kept> all = of(file, number);
    for (SimRedoLog.Kept each : all) {
      if (each.version() > at && each.image().length > 0) {
        MemorySegment.copy(each.image(), 0, content, ValueLayout.JAVA_BYTE, 0, each.image().length);
        at = each.version();
      }
    }
    if (at == UNREADABLE) {
      throw gap(file, number, "the block is unreadable, and no record has its image");
    }
    for (SimRedoLog.Kept each : all) {
      if (each.version() <= at) {
        continue;
      }
      if (each.version() != at + 1) {
        throw gap(file, number, "version " + each.version() + " follows " + at);
      }
      for (SimRedoLog.Range range : each.ranges()) {
        MemorySegment.copy(
            range.bytes(), 0, content, ValueLayout.JAVA_BYTE, range.offset(), range.bytes().length);
      }
      at = each.version();
    }
    return at;
  }

  private static WeftException gap(int file, long number, String why) {
    return new WeftException(RedoErrors.REDO_GAP, "block " + file + ":" + number + ": " + why);
  }

  @Override
  public void forEachBlock(Consumer<BlockId> visitor) {
    byBlock.keySet().forEach(visitor);
  }
}
