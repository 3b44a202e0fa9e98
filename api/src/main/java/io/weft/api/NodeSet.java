// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A set of nodes, by their ids; its order is ascending. Immutable and thread-safe.
 *
 * <p>A set whose ids are all below 64 is one word. The smallest of these exist once, so that making
 * them allocates nothing: the empty set, every set of one node below 64, and every set of nodes
 * below 8. Code that is called for each message, and changes such a set often, keeps {@link #word}
 * 0 instead of a set.
 */
public final class NodeSet {
  /** No nodes. */
  public static final NodeSet NONE;

  /** Most words of a set. */
  public static final int MAX_WORDS = NodeId.MAX / Long.SIZE + 1;

  private static final long[] NO_WORDS = {};
  private static final int SHARED_BITS = 8;
  private static final NodeSet[] SHARED = new NodeSet[1 << SHARED_BITS];
  private static final NodeSet[] SINGLE = new NodeSet[Long.SIZE];

  static {
    for (int bits = 0; bits < SHARED.length; bits++) {
      SHARED[bits] = new NodeSet(bits, NO_WORDS);
    }
    for (int node = 0; node < SINGLE.length; node++) {
      SINGLE[node] = node < SHARED_BITS ? SHARED[1 << node] : new NodeSet(1L << node, NO_WORDS);
    }
    NONE = SHARED[0];
  }

  /** Nodes 0 to 63, a bit each. */
  private final long low;

  /** Nodes 64 and above, a bit each; the last word is not 0. */
  private final long[] high;

  private NodeSet(long low, long[] high) {
    this.low = low;
    this.high = high;
  }

  /**
   * The set of these nodes.
   *
   * @param nodes ids, in any order; one may be named twice
   */
  public static NodeSet of(int... nodes) {
    Builder set = new Builder();
    for (int node : nodes) {
      set.add(node);
    }
    return set.build();
  }

  /**
   * The set of nodes 0 to {@code count - 1}.
   *
   * @param count 0 to {@value NodeId#MAX} + 1
   */
  public static NodeSet ofFirst(int count) {
    return of(IntStream.range(0, count).toArray());
  }

  /**
   * A set of nodes below 64.
   *
   * @param word bit i stands for node i
   */
  public static NodeSet ofWord(long word) {
    if (word >>> SHARED_BITS == 0) {
      return SHARED[(int) word];
    }
    return (word & word - 1) == 0
        ? SINGLE[Long.numberOfTrailingZeros(word)]
        : new NodeSet(word, NO_WORDS);
  }

  /**
   * The set of the nodes of some words.
   *
   * @param words at most {@value #MAX_WORDS}; bit i of word w stands for node 64 w + i
   */
  public static NodeSet ofWords(long... words) {
    if (words.length > MAX_WORDS) {
      throw new IllegalArgumentException(
          "a set of nodes has at most " + MAX_WORDS + " words, not " + words.length);
    }
    return words.length == 0
        ? NONE
        : of(words[0], words.length == 1 ? NO_WORDS : Arrays.copyOfRange(words, 1, words.length));
  }

  /** Takes over the array, which may end with zeros. */
  private static NodeSet of(long low, long[] high) {
    int length = high.length;
    while (length > 0 && high[length - 1] == 0) {
      length--;
    }
    if (length == 0) {
      return ofWord(low);
    }
    return new NodeSet(low, length == high.length ? high : Arrays.copyOf(high, length));
  }

  private static void check(int node) {
    if (node < 0 || node > NodeId.MAX) {
      throw new IllegalArgumentException("node id " + node + " is outside 0 to " + NodeId.MAX);
    }
  }

  private static long bit(int node) {
    return 1L << node; // the low six bits count
  }

  private static int highIndex(int node) {
    return node / Long.SIZE - 1;
  }

  // ---- questions -----------------------------------------------------------------------------

  /** Whether there is no node in it. */
  public boolean isEmpty() {
    return low == 0 && high.length == 0;
  }

  /** The number of nodes. */
  public int size() {
    int size = Long.bitCount(low);
    for (long word : high) {
      size += Long.bitCount(word);
    }
    return size;
  }

  /** The number of nodes with smaller ids than {@code node}. */
  public int sizeBelow(int node) {
    int size = 0;
    for (int index = 0; index < node / Long.SIZE; index++) {
      size += Long.bitCount(word(index));
    }
    return size + Long.bitCount(word(node / Long.SIZE) & bit(node) - 1);
  }

  /** Whether a node is in it. */
  public boolean contains(int node) {
    return node >= 0 && (word(node / Long.SIZE) & bit(node)) != 0;
  }

  /** Whether all nodes of another set are in it. */
  public boolean containsAll(NodeSet other) {
    boolean all = (other.low & ~low) == 0 && other.high.length <= high.length;
    for (int i = 0; all && i < other.high.length; i++) {
      all = (other.high[i] & ~high[i]) == 0;
    }
    return all;
  }

  /** Whether a node of another set is in it. */
  public boolean intersects(NodeSet other) {
    boolean one = (other.low & low) != 0;
    for (int i = 0; !one && i < Math.min(high.length, other.high.length); i++) {
      one = (other.high[i] & high[i]) != 0;
    }
    return one;
  }

  /**
   * The smallest id that is not below {@code from}; -1 if there is none. So this visits all nodes:
   *
   * <pre>
   *   for (int node = set.next(0); node &gt;= 0; node = set.next(node + 1))
   * </pre>
   *
   * @param from 0 or larger
   */
  public int next(int from) {
    int index = from / Long.SIZE;
    long word = word(index) & -1L << from;
    while (word == 0) {
      if (++index > high.length) {
        return -1;
      }
      word = word(index);
    }
    return index * Long.SIZE + Long.numberOfTrailingZeros(word);
  }

  /** The largest id; -1 if there is no node. */
  public int last() {
    long word = word(high.length); // the last one
    return high.length * Long.SIZE + Long.SIZE - 1 - Long.numberOfLeadingZeros(word);
  }

  /** The ids, ascending. */
  public IntStream stream() {
    return IntStream.iterate(next(0), node -> node >= 0, node -> next(node + 1));
  }

  /** Calls {@code action} with each id, ascending. */
  public void forEach(IntConsumer action) {
    for (int node = next(0); node >= 0; node = next(node + 1)) {
      action.accept(node);
    }
  }

  // ---- other sets ----------------------------------------------------------------------------

  /** This set and a node. */
  public NodeSet with(int node) {
    check(node);
    if (contains(node)) {
      return this;
    }
    if (node < Long.SIZE) {
      return of(low | bit(node), high);
    }
    int index = highIndex(node);
    long[] words = Arrays.copyOf(high, Math.max(high.length, index + 1));
    words[index] |= bit(node);
    return new NodeSet(low, words);
  }

  /** This set without a node. */
  public NodeSet without(int node) {
    if (!contains(node)) {
      return this;
    }
    if (node < Long.SIZE) {
      return of(low & ~bit(node), high);
    }
    long[] words = high.clone();
    words[highIndex(node)] &= ~bit(node);
    return of(low, words);
  }

  /** The nodes of this set and those of another one. */
  public NodeSet union(NodeSet other) {
    if (containsAll(other)) {
      return this;
    }
    long[] words = Arrays.copyOf(high, Math.max(high.length, other.high.length));
    for (int i = 0; i < other.high.length; i++) {
      words[i] |= other.high[i];
    }
    return of(low | other.low, words);
  }

  /** The nodes of this set that are not in another one. */
  public NodeSet minus(NodeSet other) {
    if (!intersects(other)) {
      return this;
    }
    long[] words = high.clone();
    for (int i = 0; i < Math.min(words.length, other.high.length); i++) {
      words[i] &= ~other.high[i];
    }
    return of(low & ~other.low, words);
  }

  /** The nodes that are in both sets. */
  public NodeSet intersection(NodeSet other) {
    if (other.containsAll(this)) {
      return this;
    }
    long[] words = Arrays.copyOf(high, Math.min(high.length, other.high.length));
    for (int i = 0; i < words.length; i++) {
      words[i] &= other.high[i];
    }
    return of(low & other.low, words);
  }

  // ---- words ---------------------------------------------------------------------------------

  /** The number of words up to the last one that is not 0: 0 to {@value #MAX_WORDS}. */
  public int words() {
    return high.length > 0 ? high.length + 1 : low != 0 ? 1 : 0;
  }

  /**
   * A word of the set: bit i of word w stands for node 64 w + i.
   *
   * @param index 0 or larger; beyond the set all words are 0
   */
  public long word(int index) {
    return index == 0 ? low : index <= high.length ? high[index - 1] : 0;
  }

  // ---- object --------------------------------------------------------------------------------

  @Override
  public boolean equals(Object other) {
    return other instanceof NodeSet set && low == set.low && Arrays.equals(high, set.high);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(low) + Arrays.hashCode(high);
  }

  /** The nodes with commas, such as {@code {n0, n3}}. */
  @Override
  public String toString() {
    return stream().mapToObj(node -> "n" + node).collect(Collectors.joining(", ", "{", "}"));
  }

  /** Collects the nodes of a set. Used by one thread. */
  public static final class Builder {
    private long low;
    private long[] high = NO_WORDS;

    /** Adds a node. */
    public void add(int node) {
      check(node);
      if (node < Long.SIZE) {
        low |= bit(node);
        return;
      }
      int index = highIndex(node);
      if (index >= high.length) {
        high = Arrays.copyOf(high, index + 1);
      }
      high[index] |= bit(node);
    }

    /** The set of the nodes so far. */
    public NodeSet build() {
      return of(low, high.length == 0 ? NO_WORDS : high.clone());
    }
  }
}
