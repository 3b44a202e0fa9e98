// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.spi.node.StoragePlace;
import io.weft.spi.storage.IdentityFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * The registry as a storage place. Lock files alone do not prove earlier use, because a node takes
 * its lock before it checks the storage.
 */
record RegistryPlace(Path directory, ViewFiles files) implements StoragePlace {
  @Override
  public String where() {
    return "the registry in " + directory;
  }

  @Override
  public String key() {
    return "weft.registry.file.directory";
  }

  @Override
  public Optional<UUID> identity() {
    try {
      return IdentityFile.read(directory);
    } catch (IOException e) {
      throw Unavailable.because("read the identity of the storage in", directory, e);
    }
  }

  @Override
  public boolean isBlank() {
    try {
      return files.isBlank();
    } catch (IOException e) {
      throw Unavailable.because("list the records in", directory, e);
    }
  }

  @Override
  public UUID mark(UUID identity) {
    try {
      IdentityFile.create(directory, identity);
    } catch (IOException | UnsupportedOperationException e) {
      throw Unavailable.because("write the identity of the storage to", directory, e);
    }
    return identity().orElseThrow();
  }
}
