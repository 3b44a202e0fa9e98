// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.store;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.node.StoragePlace;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * The shared storage of blocks.
 *
 * <ul>
 *   <li>Rule BS-1: a read after a completed write, from any node, returns that write or a later
 *       one.
 *   <li>Rule BS-2: a block never written reads as version 0 with zero content.
 *   <li>Rule BS-3: every read verifies identity and checksum; a block that fails is reported as
 *       {@link StoreErrors#CORRUPT_BLOCK} and left as it is.
 *   <li>Rule BS-4: {@link #read} and {@link #write} never block the caller; completions run on any
 *       thread, exactly once, possibly before the call returns.
 *   <li>Rule BS-5: reads and writes of different blocks run in parallel. The caller has at most one
 *       write of a block under way.
 *   <li>Rule BS-6: the memory belongs to the store from the call to the completion.
 *   <li>Rule BS-7: a write by a life of a node that has been fenced ({@link #fence}), or with an
 *       impossible token, is refused with {@link StoreErrors#FENCED} and changes nothing. A write
 *       that was under way when the fence went up has landed or been refused when {@link #fence}
 *       returns; a store that cannot promise this says so in its documentation.
 *   <li>Rule BS-8: a completed write is seen by everybody, but stable only when its writer has
 *       called {@link #force} after it; until then a power failure of the writer's host may take it
 *       back or leave it torn.
 *   <li>Rule BS-9: an image that {@link #keepAside} has kept is stable when the call returns, and
 *       {@link #keptAside} of every node names it from then on, whole or damaged, until {@link
 *       #dropAside} removes it: a list that is not complete is a failure. Keeping an image again,
 *       or failing to, harms none that is there. The block itself stays as it is. Where the place
 *       of the images is not the storage any more (it has been unmounted, say), all four calls
 *       fail, whatever else still works.
 *   <li>Rule BS-10: {@link #readAside} returns true only for an image that is whole, of that block
 *       and of that version.
 *   <li>Rule BS-11: {@link #dropAside} removes the kept images of a block up to a version, and no
 *       other one; it may be repeated.
 *   <li>Rule BS-12: a store without a place for such images says so in each call of {@link
 *       #keepAside}, and behaves as one that has kept none. The four calls belong together: a store
 *       (or one that wraps another) has all of them of its own, or none.
 * </ul>
 */
public interface BlockStore extends AutoCloseable {
  /** Sizes of the blocks. */
  BlockLayout layout();

  /**
   * The place of this storage, which has its identity; empty if it cannot be mistaken for another
   * one. May be asked before {@link #open}.
   */
  default Optional<StoragePlace> place() {
    return Optional.empty();
  }

  /**
   * Opens the storage, making it if it is new; called once, before anything else.
   *
   * @throws WeftException if it belongs to another cluster, has another block size or format, or
   *     cannot be written; nothing has been changed then
   */
  void open();

  /**
   * Reads a block.
   *
   * @param physical {@link BlockLayout#physicalBytes()} of native memory that receives header and
   *     content
   */
  void read(int file, long number, MemorySegment physical, ReadCompletion completion);

  /**
   * Writes a block. The store fills in the header.
   *
   * @param version the version to be written, 1 or larger
   * @param fenceToken the writer's epoch
   * @param physical {@link BlockLayout#physicalBytes()} of native memory, content in its place
   */
  void write(
      int file,
      long number,
      long version,
      long fenceToken,
      MemorySegment physical,
      WriteCompletion completion);

  /**
   * Refuses from now on all writes of a life of a node, and of its earlier lives (R12). Blocks.
   *
   * @param node the node that has left the view
   * @param incarnation its life
   */
  void fence(int node, long incarnation);

  /**
   * Forces all writes that this object has completed before the call to stable storage (BS-8).
   * Blocks. After a call that has failed every later one fails, too: the system may have dropped
   * what it could not write.
   */
  void force();

  /**
   * Keeps an image of a block that cannot be recovered beside the blocks, for a later recovery and
   * for whoever mends it by hand (BS-9). Blocks; may be repeated, also by other nodes at the same
   * time, with the same image.
   *
   * @param version the version of the image
   * @param physical {@link BlockLayout#physicalBytes()} of native memory, content in its place; the
   *     store fills in the header
   * @return where it is, for people; empty if the storage has no place for such images (BS-12):
   *     nothing is kept then, and the caller goes on holding redo back
   * @throws WeftException if it cannot be kept, {@link StoreErrors#STORE_FULL} for want of space;
   *     it may be there all the same
   */
  default Optional<String> keepAside(int file, long number, long version, MemorySegment physical) {
    return Optional.empty();
  }

  /**
   * All images that {@link #keepAside} has kept and nobody has dropped (BS-9), in any order; also
   * images whose bytes are damaged. Blocks; its cost may grow with all that the storage holds.
   *
   * @throws WeftException if they cannot be listed
   */
  default List<Aside> keptAside() {
    return List.of();
  }

  /**
   * Reads an image that {@link #keepAside} has kept (BS-10). Blocks.
   *
   * @param physical {@link BlockLayout#physicalBytes()} of native memory that receives header and
   *     content; undefined if this fails
   * @return whether the image is there and whole, of that block and that version
   * @throws WeftException if that cannot be found out now: the image may be whole
   */
  default boolean readAside(int file, long number, long version, MemorySegment physical) {
    return false;
  }

  /**
   * Removes the kept images of a block up to a version, which the disk has for good (BS-11).
   * Blocks; images that are not there are no error. What is removed may be there again after a loss
   * of power.
   *
   * @throws WeftException if one cannot be removed; others may have been
   */
  default void dropAside(int file, long number, long version) {}

  /** Waits for writes under way and frees the storage. Blocks. */
  @Override
  void close();

  /**
   * An image that is kept beside the blocks.
   *
   * @param block whose image it is
   * @param version the version of the image
   */
  record Aside(BlockId block, long version) {}

  /** Receives the result of a read. */
  interface ReadCompletion {
    /** The block is in memory and verified. */
    void onRead(long version);

    /**
     * The block could not be read. The memory has its header if that could be read, or something
     * that is no header; the content is undefined.
     */
    void onReadFailed(WeftException reason);
  }

  /** Receives the result of a write. */
  interface WriteCompletion {
    /** The block is written. */
    void onWritten();

    /** The write failed; the block on storage is the old or the new one. */
    void onWriteFailed(WeftException reason);
  }
}
