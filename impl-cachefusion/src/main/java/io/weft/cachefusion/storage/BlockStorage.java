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
 * The storage as the shards use it: reads blocks, writes them when there is space, forces many
 * writes together, and saves images. Owns the native memory for that. Thread-safe.
 */
public final class BlockStorage implements AutoCloseable {
  /** The logger of the whole cache. */
  private static final System.Logger LOG = System.getLogger("io.weft.cache");

  /**
   * Most concurrent blocking tasks, such as applying redo; few, so that threads remain for the
   * registry.
   */
  private static final int BLOCKING_THREADS = 4;

  private final BlockStore store;
  private final RunState run;
  private final BlockWriter writer;
  private final Forces forces;
  private final BlockingLane lane;
  private final Setback savingSetback;
  private final Arena arena = Arena.ofShared();

  /**
   * Free buffers of one physical block. Their number is bounded by the buffers in use at a time:
   * one for each past image that is being written or saved, one for each block that the redo
   * strategy has under recovery, and in each shard one for a recovery that waits for space and a
   * few for new attempts at quarantined blocks.
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

  /** Reads a block; the completion is called on a thread of the store. */
  public void read(BlockId block, MemorySegment into, BlockStore.ReadCompletion completion) {
    store.read(block.file(), block.number(), into, completion);
  }

  /** Whether this node may write; see {@link RunState#mayWrite}. */
  public boolean mayWrite() {
    return run.mayWrite();
  }

  /**
   * Writes a block with the fence token of {@code epoch}; the write is not stable yet when it
   * completes.
   */
  public void write(
      BlockId block, long version, long epoch, MemorySegment physical, WriteAttempt attempt) {
    writer.write(block.file(), block.number(), version, epoch, physical, attempt);
  }

  /** Runs {@code then} when everything that this node has written so far is stable. */
  public void afterNextForce(Runnable then) {
    forces.afterNext(then);
  }

  /** Runs a task that blocks: saved images, and reading redo. */
  public void onBlockingLane(Runnable task) {
    lane.execute(task);
  }

  /** Retries of saving past images. */
  public Setback savingSetback() {
    return savingSetback;
  }

  // ---- saved images; these calls block -------------------------------------------------------

  /**
   * Saves an image outside the block area.
   *
   * @return the place, for messages; empty if the storage cannot save images
   */
  public Optional<String> saveImage(BlockId block, long version, MemorySegment physical) {
    return store.saveImage(block.file(), block.number(), version, physical);
  }

  /** The versions of the saved images, by block, in a reproducible order. */
  public Map<BlockId, List<Long>> savedImages() {
    Map<BlockId, List<Long>> kept = new LinkedHashMap<>();
    for (BlockStore.SavedImage each : store.savedImages()) {
      kept.computeIfAbsent(each.block(), _ -> new ArrayList<>(1)).add(each.version());
    }
    return kept;
  }

  /** Reads a saved image; false if there is no intact one. */
  public boolean readSavedImage(BlockId block, long version, MemorySegment into) {
    return store.readSavedImage(block.file(), block.number(), version, into);
  }

  /**
   * Drops saved images up to a version that is stable on disk. One that cannot be dropped is
   * examined in each view in which its block has no holder.
   */
  public void dropSavedImages(BlockId block, long version) {
    try {
      store.dropSavedImages(block.file(), block.number(), version);
    } catch (WeftException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "saved images of block {0} up to version {1} are not needed any more, but could not be"
              + " dropped; this is tried again when the block is recovered again: {2}",
          block,
          version,
          e);
    }
  }

  // ---- memory --------------------------------------------------------------------------------

  /** Native memory for one physical block, for reads and writes outside the frames. */
  public MemorySegment takeBuffer() {
    MemorySegment buffer = buffers.poll();
    int bytes = store.layout().physicalBytes();
    return buffer != null ? buffer : arena.allocate(bytes, bytes);
  }

  public void giveBuffer(MemorySegment buffer) {
    buffers.add(buffer);
  }

  /** The arena with the lifetime of the cache. */
  public Arena arena() {
    return arena;
  }

  @Override
  public void close() {
    arena.close();
  }
}
