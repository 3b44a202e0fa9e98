// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A set of nodes behaves like a sorted set of their ids. */
class NodeSetTest {
  private static final int LARGEST = NodeSet.MAX_WORDS * Long.SIZE - 1;

  /** A set and what it should contain. */
  private record Pair(NodeSet set, TreeSet<Integer> model) {
    Pair with(int node) {
      TreeSet<Integer> more = new TreeSet<>(model);
      more.add(node);
      return new Pair(set.with(node), more);
    }

    Pair without(int node) {
      TreeSet<Integer> less = new TreeSet<>(model);
      less.remove(node);
      return new Pair(set.without(node), less);
    }
  }

  private static void check(Pair pair) {
    NodeSet set = pair.set;
    TreeSet<Integer> model = pair.model;
    assertEquals(List.copyOf(model), set.stream().boxed().toList());
    List<Integer> visited = new ArrayList<>();
    set.forEach(visited::add);
    assertEquals(List.copyOf(model), visited);
    assertEquals(model.size(), set.size());
    assertEquals(model.isEmpty(), set.isEmpty());
    assertEquals(model.isEmpty() ? -1 : model.last(), set.last());
    NodeSet same = NodeSet.of(model.stream().mapToInt(Integer::intValue).toArray());
    assertEquals(same, set);
    assertEquals(same.hashCode(), set.hashCode());
    assertEquals(model.isEmpty() ? 0 : model.last() / Long.SIZE + 1, set.words());
    long[] words = new long[set.words() + 1]; // with a last word of 0
    for (int index = 0; index < words.length; index++) {
      words[index] = set.word(index);
    }
    if (words.length <= NodeSet.MAX_WORDS) {
      assertEquals(set, NodeSet.ofWords(words));
    }
  }

  private static void check(Pair pair, int node) {
    assertEquals(pair.model.contains(node), pair.set.contains(node));
    assertEquals(pair.model.headSet(node).size(), pair.set.sizeBelow(node));
    Integer next = pair.model.ceiling(node);
    assertEquals(next == null ? -1 : next, pair.set.next(node));
  }

  private static void check(Pair a, Pair b) {
    TreeSet<Integer> union = new TreeSet<>(a.model);
    union.addAll(b.model);
    check(new Pair(a.set.union(b.set), union));
    TreeSet<Integer> both = new TreeSet<>(a.model);
    both.retainAll(b.model);
    check(new Pair(a.set.intersection(b.set), both));
    TreeSet<Integer> only = new TreeSet<>(a.model);
    only.removeAll(b.model);
    check(new Pair(a.set.minus(b.set), only));
    assertEquals(!both.isEmpty(), a.set.intersects(b.set));
    assertEquals(a.model.containsAll(b.model), a.set.containsAll(b.set));
    assertEquals(a.model.equals(b.model), a.set.equals(b.set));
  }

  /** Each bound is the largest id of a run: one word, two words, and all of them. */
  @ParameterizedTest
  @ValueSource(ints = {7, 63, 64, 127, 128, 200, LARGEST})
  void behavesLikeASortedSetOfItsIds(int largest) {
    SplittableRandom random = new SplittableRandom(largest);
    List<Pair> sets = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      sets.add(new Pair(NodeSet.NONE, new TreeSet<>()));
    }
    for (int step = 0; step < 2_000; step++) {
      int at = random.nextInt(sets.size());
      int node = random.nextInt(largest + 1);
      Pair next = random.nextInt(3) == 0 ? sets.get(at).without(node) : sets.get(at).with(node);
      next = random.nextInt(200) == 0 ? new Pair(NodeSet.NONE, new TreeSet<>()) : next;
      check(next);
      check(next, node);
      check(next, random.nextInt(LARGEST + 2));
      check(next, sets.get(random.nextInt(sets.size())));
      check(sets.get(random.nextInt(sets.size())), next);
      sets.set(at, next);
    }
  }

  @Test
  void containsOnlyIdsInRange() {
    assertThrows(IllegalArgumentException.class, () -> NodeSet.of(-1));
    assertThrows(IllegalArgumentException.class, () -> NodeSet.of(LARGEST + 1));
    assertThrows(IllegalArgumentException.class, () -> NodeSet.NONE.with(LARGEST + 1));
    long[] many = new long[NodeSet.MAX_WORDS + 1];
    assertThrows(IllegalArgumentException.class, () -> NodeSet.ofWords(many));
    NodeSet all = NodeSet.ofFirst(LARGEST + 1);
    assertFalse(all.contains(-1));
    assertFalse(all.contains(LARGEST + 1));
    assertTrue(all.contains(LARGEST));
    assertEquals(-1, all.next(LARGEST + 1));
  }

  @Test
  void smallSetsExistOnce() {
    assertSame(NodeSet.NONE, NodeSet.of());
    assertSame(NodeSet.NONE, NodeSet.of(63).without(63));
    assertSame(NodeSet.NONE, NodeSet.of(64).without(64));
    assertSame(NodeSet.of(0, 3, 7), NodeSet.of(7).with(0).with(3).with(3));
    assertSame(NodeSet.of(63), NodeSet.of(63, 100).without(100));
    assertSame(NodeSet.of(5), NodeSet.of(5, 60, 70).intersection(NodeSet.of(5, 61, 71)));
  }

  /** So that nothing is made where nothing changes. */
  @Test
  void aSetThatDoesNotChangeIsTheSame() {
    NodeSet set = NodeSet.of(9, 20, 300);
    assertSame(set, set.with(300));
    assertSame(set, set.without(301));
    assertSame(set, set.union(NodeSet.of(20)));
    assertSame(set, set.minus(NodeSet.of(21)));
    assertSame(set, set.intersection(NodeSet.ofFirst(301)));
  }

  @Test
  void differsFromOtherSets() {
    assertNotEquals(NodeSet.of(1), NodeSet.of(65));
    assertNotEquals(NodeSet.of(1), NodeSet.of(1, 65));
    assertNotEquals(NodeSet.of(), NodeSet.of(LARGEST));
    assertEquals("{n1, n65}", NodeSet.of(65, 1).toString());
    assertEquals("{}", NodeSet.NONE.toString());
  }

  @Test
  void aBuilderGoesOnAfterASetWasBuilt() {
    NodeSet.Builder builder = new NodeSet.Builder();
    builder.add(70);
    NodeSet first = builder.build();
    builder.add(71);
    assertEquals(NodeSet.of(70), first);
    assertEquals(NodeSet.of(70, 71), builder.build());
  }
}
