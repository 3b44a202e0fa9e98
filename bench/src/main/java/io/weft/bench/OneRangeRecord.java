// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.spi.redo.RedoRecord;
import java.lang.foreign.MemorySegment;

/** A change of one range of one block of file 1; its version is its SCN. For one thread. */
abstract class OneRangeRecord implements RedoRecord {
  long number;
  long version;
  MemorySegment content = MemorySegment.NULL;
  int offset;
  private final int length;

  OneRangeRecord(int length) {
    this.length = length;
  }

  @Override
  public final long scn() {
    return version;
  }

  @Override
  public final int blocks() {
    return 1;
  }

  @Override
  public final int file(int index) {
    return 1;
  }

  @Override
  public final long number(int index) {
    return number;
  }

  @Override
  public final long version(int index) {
    return version;
  }

  @Override
  public final MemorySegment content(int index) {
    return content;
  }

  @Override
  public final int ranges(int index) {
    return 1;
  }

  @Override
  public final int rangeOffset(int index, int range) {
    return offset;
  }

  @Override
  public final int rangeLength(int index, int range) {
    return length;
  }
}
