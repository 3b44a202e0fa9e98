// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** An open file of {@link WatchedFiles}. */
final class WatchedChannel extends FileChannel {
  private final WatchedFiles files;
  private final String name;
  private final FileChannel real;

  WatchedChannel(WatchedFiles files, String name, FileChannel real) {
    this.files = files;
    this.name = name;
    this.real = real;
    files.opened(this);
  }

  // ---- what is written down

  @Override
  public int write(ByteBuffer from) throws IOException {
    int limit = admit(from, real.position());
    try {
      return real.write(from);
    } finally {
      from.limit(limit);
    }
  }

  @Override
  public int write(ByteBuffer from, long position) throws IOException {
    int limit = admit(from, position);
    try {
      return real.write(from, position);
    } finally {
      from.limit(limit);
    }
  }

  /** Leaves in the buffer what the file takes; returns the limit it had. */
  private int admit(ByteBuffer from, long at) throws IOException {
    files.record("write " + name);
    int limit = from.limit();
    from.limit(from.position() + files.taken(from.remaining(), at, real.size()));
    return limit;
  }

  @Override
  public long write(ByteBuffer[] from, int offset, int length) throws IOException {
    long written = 0;
    for (int i = offset; i < offset + length; i++) {
      written += write(from[i]);
      if (from[i].hasRemaining()) {
        break;
      }
    }
    return written;
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    long before = real.size();
    if (size < before) {
      files.record("truncate " + name);
      real.truncate(size);
      files.freed(before - size);
    }
    return this;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    files.record("force " + name);
    real.force(metaData);
  }

  @Override
  protected void implCloseChannel() throws IOException {
    files.closed(this);
    real.close();
  }

  // ---- what is only passed on

  @Override
  public int read(ByteBuffer into) throws IOException {
    return real.read(into);
  }

  @Override
  public int read(ByteBuffer into, long position) throws IOException {
    return real.read(into, position);
  }

  @Override
  public long read(ByteBuffer[] into, int offset, int length) throws IOException {
    return real.read(into, offset, length);
  }

  @Override
  public long position() throws IOException {
    return real.position();
  }

  @Override
  public FileChannel position(long newPosition) throws IOException {
    real.position(newPosition);
    return this;
  }

  @Override
  public long size() throws IOException {
    return real.size();
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    return real.lock(position, size, shared);
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) throws IOException {
    return real.tryLock(position, size, shared);
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) {
    throw new UnsupportedOperationException("transfers are not watched");
  }

  @Override
  public long transferFrom(ReadableByteChannel from, long position, long count) {
    throw new UnsupportedOperationException("transfers are not watched");
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException("maps are not watched");
  }
}
