// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.recovery.replay.RecoveryRedoReader;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Store, log device and redo log of one node in a {@link World}. */
final class WorldStorage {
  final WorldNode node;
  final BlockStore store = new Store();
  final LogDevice logDevice = new Logs();
  final CountingRedoLog redoLog = new CountingRedoLog();
  long indexed;

  WorldStorage(WorldNode node) {
    this.node = node;
  }

  /** Every record of a dead log has the SCN of its incarnation. */
  RecoveryRedoReader.Found index(Collection<LogId> dead, OwnBuckets wanted, LongConsumer progress) {
    indexed++;
    long scn = 0;
    for (LogId log : dead) {
      Boolean sealed = node.world.logs.get(log);
      if (node.world.damaged.contains(log)) {
        throw new WeftException(RedoErrors.CORRUPT_LOG, "redo log " + log + " is damaged");
      }
      assertTrue(sealed == null || sealed, log + " is read before it is sealed");
      scn = Math.max(scn, log.incarnation());
    }
    return new RecoveryRedoReader.Found(RecoveryRedo.NONE, scn, dead.size());
  }

  private void check() {
    if (node.world.fencingFails) {
      node.world.fencesRefused++;
      throw new WeftException(StoreErrors.WRITE_FAILED, "the fence does not answer");
    }
  }

  private final class Store implements BlockStore {
    @Override
    public BlockLayout layout() {
      return new BlockLayout(8192);
    }

    @Override
    public void open() {}

    @Override
    public void read(int file, long number, MemorySegment physical, ReadCompletion completion) {}

    @Override
    public void write(
        int file,
        long number,
        long version,
        long fenceToken,
        MemorySegment physical,
        WriteCompletion completion) {}

    @Override
    public void fence(int id, long incarnation) {
      check();
      for (WorldNode life : node.world.allLives) {
        if (life.id == id && life.incarnation <= incarnation) {
          assertTrue(!life.mayAct(), () -> "fenced while its lease holds: " + life.incarnation);
          node.world.fenced.add(new NodeIncarnation(life.id, life.incarnation));
        }
      }
    }

    @Override
    public void force() {}

    @Override
    public void close() {}
  }

  private final class Logs implements LogDevice {
    @Override
    public String name() {
      return "world";
    }

    @Override
    public void open() {}

    @Override
    public List<LogId> logs() {
      Optional.ofNullable(node.world.logsHang.get(node.id)).ifPresent(HangingCalls::hang);
      Runnable before = node.world.beforeNextLogs;
      node.world.beforeNextLogs = () -> {};
      before.run();
      return node.world.logs.keySet().stream().sorted().toList();
    }

    @Override
    public List<Long> segments(LogId log) {
      return List.of();
    }

    @Override
    public LogSegment create(LogId log, long segment, long bytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public LogSegment open(LogId log, long segment) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void release(LogId log, long segment) {}

    @Override
    public void delete(LogId log) {
      assertTrue(isSealed(log), () -> log + " is deleted before it is sealed");
      node.world.deleteLog(log);
    }

    @Override
    public boolean wasDeleted(LogId log) {
      return node.world.tombstones.contains(log);
    }

    @Override
    public void forgetBefore(LogId log) {
      node.world.tombstones.removeIf(
          t -> t.node() == log.node() && t.incarnation() < log.incarnation());
    }

    @Override
    public void seal(LogId log) {
      check();
      node.world.logs.computeIfPresent(log, (_, _) -> true);
    }

    @Override
    public boolean isSealed(LogId log) {
      return node.world.logs.getOrDefault(log, true);
    }

    @Override
    public void close() {}
  }
}
