// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.storage;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.RunState;
import io.weft.spi.runtime.BlockingLane;
import io.weft.spi.runtime.Setback;
import io.weft.spi.store.BlockStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The storage as the shards use it: blocks are read, written when there is space, forced together,
 * and kept beside their places. Has the native memory for that. Thread-safe.
 */
public final class BlockStorage implements AutoCloseable {
  /** Of the whole cache, whatever the class. */
  private static final System.Logger LOG = System.getLogger("io.weft.cache");

  /** Tasks that block at a time, such as applying redo; the registry must find threads left. */
  private static final int BLOCKING_THREADS = 4;

  private final BlockStore store;
  private final RunState run;
  private final BlockWriter writer;
  private final Forces forces;
  private final BlockingLane lane;
  private final Setback savingSetback;
  private final Arena arena = Arena.ofShared();

  /**
   * Buffers that are free again. No more are made than are in use at once: one for each past image
   * that is being written, and for a few that are being kept beside the blocks, of which every
   * shard has a bound; for each block that the redo strategy has under recovery, and in each shard
   * for one that looks for space and a few quarantined ones that are looked at again.
   */
  private final ConcurrentLinkedQueue<MemorySegment> buffers = new ConcurrentLinkedQueue<>();

  public BlockStorage(NodeServices node, BlockStore store) {
    this.store = store;
    this.run = node.run();
    this.writer = new BlockWriter(store, node.runtime()::nanoTime, node.rules());
    this.forces = new Forces(node.runtime(), store, run::isStopped, run::onFailure);
    this.lane = new BlockingLane(node.runtime().blocking(), BLOCKING_THREADS);
    this.savingSetback = new Setback(LOG, node.runtime()::nanoTime);
  }

  /** Reads a block; the completion is called on a thread of the store's. */
  public void read(BlockId block, MemorySegment into, BlockStore.ReadCompletion completion) {
    store.read(block.file(), block.number(), into, completion);
  }

  /** Whether this node may write; see {@link RunState#mayWrite}. */
  public boolean mayWrite() {
    return run.mayWrite();
  }

  /** Writes a block with the fence token of {@code epoch}; what is written is not stable yet. */
  public void write(
      BlockId block, long version, long epoch, MemorySegment physical, WriteAttempt attempt) {
    writer.write(block.file(), block.number(), version, epoch, physical, attempt);
  }

  /** Has {@code then} run when all that this node has written by now is stable. */
  public void afterNextForce(Runnable then) {
    forces.afterNext(then);
  }

  /** For what has to block: the images beside the blocks, and whatever reads redo. */
  public void onBlockingLane(Runnable task) {
    lane.execute(task);
  }

  /** Of past images that cannot be kept beside the blocks. */
  public Setback savingSetback() {
    return savingSetback;
  }

  // ---- images beside the blocks; these calls block -------------------------------------------

  /**
   * Keeps an image beside the blocks.
   *
   * @return the place, for messages; empty if the storage has none
   */
  public Optional<String> saveImage(BlockId block, long version, MemorySegment physical) {
    return store.saveImage(block.file(), block.number(), version, physical);
  }

  /** The versions that are kept beside the blocks; in an order that repeats. */
  public Map<BlockId, List<Long>> savedImages() {
    Map<BlockId, List<Long>> kept = new LinkedHashMap<>();
    for (BlockStore.SavedImage each : store.savedImages()) {
      kept.computeIfAbsent(each.block(), _ -> new ArrayList<>(1)).add(each.version());
    }
    return kept;
  }

  /** Reads an image that is kept; false if there is no whole one. */
  public boolean readSavedImage(BlockId block, long version, MemorySegment into) {
    return store.readSavedImage(block.file(), block.number(), version, into);
  }

  /**
   * Drops images up to a version that the disk has for good. One that stays is looked at in each
   * view that nobody holds its block in.
   */
  public void dropSavedImages(BlockId block, long version) {
    try {
      store.dropSavedImages(block.file(), block.number(), version);
    } catch (WeftException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "past images of block {0} up to version {1} are not needed any more, but stay until the"
              + " block is recovered again: {2}",
          block,
          version,
          e);
    }
  }

  // ---- memory --------------------------------------------------------------------------------

  /** Native memory for one physical block, for reads and writes beside the frames. */
  public MemorySegment takeBuffer() {
    MemorySegment buffer = buffers.poll();
    int bytes = store.layout().physicalBytes();
    return buffer != null ? buffer : arena.allocate(bytes, bytes);
  }

  public void giveBuffer(MemorySegment buffer) {
    buffers.add(buffer);
  }

  /** What lives as long as the cache. */
  public Arena arena() {
    return arena;
  }

  @Override
  public void close() {
    arena.close();
  }
}
