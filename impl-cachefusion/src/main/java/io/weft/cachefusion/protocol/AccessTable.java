// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import java.util.Arrays;

/**
 * Counts the requests that reach a master, by bucket and by requesting node, in memory that depends
 * on neither the number of buckets nor that of nodes. Owned by the shard's executor.
 *
 * <p>Two sketches, one in the other. A bucket has one of the rows of a set, as in a set-associative
 * cache; in a full set the bucket with the fewest requests gives its row up. In a row, the most
 * frequent nodes are counted by Space-Saving (Metwally, Agrawal, El Abbadi, "Efficient Computation
 * of Frequent and Top-k Elements in Data Streams", ICDT 2005): a node without a counter takes over
 * that of the least frequent node, with its count. So a count is never too low, and too high by the
 * smallest count at most; a node that sends more than a sixth of the requests has a counter for
 * certain.
 *
 * <p>At the end of a window, {@link #decay} multiplies all counts, and rows without a request
 * become free.
 *
 * <pre>
 *   a row: reads, writes, window of the last request, -, 6 nodes (id + 1), 6 counts: 64 bytes;
 *   counts in 64ths of a request
 * </pre>
 */
public final class AccessTable {
  /** Nodes that are counted for each bucket. */
  public static final int USERS = 6;

  private static final int WAYS = 8;
  private static final int ROW = 16;
  private static final int WRITES = 1;
  private static final int LAST = 2;
  private static final int NODES = 4;
  private static final int COUNTS = NODES + USERS;

  /** A request in the counters: fractions of a request last over windows. */
  private static final int UNIT = 64;

  /** Multiplier of Fibonacci hashing: 2^32 divided by the golden ratio. */
  private static final int GOLDEN = 0x9E3779B9;

  private final int self;

  /** Number of bits of a hash that do not choose a set. */
  private final int shift;

  /** By row: bucket + 1, or 0. */
  private final int[] keys;

  private final int[] rows;
  private int window;
  private long requests;
  private long remoteRequests;

