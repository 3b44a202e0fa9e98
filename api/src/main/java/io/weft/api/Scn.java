// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * System change number: a Lamport timestamp (Lamport, CACM 1978) that orders commits.
 *
 * <p>If a block changed by commit A, or any other message of Weft sent after A, reached another
 * node before that node made commit B, then B has the larger number. Commits of one node may share
 * a number, and a later one never has a smaller one; the versions of a block tell their order.
 * Commits of different nodes that nothing connects may have any numbers, also the same one. All
 * commits after a restart of all nodes have larger numbers than those before.
 *
 * @param value 0 (before everything) or larger
 */
public record Scn(long value) implements Comparable<Scn> {
  /** Before every commit. */
  public static final Scn ZERO = new Scn(0);

  /** Rejects negative values. */
  public Scn {
    if (value < 0) {
      throw new IllegalArgumentException("SCN " + value + " is negative");
    }
  }

  @Override
  public int compareTo(Scn other) {
    return Long.compare(value, other.value);
  }
}
