// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.plugin.tck.StoragePlaceContract;
import io.weft.plugin.tck.SynchronousStore;
import io.weft.spi.node.StoragePlace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract of storage places, for a directory of blocks. */
final class FileStorePlaceTest extends StoragePlaceContract {
  @TempDir Path home;

  @Override
  protected StoragePlace place() {
    return Stores.store(directory(), Stores.node("test", 0, Stores.BLOCK_BYTES))
        .place()
        .orElseThrow();
  }

  @Override
  protected void use() {
    try (SynchronousStore store = Stores.open(directory(), 0)) {
      store.write(1, 0, 1, 1);
    }
  }

  @Override
  protected boolean somethingIsThere() {
    return Files.exists(directory());
  }

  @Override
  protected boolean damageIdentity() {
    Path superblock = directory().resolve(Superblock.FILE_NAME);
    try {
      byte[] bytes = Files.readAllBytes(superblock);
      bytes[100] ^= 1;
      Files.write(superblock, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return true;
  }

  private Path directory() {
    return home.resolve("not/mounted");
  }
}
