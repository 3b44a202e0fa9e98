// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.spi.node.StoragePlace;
import io.weft.spi.storage.IdentityFile;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** The directory of the logs as a storage place. */
record LogPlace(Path directory) implements StoragePlace {
  @Override
  public String where() {
    return "the redo logs in " + directory;
  }

  @Override
  public String key() {
    return "weft.log-device.file.directory";
  }

  @Override
  public Optional<UUID> identity() {
    try {
      return IdentityFile.read(directory);
    } catch (IOException e) {
      throw LogIoErrors.of("read the identity of the storage in " + directory, e);
    }
  }

  @Override
  public boolean isBlank() {
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(directory, "n*")) {
      return !logs.iterator().hasNext();
    } catch (NoSuchFileException _) {
      return true;
    } catch (DirectoryIteratorException e) {
      throw LogIoErrors.of("list " + directory, e.getCause());
    } catch (IOException e) {
      throw LogIoErrors.of("list " + directory, e);
    }
  }

  @Override
  public UUID mark(UUID identity) {
    try {
      IdentityFile.create(directory, identity);
    } catch (IOException e) {
      throw LogIoErrors.of("write the identity of the storage to " + directory, e);
    }
    return identity().orElseThrow();
  }
}