  /**
   * An empty table.
   *
   * @param self the node that masters the buckets
   * @param buckets that it counts at once: rounded up to a power of two, at least 16; 0 to count
   *     nothing
   */
  public AccessTable(int self, int buckets) {
    this.self = self;
    int setBits =
        buckets == 0 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(16, buckets) - 1);
    int sets = buckets == 0 ? 0 : (1 << setBits) / WAYS;
    this.shift = buckets == 0 ? 0 : Integer.SIZE - Integer.numberOfTrailingZeros(sets);
    this.keys = new int[sets * WAYS];
    this.rows = new int[keys.length * ROW];
  }

  /** A request of a node for a block of a bucket has reached the master. */
  public void count(int bucket, int node, boolean exclusive) {
    if (keys.length == 0) {
      return;
    }
    requests++;
    remoteRequests += node == self ? 0 : 1;
    int at = findOrMake(bucket) * ROW;
    rows[exclusive ? at + WRITES : at] += UNIT;
    rows[at + LAST] = window;
    countUser(at, node + 1, UNIT);
  }

  private void countUser(int row, int key, int units) {
    for (int node = row + NODES; node < row + COUNTS; node++) {
      if (rows[node] == key) {
        rows[node + USERS] += units;
        return;
      }
    }
    int least = row + COUNTS;
    for (int count = least + 1; count < row + COUNTS + USERS; count++) {
      least = rows[count] < rows[least] ? count : least;
    }
    rows[least - USERS] = key;
    rows[least] += units;
  }

  /** The row of a bucket; looks at the keys alone if there is one. */
  private int findOrMake(int bucket) {
    int found = find(bucket);
    if (found >= 0) {
      return found;
    }
    int first = firstOf(bucket);
    int victim = first;
    for (int row = first; row < first + WAYS && keys[victim] != 0; row++) {
      if (keys[row] == 0 || sum(row) < sum(victim)) {
        victim = row;
      }
    }
    clear(victim);
    keys[victim] = bucket + 1;
    return victim;
  }

  private int firstOf(int bucket) {
    return (bucket * GOLDEN >>> shift) * WAYS;
  }

  private int sum(int row) {
    return rows[row * ROW] + rows[row * ROW + WRITES];
  }

  private void clear(int row) {
    keys[row] = 0;
    Arrays.fill(rows, row * ROW, (row + 1) * ROW, 0);
  }

  private int find(int bucket) {
    if (keys.length == 0) {
      return -1;
    }
    int first = firstOf(bucket);
    for (int row = first; row < first + WAYS; row++) {
      if (keys[row] == bucket + 1) {
        return row;
      }
    }
    return -1;
  }

  // ---- windows -------------------------------------------------------------------------------

  /** A window ends: multiplies all counts, and begins the window of that number. */
  public void decay(double factor, int next) {
    window = next;
    for (int row = 0; row < keys.length; row++) {
      if (keys[row] == 0) {
        continue;
      }
      int at = row * ROW;
      rows[at] = (int) (rows[at] * factor);
      rows[at + WRITES] = (int) (rows[at + WRITES] * factor);
      for (int i = at + COUNTS; i < at + COUNTS + USERS; i++) {
        rows[i] = (int) (rows[i] * factor);
      }
      if (sum(row) < UNIT / 2) {
        clear(row);
      }
    }
  }

  /** Number of requests since the start. */
  public long requests() {
    return requests;
  }

  /** Number of requests of other nodes since the start. */
  public long remoteRequests() {
    return remoteRequests;
  }

  // ---- buckets -------------------------------------------------------------------------------

  /** Sees each bucket that has a row. */
  public void forEach(Visitor visitor) {
    for (int row = 0; row < keys.length; row++) {
      if (keys[row] != 0) {
        visitor.see(usage(row));
      }
    }
  }

  /** What is known of a bucket; zeros if it has no row. */
  public Usage of(int bucket) {
    int row = find(bucket);
    return row < 0
        ? new Usage(bucket, 0, 0, Integer.MIN_VALUE, new int[0], new int[0])
        : usage(row);
  }

  /** Removes a bucket that is mastered elsewhere now, and returns what is known of it. */
  public Usage remove(int bucket) {
    Usage usage = of(bucket);
    int row = find(bucket);
    if (row >= 0) {
      clear(row);
    }
    return usage;
  }

  /** Adds what the former master of a bucket has counted. */
  public void add(Usage former) {
    if (keys.length == 0) {
      return;
    }
    int at = findOrMake(former.bucket()) * ROW;
    rows[at] += former.reads() * UNIT;
    rows[at + WRITES] += former.writes() * UNIT;
    rows[at + LAST] = window;
    for (int i = 0; i < former.nodes().length; i++) {
      countUser(at, former.nodes()[i] + 1, former.counts()[i] * UNIT);
    }
  }

  private static int requests(int units) {
    return (units + UNIT / 2) / UNIT;
  }

  private Usage usage(int row) {
    int at = row * ROW;
    int users = 0;
    for (int i = at + COUNTS; i < at + COUNTS + USERS; i++) {
      users += requests(rows[i]) > 0 ? 1 : 0;
    }
    int[] nodes = new int[users];
    int[] counts = new int[users];
    int next = 0;
    for (int i = at + COUNTS; i < at + COUNTS + USERS; i++) {
      if (requests(rows[i]) > 0) {
        nodes[next] = rows[i - USERS] - 1;
        counts[next++] = requests(rows[i]);
      }
    }
    return new Usage(
        keys[row] - 1,
        requests(rows[at]),
        requests(rows[at + WRITES]),
        rows[at + LAST],
        nodes,
        counts);
  }

  /** Sees the buckets of a table. */
  @FunctionalInterface
  public interface Visitor {
    void see(Usage usage);
  }

  /**
   * A bucket and its most frequent users; a copy, whose arrays nobody changes.
   *
   * @param bucket its number
   * @param reads requests to read
   * @param writes requests to change
   * @param last window of the last request
   * @param nodes users, in no order
   * @param counts their requests
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Usage(int bucket, int reads, int writes, int last, int[] nodes, int[] counts) {
    /** Requests of all nodes. */
    public int requests() {
      return reads + writes;
    }

    /** Requests of a node; 0 if it has no counter. */
    public int requestsOf(int node) {
      for (int i = 0; i < nodes.length; i++) {
        if (nodes[i] == node) {
          return counts[i];
        }
      }
      return 0;
    }
  }
}
