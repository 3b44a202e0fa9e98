// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Path;
import java.util.Iterator;

/** The entries of a directory of {@link LayeredFiles}. */
final class LayeredEntries implements DirectoryStream<Path> {
  private final LayeredFiles files;
  private final DirectoryStream<Path> entries;

  LayeredEntries(LayeredFiles files, DirectoryStream<Path> entries) {
    this.files = files;
    this.entries = entries;
  }

  @Override
  public Iterator<Path> iterator() {
    Iterator<Path> real = entries.iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return real.hasNext();
      }

      @Override
      public Path next() {
        return files.wrap(real.next());
      }
    };
  }

  @Override
  public void close() throws IOException {
    entries.close();
  }
}
