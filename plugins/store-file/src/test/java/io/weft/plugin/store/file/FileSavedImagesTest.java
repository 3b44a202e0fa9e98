// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.SavedImagesContract;
import io.weft.plugin.tck.SynchronousStore;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.store.BlockStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The contract of the images kept aside, and of a directory that is another storage by now. */
final class FileSavedImagesTest extends SavedImagesContract {
  @TempDir Path directory;

  @Override
  protected BlockStore store(NodeSettings node) {
    return Stores.store(directory, node);
  }

  @Override
  protected boolean savesImages() {
    return true;
  }

  @Override
  protected boolean damageSavedImage(int file, long number, long version) {
    Path image = directory.resolve("weft-past-" + file + "-" + number + "-version-" + version);
    try {
      byte[] bytes = Files.readAllBytes(image);
      bytes[bytes.length - 1] ^= 1;
      Files.write(image, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return true;
  }

  @Override
  protected boolean mount(boolean mounted) {
    Path elsewhere = directory.resolveSibling(directory.getFileName() + "-elsewhere");
    try {
      if (mounted) {
        Files.delete(directory); // it has stayed empty
        Files.move(elsewhere, directory);
      } else {
        Files.move(directory, elsewhere);
        Files.createDirectory(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return true;
  }

  /** Another storage has been mounted over it: nothing of that one is this one's. */
  @Test
  void whatIsMountedOverTheStorageIsNotTheStorage() throws IOException {
    try (var store = Stores.open(directory, 0)) {
      store.write(1, 7, 1, 42);
      store.store().saveImage(1, 7, 2, store.block());
      mount(false);
      try (var other = new SynchronousStore(Stores.store(directory, node("other")))) {
        other.store().open();
        other.write(2, 7, 5, 43);
        other.store().saveImage(1, 7, 9, other.block());
      }
      Map<String, byte[]> before = contents();
      for (Executable call :
          List.<Executable>of(
              () -> store.store().savedImages(),
              () -> store.store().saveImage(1, 7, 3, store.block()),
              () -> store.store().readSavedImage(1, 7, 9, store.block()),
              () -> store.store().dropSavedImages(1, 7, 9),
              () -> store.read(2, 7),
              () -> store.write(2, 7, 6, 44))) {
        var error = assertThrows(WeftException.class, call);
        assertTrue(error.getMessage().contains("another one than at"), error.getMessage());
      }
      assertEquals(before.keySet(), contents().keySet());
      before.forEach((name, bytes) -> assertArrayEquals(bytes, contents().get(name), name));
      assertEquals(1, store.read(1, 7), "the file is open");
      for (String name : before.keySet()) {
        Files.delete(directory.resolve(name));
      }
      mount(true);
    }
  }

  private static NodeSettings node(String cluster) {
    return Stores.node(cluster, 0, Stores.BLOCK_BYTES);
  }

  private Map<String, byte[]> contents() {
    try (Stream<Path> files = Files.list(directory)) {
      Map<String, byte[]> all = new TreeMap<>();
      for (Path file : files.toList()) {
        all.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
