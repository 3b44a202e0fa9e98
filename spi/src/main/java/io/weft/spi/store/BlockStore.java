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
 * The shared storage of blocks. Thread-safe.
 *
 * <ul>
 *   <li>Rule BS-1: a read after a completed write, from any node, returns that write or a later
 *       one.
 *   <li>Rule BS-2: a block that was never written reads as version 0 with zero content.
 *   <li>Rule BS-3: every read verifies identity and checksum. A block that fails is reported as
 *       {@link StoreErrors#CORRUPT_BLOCK} and is not changed.
 *   <li>Rule BS-4: {@link #read} and {@link #write} never block the caller. Each completion runs
 *       exactly once, on any thread, possibly before the call returns.
 *   <li>Rule BS-5: reads and writes of different blocks run in parallel. The caller has at most one
 *       write of a block in progress.
 *   <li>Rule BS-6: the memory belongs to the store from the call to the completion.
 *   <li>Rule BS-7: a write by an incarnation that has been fenced ({@link #fence}), or with an
 *       invalid token, is refused with {@link StoreErrors#FENCED} and changes nothing. A write that
 *       was in progress when the fence was set has been completed or refused when {@link #fence}
 *       returns. A store that cannot guarantee this says so in its documentation.
 *   <li>Rule BS-8: a completed write is visible to all nodes, but stable only after its writer has
 *       called {@link #force}. Before that, a power failure of the writer's host may undo it or
 *       leave it torn.
 *   <li>Rule BS-9: an image saved by {@link #saveImage} is stable when the call returns. From then
 *       on {@link #savedImages} lists it on every node, intact or damaged, until {@link
 *       #dropSavedImages} removes it. A list that cannot be completed is a failure. Saving an image
 *       again, successfully or not, damages no saved image. The block itself is not changed. If the
 *       place of the images no longer belongs to the storage (for example, because it has been
 *       unmounted), all four calls fail, even if other calls still work.
 *   <li>Rule BS-10: {@link #readSavedImage} returns true only for an intact image of that block in
 *       that version.
 *   <li>Rule BS-11: {@link #dropSavedImages} removes the saved images of a block up to a version,
 *       and no other image. It may be repeated.
 *   <li>Rule BS-12: a store that cannot save such images returns an empty result from each call of
 *       {@link #saveImage}, and behaves as if no image was saved. A store, or a wrapper of a store,
 *       overrides all four methods or none.
 * </ul>
 */
public interface BlockStore extends AutoCloseable {
  /** The layout and size of the blocks. */
  BlockLayout layout();

  /**
   * The place of this storage, where its identity is kept; empty if the storage cannot be confused
   * with another one. May be called before {@link #open}.
   */
  default Optional<StoragePlace> place() {
    return Optional.empty();
  }

  /**
   * Opens the storage, and creates it if it does not exist. Called once, before any read or write.
   * Blocks.
   *
   * @throws WeftException if the storage belongs to another cluster, has another block size or
   *     format, or cannot be written; nothing is then changed
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
   * @param version the version of the content, 1 or larger
   * @param fenceToken the epoch of the writer
   * @param physical {@link BlockLayout#physicalBytes()} of native memory, with the content in its
   *     place; the store owns it until the completion
   */
  void write(
      int file,
      long number,
      long version,
      long fenceToken,
      MemorySegment physical,
      WriteCompletion completion);

  /**
   * Refuses from now on all writes of an incarnation of a node, and of its earlier incarnations
   * (R12). Blocks.
   *
   * @param node the node that has left the view
   * @param incarnation the incarnation that has left the view
   */
  void fence(int node, long incarnation);

  /**
   * Forces all writes that this object completed before the call to stable storage (BS-8). Blocks.
   * After a failed call every later call fails, because the operating system may have dropped the
   * bytes that it could not write.
   */
  void force();

  /**
   * Saves an image of an unrecoverable block outside the block area, for a later recovery or a
   * manual repair (BS-9). Blocks. May be repeated with the same image, also by other nodes at the
   * same time.
   *
   * @param version the version of the image
   * @param physical {@link BlockLayout#physicalBytes()} of native memory, with the content in its
   *     place; the store fills in the header
   * @return the location of the image, as text for an operator; empty if the store cannot save
   *     images (BS-12): nothing is then saved, and the caller must retain the redo
   * @throws WeftException if the image cannot be saved, {@link StoreErrors#STORE_FULL} for lack of
   *     space; the image may exist even so
   */
  default Optional<String> saveImage(int file, long number, long version, MemorySegment physical) {
    return Optional.empty();
  }

  /**
   * All images that were saved by {@link #saveImage} and not dropped since (BS-9), in any order,
   * including damaged ones. Blocks. The cost may grow with the size of the storage.
   *
   * @throws WeftException if the images cannot be listed
   */
  default List<SavedImage> savedImages() {
    return List.of();
  }

  /**
   * Reads an image that was saved by {@link #saveImage} (BS-10). Blocks.
   *
   * @param physical {@link BlockLayout#physicalBytes()} of native memory that receives header and
   *     content; undefined unless the result is true
   * @return whether there is an intact image of that block in that version
   * @throws WeftException if this cannot be determined now; the image may be intact
   */
  default boolean readSavedImage(int file, long number, long version, MemorySegment physical) {
    return false;
  }

  /**
   * Removes the saved images of a block up to a version that is stable on disk (BS-11). Blocks. It
   * is not an error if there is no such image. A removed image may reappear after a power failure.
   *
   * @throws WeftException if an image cannot be removed; others may have been removed
   */
  default void dropSavedImages(int file, long number, long version) {}

  /** Waits for writes in progress and closes the storage. Blocks. */
  @Override
  void close();

  /**
   * A saved image of a block that could not be recovered.
   *
   * @param block the block
   * @param version the version of the image
   */
  record SavedImage(BlockId block, long version) {}

  /** Receives the result of a read, on any thread (BS-4). */
  interface ReadCompletion {
    /**
     * The block has been read into the memory and verified. Its version is 0 if it was never
     * written.
     */
    void onRead(long version);

    /**
     * The block could not be read. The memory starts with the header of the block if that could be
     * read; otherwise with bytes that are not a valid header. The content is undefined.
     */
    void onReadFailed(WeftException reason);
  }

  /** Receives the result of a write, on any thread (BS-4). */
  interface WriteCompletion {
    /** The block has been written; it is not stable yet (BS-8). */
    void onWritten();

    /** The write failed. The storage has the old or the new image of the block. */
    void onWriteFailed(WeftException reason);
  }
}
