// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** An open file of {@link LayeredFiles}; passes all calls to the file below. */
public abstract class LayeredChannel extends FileChannel {
  /** The file below. */
  protected final FileChannel below;

  /** Creates a layer over an open file. */
  protected LayeredChannel(FileChannel below) {
    this.below = below;
  }

  // ---- what subclasses may change

  @Override
  public int write(ByteBuffer from) throws IOException {
    return below.write(from);
  }

  @Override
  public int write(ByteBuffer from, long position) throws IOException {
    return below.write(from, position);
  }

  /** Writes the buffers one after the other with {@link #write(ByteBuffer)}. */
  @Override
  public final long write(ByteBuffer[] from, int offset, int length) throws IOException {
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
    below.truncate(size);
    return this;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    below.force(metaData);
  }

  @Override
  protected void implCloseChannel() throws IOException {
    below.close();
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return below.read(into);
  }

  @Override
  public int read(ByteBuffer into, long position) throws IOException {
    return below.read(into, position);
  }

  @Override
  public long read(ByteBuffer[] into, int offset, int length) throws IOException {
    return below.read(into, offset, length);
  }

  @Override
  public long position() throws IOException {
    return below.position();
  }

  @Override
  public FileChannel position(long newPosition) throws IOException {
    below.position(newPosition);
    return this;
  }

  @Override
  public long size() throws IOException {
    return below.size();
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    return below.lock(position, size, shared);
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) throws IOException {
    return below.tryLock(position, size, shared);
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) {
    throw new UnsupportedOperationException("a layered channel does not transfer");
  }

  @Override
  public long transferFrom(ReadableByteChannel from, long position, long count) {
    throw new UnsupportedOperationException("a layered channel does not transfer");
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException("a layered channel maps nothing");
  }
}
