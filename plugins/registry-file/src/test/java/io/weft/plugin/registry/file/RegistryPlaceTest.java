// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.plugin.tck.StoragePlaceContract;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.storage.IdentityFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract of storage places, for a directory of records. */
final class RegistryPlaceTest extends StoragePlaceContract {
  @TempDir Path home;

  @Override
  protected StoragePlace place() {
    return registry().place().orElseThrow();
  }

  @Override
  protected void use() {
    try (FileRegistry registry = registry()) {
      registry.open();
      registry.propose(1, new byte[1]);
    }
  }

  @Override
  protected boolean somethingIsThere() {
    return Files.exists(directory());
  }

  @Override
  protected boolean damageIdentity() {
    Path identity = directory().resolve(FileRegistry.SUBDIRECTORY).resolve(IdentityFile.FILE_NAME);
    try {
      Files.writeString(identity, "weft-storage-1 what\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return true;
  }

  private FileRegistry registry() {
    return new FileRegistry(
        new FileRegistrySettings(directory().toString(), true), () -> TestNodes.node(0));
  }

  private Path directory() {
    return home.resolve("not/mounted");
  }
}
