// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.cachefusion.protocol.DirectoryEntry.State;
import io.weft.spi.directory.Buckets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * The directory entries of a shard, most of them without an object. Owned by the shard's executor.
 *
 * <p>An entry is <em>at rest</em> while nothing is under way for its block ({@link
 * DirectoryEntry#isAtRest}). It is then a record of {@value #RECORD_BYTES} bytes in a primitive
 * array. A handler makes an object of it with {@link #find}; such an entry is <em>active</em>. With
 * {@link #settle} the handler gives the object back. The table writes it into its record if it is
 * at rest, drops it if it says no more than no entry, or keeps it active. Objects are used again,
 * so a handler does not touch an entry that it has settled. The number of active entries is bounded
 * by the open requests and releases, and by the blocks that are not recovered.
 *
 * <pre>
 *   record:  number:64 | file:32 stamp:32 | holders:64 | kind:8 version:56
 *   kind:    ACTIVE                 holders = index of the object
 *            OWNER                  holders = the owner
 *            WORD                   holders = bitmap of the sharers, all below 64
 *            LIST                   holders = up to {@value #MOST_LISTED} sharers of 10 bits, count
 *            SET                    holders = index of a set
 *            ... + REBUILD          the same in state REBUILD; version = that of shared copies
 * </pre>
 *
 * <p>Each bucket has a hash table of its own, with linear probing (Knuth, "The Art of Computer
 * Programming", volume 3, section 6.4, algorithms L and R) and a load of 3/5 to 4/5. So a bucket is
 * listed and removed in a time that does not depend on the other buckets, memory is taken and given
 * back in small pieces, and no single event pays for copying the whole directory. Iteration is in a
 * reproducible order.
 *
 * <p>Long because the layout of a record and all that depends on it are read together.
 */
final class DirectoryTable {
  private static final int WORDS = 4;

  /** Bytes of a record. */
  static final int RECORD_BYTES = WORDS * Long.BYTES;

  /** The first word of a bucket's table has the number of its records. */
  private static final int HEADER_WORDS = 1;

  private static final int LEAST_CAPACITY = 2;

  /** A table with fewer records than this part of its capacity shrinks. */
  private static final int SHRINK_BELOW = 4;

  // ---- kinds of records; 0 is a free place
  private static final int ACTIVE = 1;
  private static final int OWNER = 2;
  private static final int WORD = 3;
  private static final int LIST = 4;
  private static final int SET = 5;
  private static final int REBUILD = 8;

  private static final int VERSION_BITS = DirectoryEntry.VERSION_BITS_AT_REST;
  private static final long VERSION_MASK = DirectoryEntry.MOST_VERSION_AT_REST;
  private static final int NODE_BITS = 10;

  /** Most sharers in one word if a node is 64 or above. */
  static final int MOST_LISTED = 6;

  private static final int COUNT_SHIFT = MOST_LISTED * NODE_BITS;

  /** Most objects that wait to be used again. */
  private static final int MOST_SPARE = 256;

  private final int bucketShift;

  /** The table of each bucket of the shard; null if it is empty. */
  private final long[][] tables;

  private int size;

  private final Slots<DirectoryEntry> active = new Slots<>();
  private final Slots<NodeSet> sets = new Slots<>();
  private final ArrayDeque<DirectoryEntry> spare = new ArrayDeque<>();

  /** The next record that {@link #nextAtRest} looks at: bucket and place. */
  private int handBucket;

  private int handPlace;

  /**
   * Creates an empty table.
   *
   * @param shards number of shards of the node, a power of two; a shard has every bucket whose
   *     number is congruent to its own
   */
  DirectoryTable(int shards) {
    this.bucketShift = Integer.numberOfTrailingZeros(shards);
    this.tables = new long[Buckets.COUNT >>> bucketShift][];
  }

  /** Number of entries. */
  int size() {
    return size;
  }

  /** Number of entries that are objects. */
  int activeCount() {
    return active.used;
  }

  // ---- for handlers --------------------------------------------------------------------------

  /** The entry of a block, active; null if there is none. */
  DirectoryEntry find(BlockId block) {
    int bucket = bucketOf(block);
    long[] table = tables[bucket >>> bucketShift];
    int at = find(table, block.file(), block.number());
    return at < 0 ? null : activate(table, at, block, bucket);
  }

  /** The entry of a block if it is active; otherwise null. */
  DirectoryEntry findActive(BlockId block) {
    long[] table = tables[bucketOf(block) >>> bucketShift];
    int at = find(table, block.file(), block.number());
    return at < 0 || kind(table, at) != ACTIVE ? null : active.at((int) table[at + 2]);
  }

  /** The entry of a block, to be looked at only; null if there is none. */
  DirectoryEntry peek(BlockId block) {
    int bucket = bucketOf(block);
    long[] table = tables[bucket >>> bucketShift];
    int at = find(table, block.file(), block.number());
    return at < 0 ? null : look(table, at, block, bucket);
  }

  /** Makes an entry, active and without holders, for a block that has none. */
  DirectoryEntry make(BlockId block, State state) {
    int bucket = bucketOf(block);
    int index = bucket >>> bucketShift;
    long[] table = withRoom(tables[index]);
    tables[index] = table;
    int at = freePlace(table, block.file(), block.number());
    table[0]++;
    size++;
    DirectoryEntry entry = take();
    entry.open(block, bucket, state);
    table[at] = block.number();
    table[at + 1] = (long) block.file() << 32;
    makeActive(table, at, entry);
    return entry;
  }

  /**
   * Takes an entry back. The handler does not touch it any more.
   *
   * @return whether it has been dropped, because it says no more than no entry
   */
  boolean settle(DirectoryEntry entry) {
    boolean unused = entry.saysNothing();
    if (!unused && !entry.isAtRest()) {
      return false;
    }
    int index = entry.bucket >>> bucketShift;
    long[] table = tables[index];
    int at = find(table, entry.file(), entry.number());
    return store(index, at, entry);
  }

  // ---- buckets -------------------------------------------------------------------------------

  /**
   * The entries of a bucket, in the order of their blocks. Those at rest are copies, to be looked
   * at only.
   */
  List<DirectoryEntry> of(int bucket) {
    long[] table = tables[bucket >>> bucketShift];
    List<DirectoryEntry> entries = new ArrayList<>();
    for (int place = 0; place < capacity(table); place++) {
      int at = HEADER_WORDS + place * WORDS;
      if (kind(table, at) != 0) {
        entries.add(look(table, at, block(table, at), bucket));
      }
    }
    entries.sort(Comparator.comparing(DirectoryEntry::block));
    return entries;
  }

  /** Removes the entries of a bucket. */
  void remove(int bucket) {
    int index = bucket >>> bucketShift;
    long[] table = tables[index];
    for (int place = 0; place < capacity(table); place++) {
      int at = HEADER_WORDS + place * WORDS;
      if (kind(table, at) == ACTIVE) {
        giveBack(active.free((int) table[at + 2]));
      } else if (kind(table, at) != 0) {
        freeSet(table, at);
      }
    }
    size -= table == null ? 0 : (int) table[0];
    tables[index] = null;
  }

  /** Removes the entries of all buckets but these. */
  void retain(IntPredicate buckets) {
    for (long[] table : tables) {
      if (table != null) {
        int bucket = bucketOf(table);
        if (!buckets.test(bucket)) {
          remove(bucket);
        }
      }
    }
  }

  private static int bucketOf(long[] table) {
    int at = HEADER_WORDS;
    while (kind(table, at) == 0) {
      at += WORDS;
    }
    return Buckets.of(file(table, at), table[at]);
  }

  // ---- all entries ---------------------------------------------------------------------------

  /**
   * Visits all entries, and settles each of them after its visit. A visit may change its entry and
   * no other one. The entry is active after the visit, and may be used further, only if {@link
   * #settle} would keep it active.
   */
  void forEach(Consumer<DirectoryEntry> visit) {
    for (int index = 0; index < tables.length; index++) {
      long[] table = tables[index];
      if (table != null) {
        visitBucket(index, bucketOf(table), visit);
      }
    }
  }

  /** Begins behind a free place, so that dropped records let only unvisited ones move up. */
  private void visitBucket(int index, int bucket, Consumer<DirectoryEntry> visit) {
    long[] table = tables[index];
    int capacity = capacity(table);
    int first = 0;
    while (kind(table, HEADER_WORDS + first * WORDS) != 0) {
      first++;
    }
    for (int step = 1; step < capacity; ) {
      int place = first + step;
      int at = HEADER_WORDS + (place < capacity ? place : place - capacity) * WORDS;
      int kind = kind(table, at);
      if (kind == 0) {
        step++;
        continue;
      }
      DirectoryEntry entry;
      if (kind == ACTIVE) {
        entry = active.at((int) table[at + 2]);
      } else {
        entry = take();
        load(table, at, entry, null, bucket);
      }
      visit.accept(entry);
      if (!storeInPlace(table, at, entry)) {
        step++;
      }
    }
    shrink(index);
  }

  /** The active entries, in the order of their blocks. */
  List<DirectoryEntry> activeEntries() {
    List<DirectoryEntry> entries = new ArrayList<>(active.used);
    active.forEach(entries::add);
    entries.sort(Comparator.comparing(DirectoryEntry::block));
    return entries;
  }

  /**
   * The next entry at rest that is served and held, going around; null if there is none. To be
   * looked at only.
   */
  DirectoryEntry nextAtRest() {
    for (int step = 0; step <= tables.length; step++) {
      long[] table = tables[handBucket];
      for (int capacity = capacity(table); handPlace < capacity; ) {
        int at = HEADER_WORDS + handPlace++ * WORDS;
        int kind = kind(table, at);
        if (kind > ACTIVE && kind < REBUILD) {
          BlockId block = block(table, at);
          return look(table, at, block, bucketOf(block));
        }
      }
      handPlace = 0;
      handBucket = handBucket + 1 == tables.length ? 0 : handBucket + 1;
    }
    return null;
  }

  // ---- objects -------------------------------------------------------------------------------

  private DirectoryEntry activate(long[] table, int at, BlockId block, int bucket) {
    if (kind(table, at) == ACTIVE) {
      return active.at((int) table[at + 2]);
    }
    DirectoryEntry entry = take();
    load(table, at, entry, block, bucket);
    freeSet(table, at);
    makeActive(table, at, entry);
    return entry;
  }

  private DirectoryEntry look(long[] table, int at, BlockId block, int bucket) {
    if (kind(table, at) == ACTIVE) {
      return active.at((int) table[at + 2]);
    }
    DirectoryEntry copy = new DirectoryEntry();
    load(table, at, copy, block, bucket);
    return copy;
  }

  private void makeActive(long[] table, int at, DirectoryEntry entry) {
    entry.slot = active.add(entry);
    table[at + 2] = entry.slot;
    table[at + 3] = (long) ACTIVE << VERSION_BITS;
  }

  private DirectoryEntry take() {
    DirectoryEntry entry = spare.poll();
    return entry == null ? new DirectoryEntry() : entry;
  }

  private void giveBack(DirectoryEntry entry) {
    entry.slot = DirectoryEntry.NO_SLOT;
    if (spare.size() < MOST_SPARE) {
      spare.push(entry);
    }
  }

  // ---- records -------------------------------------------------------------------------------

  private void load(long[] table, int at, DirectoryEntry entry, BlockId block, int bucket) {
    int kind = kind(table, at);
    State state = (kind & REBUILD) != 0 ? State.REBUILD : State.SERVE;
    if (block != null) {
      entry.open(block, bucket, state);
    } else {
      entry.open(file(table, at), table[at], bucket, state);
    }
    entry.stamp = (int) table[at + 1];
    entry.sharedVersion = table[at + 3] & VERSION_MASK;
    long holders = table[at + 2];
    switch (kind & ~REBUILD) {
      case OWNER -> entry.owner = (int) holders;
      case WORD -> entry.shareWith(holders);
      case LIST -> {
        for (int i = 0; i < holders >>> COUNT_SHIFT; i++) {
          entry.addSharer((int) (holders >>> i * NODE_BITS) & (1 << NODE_BITS) - 1);
        }
      }
      case SET -> sets.at((int) holders).forEach(entry::addSharer);
      default -> throw new IllegalStateException("kind " + kind);
    }
  }

  /** Drops the entry, or writes it into its record if it is at rest; and the latter's object. */
  private boolean store(int index, int at, DirectoryEntry entry) {
    long[] table = tables[index];
    boolean dropped = storeInPlace(table, at, entry);
    if (dropped) {
      shrink(index);
    }
    return dropped;
  }

  private boolean storeInPlace(long[] table, int at, DirectoryEntry entry) {
    boolean isActive = entry.slot != DirectoryEntry.NO_SLOT;
    boolean unused = entry.saysNothing();
    if (!unused && !entry.isAtRest()) {
      if (!isActive) {
        freeSet(table, at);
        makeActive(table, at, entry);
      }
      return false;
    }
    if (isActive) {
      active.free(entry.slot);
    } else {
      freeSet(table, at);
    }
    if (unused) {
      drop(table, at);
    } else {
      write(table, at, entry);
    }
    giveBack(entry);
    return unused;
  }

  private void write(long[] table, int at, DirectoryEntry entry) {
    int kind;
    if (entry.owner != DirectoryEntry.NO_NODE) {
      kind = OWNER;
      table[at + 2] = entry.owner;
    } else if (entry.sharesBelow64()) {
      kind = WORD;
      table[at + 2] = entry.sharersBelow64();
    } else {
      NodeSet sharers = entry.sharers();
      int count = sharers.size();
      kind = count <= MOST_LISTED ? LIST : SET;
      table[at + 2] = count <= MOST_LISTED ? listed(sharers, count) : sets.add(sharers);
    }
    boolean rebuilt = entry.state == State.REBUILD;
    table[at + 1] = (long) entry.file() << 32 | Integer.toUnsignedLong(entry.stamp);
    table[at + 3] =
        (long) (rebuilt ? kind | REBUILD : kind) << VERSION_BITS
            | (rebuilt ? entry.sharedVersion : 0);
  }

  private static long listed(NodeSet sharers, int count) {
    long list = (long) count << COUNT_SHIFT;
    int shift = 0;
    for (int node = sharers.next(0); node >= 0; node = sharers.next(node + 1)) {
      list |= (long) node << shift;
      shift += NODE_BITS;
    }
    return list;
  }

  private void freeSet(long[] table, int at) {
    if ((kind(table, at) & ~REBUILD) == SET) {
      sets.free((int) table[at + 2]);
    }
  }

  private static int kind(long[] table, int at) {
    return (int) (table[at + 3] >>> VERSION_BITS);
  }

  private static int file(long[] table, int at) {
    return (int) (table[at + 1] >>> 32);
  }

  private static BlockId block(long[] table, int at) {
    return new BlockId(file(table, at), table[at]);
  }

  private static int bucketOf(BlockId block) {
    return Buckets.of(block.file(), block.number());
  }

  // ---- the hash table of a bucket ------------------------------------------------------------

  private static int capacity(long[] table) {
    return table == null ? 0 : (table.length - HEADER_WORDS) / WORDS;
  }

  /**
   * The place at which a search begins. All blocks of a bucket have the same {@link Buckets#of}.
   */
  private static int home(int file, long number, int capacity) {
    long hash = Buckets.mix(number + file * 0xC2B2AE3D27D4EB4FL) & 0xFFFF_FFFFL;
    return (int) (hash * capacity >>> 32);
  }

  private static int find(long[] table, int file, long number) {
    if (table == null) {
      return -1;
    }
    int capacity = capacity(table);
    for (int place = home(file, number, capacity); ; ) {
      int at = HEADER_WORDS + place * WORDS;
      if (kind(table, at) == 0) {
        return -1;
      }
      if (table[at] == number && file(table, at) == file) {
        return at;
      }
      place = place + 1 == capacity ? 0 : place + 1;
    }
  }

  private static int freePlace(long[] table, int file, long number) {
    int capacity = capacity(table);
    int place = home(file, number, capacity);
    while (kind(table, HEADER_WORDS + place * WORDS) != 0) {
      place = place + 1 == capacity ? 0 : place + 1;
    }
    return HEADER_WORDS + place * WORDS;
  }

  /** A table with a free place for one more record, and at least one that stays free. */
  private static long[] withRoom(long[] table) {
    if (table == null) {
      return new long[HEADER_WORDS + LEAST_CAPACITY * WORDS];
    }
    int capacity = capacity(table);
    boolean full = table[0] + 1 > Math.min(capacity - 1, capacity - capacity / 5);
    return full ? copy(table, capacity + Math.max(1, capacity / 3)) : table;
  }

  private static long[] copy(long[] table, int capacity) {
    long[] copy = new long[HEADER_WORDS + capacity * WORDS];
    copy[0] = table[0];
    for (int at = HEADER_WORDS; at < table.length; at += WORDS) {
      if (kind(table, at) != 0) {
        int to = freePlace(copy, file(table, at), table[at]);
        System.arraycopy(table, at, copy, to, WORDS);
      }
    }
    return copy;
  }

  private void shrink(int index) {
    long[] table = tables[index];
    int count = (int) table[0];
    if (count == 0) {
      tables[index] = null;
    } else if (count < capacity(table) / SHRINK_BELOW) {
      tables[index] = copy(table, Math.max(LEAST_CAPACITY, count * 3 / 2 + 1));
    }
  }

  /** Frees a place, and closes the gap that the searches of later records would stop at. */
  private void drop(long[] table, int at) {
    int capacity = capacity(table);
    int gap = (at - HEADER_WORDS) / WORDS;
    for (int place = gap; ; ) {
      place = place + 1 == capacity ? 0 : place + 1;
      int from = HEADER_WORDS + place * WORDS;
      if (kind(table, from) == 0) {
        break;
      }
      int home = home(file(table, from), table[from], capacity);
      if (distance(home, place, capacity) >= distance(gap, place, capacity)) {
        System.arraycopy(table, from, table, HEADER_WORDS + gap * WORDS, WORDS);
        gap = place;
      }
    }
    Arrays.fill(table, HEADER_WORDS + gap * WORDS, HEADER_WORDS + gap * WORDS + WORDS, 0L);
    table[0]--;
    size--;
  }

  private static int distance(int from, int to, int capacity) {
    return to >= from ? to - from : to - from + capacity;
  }

  /** Objects by index; indexes are used again. */
  private static final class Slots<T> {
    private static final int LEAST = 16;
    private static final int MANY = 1 << 12;

    private Object[] objects = new Object[LEAST];
    private int[] free = new int[LEAST];
    private int freeCount;
    private int end;
    private int used;

    int add(T object) {
      int index;
      if (freeCount > 0) {
        index = free[--freeCount];
      } else {
        index = end++;
        if (index == objects.length) {
          objects = Arrays.copyOf(objects, index * 2);
          free = Arrays.copyOf(free, index * 2);
        }
      }
      objects[index] = object;
      used++;
      return index;
    }

    @SuppressWarnings("unchecked")
    T at(int index) {
      return (T) objects[index];
    }

    T free(int index) {
      T object = at(index);
      objects[index] = null;
      free[freeCount++] = index;
      used--;
      if (used == 0) {
        reset();
      }
      return object;
    }

    /** Nothing is left: gives back what many objects have taken. */
    private void reset() {
      end = 0;
      freeCount = 0;
      if (objects.length > MANY) {
        objects = new Object[LEAST];
        free = new int[LEAST];
      }
    }

    @SuppressWarnings("unchecked")
    void forEach(Consumer<T> action) {
      for (int i = 0; i < end; i++) {
        if (objects[i] != null) {
          action.accept((T) objects[i]);
        }
      }
    }
  }
}
