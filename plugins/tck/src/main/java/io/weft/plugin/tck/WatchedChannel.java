// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import io.weft.plugin.faults.LayeredChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** An open file of {@link WatchedFiles}. */
final class WatchedChannel extends LayeredChannel {
  private final WatchedFiles files;
  private final String name;

  WatchedChannel(WatchedFiles files, String name, FileChannel real) {
    super(real);
    this.files = files;
    this.name = name;
    files.opened(this);
  }

  // ---- what is written down

  @Override
  public int write(ByteBuffer from) throws IOException {
    int limit = admit(from, below.position());
    try {
      return below.write(from);
    } finally {
      from.limit(limit);
    }
  }

  @Override
  public int write(ByteBuffer from, long position) throws IOException {
    int limit = admit(from, position);
    try {
      return below.write(from, position);
    } finally {
      from.limit(limit);
    }
  }

  /** Leaves in the buffer what the file takes; returns the limit it had. */
  private int admit(ByteBuffer from, long at) throws IOException {
    files.record("write " + name);
    int limit = from.limit();
    from.limit(from.position() + files.taken(from.remaining(), at, below.size()));
    return limit;
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    long before = below.size();
    if (size < before) {
      files.record("truncate " + name);
      below.truncate(size);
      files.freed(before - size);
    }
    return this;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    files.record("force " + name);
    below.force(metaData);
  }

  @Override
  protected void implCloseChannel() throws IOException {
    files.closed(this);
    below.close();
  }
}
