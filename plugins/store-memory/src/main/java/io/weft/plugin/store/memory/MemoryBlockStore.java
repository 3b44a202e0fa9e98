// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import jakarta.inject.Inject;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Storage in the memory of this process, shared by the nodes of the process that use its name. It
 * exists from the first {@link #open} to the last {@link #close}. Thread-safe; every call completes
 * before it returns.
 */
public final class MemoryBlockStore implements BlockStore {
  private final MemoryStoreSettings settings;
  private final NodeSettings node;
  private final BlockLayout layout;
  private volatile Optional<SharedBlocks> blocks = Optional.empty();

  /** Creates a store that is not open yet. */
  @Inject
  public MemoryBlockStore(MemoryStoreSettings settings, NodeSettings node) {
    this.settings = settings;
    this.node = node;
    this.layout = new BlockLayout(node.blockBytes());
  }

  @Override
  public BlockLayout layout() {
    return layout;
  }

  /**
   * The place of the storage: each process has its own, so that nodes of different processes refuse
   * each other.
   */
  @Override
  public Optional<StoragePlace> place() {
    return Optional.of(new MemoryPlace(settings.name()));
  }

  @Override
  public void open() {
    blocks = Optional.of(SharedBlocks.join(settings.name(), node));
  }

  @Override
  public void read(int file, long number, MemorySegment physical, ReadCompletion completion) {
    long version;
    try {
      version = read(file, number, physical);
    } catch (WeftException e) {
      completion.onReadFailed(e);
      return;
    }
    completion.onRead(version);
  }

  @Override
  public void write(
      int file,
      long number,
      long version,
      long fenceToken,
      MemorySegment physical,
      WriteCompletion completion) {
    try {
      write(file, number, version, fenceToken, physical);
    } catch (WeftException e) {
      completion.onWriteFailed(e);
      return;
    }
    completion.onWritten();
  }

  @Override
  public void fence(int fencedNode, long incarnation) {
    opened().fence(fencedNode, incarnation);
  }

  @Override
  public void force() {
    opened();
  }

  @Override
  public void close() {
    blocks.ifPresent(shared -> shared.leave(node.nodeId()));
    blocks = Optional.empty();
  }

  private long read(int file, long number, MemorySegment physical) {
    BlockId id = new BlockId(file, number);
    Optional<byte[]> stored = opened().get(id);
    if (stored.isEmpty()) {
      physical.fill((byte) 0);
      return 0;
    }
    MemorySegment.copy(stored.get(), 0, physical, JAVA_BYTE, 0, layout.physicalBytes());
    long version = BlockHeader.verify(physical, file, number);
    if (version < 0) {
      throw new WeftException(
          StoreErrors.CORRUPT_BLOCK,
          "block "
              + id
              + " of storage \""
              + settings.name()
              + "\" is corrupt: "
              + BlockHeader.describe(version, physical));
    }
    return version;
  }

  private void write(int file, long number, long version, long fenceToken, MemorySegment physical) {
    if (fenceToken < 1) {
      throw new WeftException(
          StoreErrors.FENCED,
          "fence token " + fenceToken + " is below the first epoch; nothing was written");
    }
    BlockHeader.encode(physical, file, number, version);
    byte[] block = physical.toArray(JAVA_BYTE);
    opened().put(node.nodeId(), node.incarnation(), new BlockId(file, number), block);
  }

  private SharedBlocks opened() {
    return blocks.orElseThrow(
        () ->
            new WeftException(
                CoreErrors.NODE_CLOSED,
                "storage \"" + settings.name() + "\" is not open on " + node.nodeId()));
  }
}
