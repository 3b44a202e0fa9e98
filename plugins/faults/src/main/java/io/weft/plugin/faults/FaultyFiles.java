// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.CopyOption;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** A file system that can be full or fail, and that can undo unforced writes. Thread-safe. */
final class FaultyFiles extends LayeredFiles {
  private final StorageTroubles troubles;
  private final Optional<UndoJournal> journal;

  /**
   * A layer over a file system.
   *
   * @param journal records unforced writes; empty: power failures are not possible
   */
  FaultyFiles(FileSystem below, StorageTroubles troubles, Optional<UndoJournal> journal) {
    super(below);
    this.troubles = troubles;
    this.journal = journal;
  }

  @Override
  protected FileChannel open(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    if (!options.contains(StandardOpenOption.WRITE)) {
      troubles.pass(StorageTroubles.Kind.LOOK, path);
      return new FaultyChannel(path, super.open(path, options, attributes), troubles, journal);
    }
    Set<OpenOption> below = new HashSet<>(options);
    below.remove(
        StandardOpenOption.TRUNCATE_EXISTING); // done by this layer, so that it can be undone
    below.add(StandardOpenOption.READ); // to read the old bytes
    FaultyChannel channel =
        new FaultyChannel(path, opened(path, below, attributes), troubles, journal);
    if (options.contains(StandardOpenOption.TRUNCATE_EXISTING) && channel.size() > 0) {
      channel.truncate(0);
    }
    return channel;
  }

  private FileChannel opened(Path path, Set<OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    boolean makes =
        options.contains(StandardOpenOption.CREATE)
            || options.contains(StandardOpenOption.CREATE_NEW);
    if (!makes || Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      troubles.pass(StorageTroubles.Kind.LOOK, path);
      return super.open(path, options, attributes);
    }
    troubles.passNew(path);
    return named(NameChange.made(path), () -> super.open(path, options, attributes));
  }

  @Override
  protected void makeDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
    if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      super.makeDirectory(directory, attributes); // reports that it exists
      return;
    }
    troubles.passNew(directory);
    named(
        NameChange.made(directory),
        () -> {
          super.makeDirectory(directory, attributes);
          return directory;
        });
  }

  @Override
  protected void link(Path link, Path existing) throws IOException {
    troubles.passNew(link);
    if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
      super.link(link, existing); // reports that it exists
      return;
    }
    named(
        NameChange.made(link),
        () -> {
          super.link(link, existing);
          return link;
        });
  }

  @Override
  protected void remove(Path path) throws IOException {
    troubles.pass(StorageTroubles.Kind.NAME, path);
    named(
        NameChange.removed(path),
        () -> {
          super.remove(path);
          return path;
        });
  }

  @Override
  protected void rename(Path source, Path target, CopyOption... options) throws IOException {
    troubles.pass(StorageTroubles.Kind.NAME, source);
    named(
        NameChange.moved(source, target),
        () -> {
          super.rename(source, target, options);
          return target;
        });
  }

  @Override
  protected void look(Path path) throws IOException {
    troubles.pass(StorageTroubles.Kind.LOOK, path);
  }

  @Override
  protected void list(Path directory) throws IOException {
    troubles.pass(StorageTroubles.Kind.LOOK, directory);
  }

  private <T> T named(NameChange change, UndoJournal.Call<T> call) throws IOException {
    return journal.isPresent() ? journal.get().change(change, call) : call.run();
  }
}
