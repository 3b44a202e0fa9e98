// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import io.weft.spi.redo.RedoRecord;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A change of one block, as a cache would hand it to a redo log. Its SCN is its version, unless it
 * is given another one. The block has {@value #CONTENT_BYTES} bytes of content, all 0, unless it is
 * given some.
 */
public final class OneBlockChange implements RedoRecord {
  /** Content of a block of 4 KiB. */
  public static final int CONTENT_BYTES = 4_064;

  private final long scn;
  private final int file;
  private final long number;
  private final long version;
  private final MemorySegment content;
  private final List<Range> ranges;
  private final long lastImageLsn;
  private final long seenLsn;
  private int imagesLogged;

  private record Range(int offset, int length) {}

  private OneBlockChange(
      long scn,
      int file,
      long number,
      long version,
      MemorySegment content,
      List<Range> ranges,
      long lastImageLsn,
      long seenLsn) {
    this.scn = scn;
    this.file = file;
    this.number = number;
    this.version = version;
    this.content = content;
    this.ranges = List.copyOf(ranges);
    this.lastImageLsn = lastImageLsn;
    this.seenLsn = seenLsn;
  }

  /** The change that makes this version; of no range yet, and without an image in the log. */
  public static OneBlockChange of(int file, long number, long version) {
    MemorySegment zeros = MemorySegment.ofArray(new byte[CONTENT_BYTES]);
    return new OneBlockChange(version, file, number, version, zeros, List.of(), 0, 0);
  }

  /** The same with another SCN. */
  public OneBlockChange scn(long other) {
    return new OneBlockChange(other, file, number, version, content, ranges, lastImageLsn, seenLsn);
  }

  /** The same with this new content. */
  public OneBlockChange content(MemorySegment whole) {
    return new OneBlockChange(scn, file, number, version, whole, ranges, lastImageLsn, seenLsn);
  }

  /** The same with one more range written. */
  public OneBlockChange range(int offset, int length) {
    List<Range> more = new ArrayList<>(ranges);
    more.add(new Range(offset, length));
    return new OneBlockChange(scn, file, number, version, content, more, lastImageLsn, seenLsn);
  }

  /** The same of a block whose last full image is in the log at this LSN. */
  public OneBlockChange imageAt(long lsn) {
    return new OneBlockChange(scn, file, number, version, content, ranges, lsn, seenLsn);
  }

  /** The same of a block that needs no image for ever. */
  public OneBlockChange withoutImage() {
    return imageAt(Long.MAX_VALUE);
  }

  /** The same of a change that has seen this node's record with this LSN. */
  public OneBlockChange seen(long lsn) {
    return new OneBlockChange(scn, file, number, version, content, ranges, lastImageLsn, lsn);
  }

  /** How often a log has decided to log the block's full image with this change. */
  public int imagesLogged() {
    return imagesLogged;
  }

  @Override
  public long scn() {
    return scn;
  }

  @Override
  public int blocks() {
    return 1;
  }

  @Override
  public int file(int index) {
    return file;
  }

  @Override
  public long number(int index) {
    return number;
  }

  @Override
  public long version(int index) {
    return version;
  }

  @Override
  public MemorySegment content(int index) {
    return content;
  }

  @Override
  public int ranges(int index) {
    return ranges.size();
  }

  @Override
  public int rangeOffset(int index, int range) {
    return ranges.get(range).offset();
  }

  @Override
  public int rangeLength(int index, int range) {
    return ranges.get(range).length();
  }

  @Override
  public long lastImageLsn(int index) {
    return lastImageLsn;
  }

  @Override
  public long seenLsn() {
    return seenLsn;
  }

  @Override
  public void imageLogged(int index) {
    imagesLogged++;
  }
}
