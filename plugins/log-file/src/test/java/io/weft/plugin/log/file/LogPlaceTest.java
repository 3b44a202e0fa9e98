// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.plugin.tck.StoragePlaceContract;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.redo.LogId;
import io.weft.spi.storage.IdentityFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract of storage places, for a directory of logs. */
final class LogPlaceTest extends StoragePlaceContract {
  @TempDir Path home;

  @Override
  protected StoragePlace place() {
    return device().place().orElseThrow();
  }

  @Override
  protected void use() {
    FileLogDevice device = device();
    device.open();
    device.create(new LogId(1, 1), 0, 4_096).close();
  }

  @Override
  protected boolean somethingIsThere() {
    return Files.exists(directory());
  }

  @Override
  protected boolean damageIdentity() {
    Path identity = directory().resolve(FileLogDevice.SUBDIRECTORY).resolve(IdentityFile.FILE_NAME);
    try {
      Files.writeString(identity, "weft-storage-1 what\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return true;
  }

  private FileLogDevice device() {
    return new FileLogDevice(new FileLogDeviceSettings(directory().toString(), 1));
  }

  private Path directory() {
    return home.resolve("not/mounted");
  }
}
