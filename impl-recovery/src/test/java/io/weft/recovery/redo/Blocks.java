// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.spi.redo.RedoRecord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Blocks in memory and changes of them, as a cache would make them; remembers all versions. */
public final class Blocks {
  public static final int CONTENT_BYTES = 4096 - 32;

  private final Map<Long, Block> blocks = new HashMap<>();

  /** A block of file 7. */
  public static final class Block {
    public final long number;
    public final byte[] content = new byte[CONTENT_BYTES];
    public final List<byte[]> versions = new ArrayList<>(List.of(new byte[CONTENT_BYTES]));
    public long version;
    public long imageLsn;

    Block(long number) {
      this.number = number;
    }
  }

  public Block block(long number) {
    return blocks.computeIfAbsent(number, Block::new);
  }

  /** Begins a change. */
  public Edit edit(long scn) {
    return new Edit(scn);
  }

  /** A change of one or more blocks. */
  public final class Edit implements RedoRecord {
    private record Range(int offset, int length) {}

    private final long scn;
    private final List<Block> changed = new ArrayList<>();
    private final List<List<Range>> ranges = new ArrayList<>();
    private final List<Block> imaged = new ArrayList<>();

    private Edit(long scn) {
      this.scn = scn;
    }

    /** Writes {@code length} bytes that depend on place and SCN. */
    public Edit write(long number, int offset, int length) {
      Block block = block(number);
      if (changed.isEmpty() || changed.getLast() != block) {
        changed.add(block);
        ranges.add(new ArrayList<>());
        block.version++;
      }
      for (int i = 0; i < length; i++) {
        block.content[offset + i] = (byte) (scn * 31 + number * 7 + offset + i + 1);
      }
      ranges.getLast().add(new Range(offset, length));
      return this;
    }

    /** Appends the change and keeps the new versions. */
    public long to(RedoLogCore log) {
      long lsn = log.append(this);
      imaged.forEach(block -> block.imageLsn = lsn);
      changed.forEach(block -> block.versions.add(block.content.clone()));
      return lsn;
    }

    @Override
    public long scn() {
      return scn;
    }

    @Override
    public int blocks() {
      return changed.size();
    }

    @Override
    public int file(int index) {
      return 7;
    }

    @Override
    public long number(int index) {
      return changed.get(index).number;
    }

    @Override
    public long version(int index) {
      return changed.get(index).version;
    }

    @Override
    public MemorySegment content(int index) {
      MemorySegment content = MemorySegment.ofArray(changed.get(index).content);
      return content.asSlice(0, CONTENT_BYTES);
    }

    @Override
    public int ranges(int index) {
      return ranges.get(index).size();
    }

    @Override
    public int rangeOffset(int index, int range) {
      return ranges.get(index).get(range).offset();
    }

    @Override
    public int rangeLength(int index, int range) {
      return ranges.get(index).get(range).length();
    }

    @Override
    public long lastImageLsn(int index) {
      return changed.get(index).imageLsn;
    }

    @Override
    public void imageLogged(int index) {
      imaged.add(changed.get(index));
    }
  }

  public static MemorySegment copyOf(byte[] content) {
    MemorySegment copy = MemorySegment.ofArray(content.clone());
    return copy.asSlice(0, copy.byteSize() / ValueLayout.JAVA_BYTE.byteSize());
  }
}
