// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.WeftException;
import io.weft.plugin.tck.SynchronousStore;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.node.NodeSettings;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Makes stores for tests. */
final class Stores {
  static final int BLOCK_BYTES = TestNodes.BLOCK_BYTES;

  private Stores() {}

  static NodeSettings node(String cluster, int id, int blockBytes) {
    return node(cluster, id, 1, blockBytes);
  }

  static NodeSettings node(String cluster, int id, long incarnation, int blockBytes) {
    return TestNodes.node(cluster, id, incarnation, blockBytes);
  }

  static FileBlockStore store(Path directory, NodeSettings node, BlockingQueue<WeftException> to) {
    return new FileBlockStore(new FileStoreSettings(directory.toString(), 2), node, to::add);
  }

  static FileBlockStore store(Path directory, NodeSettings node) {
    return store(directory, node, new LinkedBlockingQueue<>());
  }

  /** An open store of node {@code id}. */
  static SynchronousStore open(Path directory, int id) {
    FileBlockStore store = store(directory, node("test", id, BLOCK_BYTES));
    store.open();
    return new SynchronousStore(store);
  }
}
