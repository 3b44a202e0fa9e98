// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/** An open file, or directory, of {@link FaultyFiles}. */
final class FaultyChannel extends LayeredChannel {
  private final Path path;
  private final StorageTroubles troubles;
  private final Optional<UndoJournal> journal;
  private final boolean directory;
  private final String file;

  FaultyChannel(
      Path path, FileChannel below, StorageTroubles troubles, Optional<UndoJournal> journal)
      throws IOException {
    super(below);
    this.path = path;
    this.troubles = troubles;
    this.journal = journal;
    BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
    this.directory = attributes.isDirectory();
    this.file = String.valueOf(attributes.fileKey());
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    passRead();
    return super.read(into);
  }

  @Override
  public int read(ByteBuffer into, long position) throws IOException {
    passRead();
    return super.read(into, position);
  }

  private void passRead() throws IOException {
    if (troubles.fails(StorageTroubles.Kind.READ)) {
      throw troubles.broken();
    }
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    long at = position();
    int written = write(from, at);
    position(at + written);
    return written;
  }

  @Override
  public int write(ByteBuffer from, long position) throws IOException {
    IOException refusal = troubles.refusal(position + from.remaining() > size());
    if (refusal == null) {
      return passed(from, position);
    }
    ByteBuffer part = from.duplicate();
    part.limit(part.position() + troubles.partOf(part.remaining()));
    if (position + part.remaining() <= size()) {
      passed(part, position);
    }
    throw refusal;
  }

  private int passed(ByteBuffer from, long position) throws IOException {
    return journal.isPresent()
        ? journal.get().write(below, path, file, from, position)
        : super.write(from, position);
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    if (troubles.fails(StorageTroubles.Kind.WRITE)) {
      throw troubles.broken();
    }
    if (journal.isPresent() && size < size()) {
      journal.get().truncate(below, path, file, size);
    } else {
      super.truncate(size);
    }
    return this;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    if (troubles.fails(StorageTroubles.Kind.FORCE)) {
      // The system drops the unwritten bytes: a later force does not write them.
      journal.filter(_ -> !directory).ifPresent(undo -> undo.abandon(file));
      throw troubles.broken();
    }
    if (troubles.liesAboutForceOf(path)) {
      return;
    }
    if (journal.isEmpty()) {
      super.force(metaData);
    } else if (directory) {
      journal.get().forceNames(below, path);
    } else {
      journal.get().force(below, file, metaData);
    }
  }
}
