// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;

/**
 * Members that the leader hears, but that do not hear each other: one of them has to go, or nodes
 * that need both wait for ever. Owned by {@link ViewAgreement}.
 */
final class Links {
  private final long patienceNs;
  private final Map<Integer, Long> brokenSince = new HashMap<>();

  /**
   * Knows no broken link.
   *
   * @param patienceNs how long a link may be broken
   */
  Links(long patienceNs) {
    this.patienceNs = patienceNs;
  }

  void clear() {
    brokenSince.clear();
  }

  /**
   * The members that have to go, as a bitmap: first those that are silent, then those with the most
   * broken links, among equals the one of the largest id.
   *
   * @param suspectsOf which nodes a member suspects, as a bitmap
   */
  long victims(long members, IntToLongFunction suspectsOf, IntPredicate isSilent, long now) {
    Set<Integer> broken = new HashSet<>();
    for (int a = 0; a < Long.SIZE; a++) {
      long suspects = (members >>> a & 1) == 0 ? 0 : suspectsOf.applyAsLong(a) & members;
      for (int b = 0; b < Long.SIZE; b++) {
        if ((suspects >>> b & 1) != 0 && a != b) {
          broken.add(Math.min(a, b) * Long.SIZE + Math.max(a, b));
        }
      }
    }
    brokenSince.keySet().retainAll(broken);
    broken.forEach(link -> brokenSince.putIfAbsent(link, now));
    broken.removeIf(link -> now - brokenSince.get(link) < patienceNs);
    long victims = 0;
    while (!broken.isEmpty()) {
      int victim = mostBroken(broken, isSilent);
      victims |= 1L << victim;
      broken.removeIf(link -> link / Long.SIZE == victim || link % Long.SIZE == victim);
    }
    return victims;
  }

  private static int mostBroken(Set<Integer> broken, IntPredicate isSilent) {
    int[] count = new int[Long.SIZE];
    for (int link : broken) {
      for (int end : new int[] {link / Long.SIZE, link % Long.SIZE}) {
        count[end] += count[end] == 0 && isSilent.test(end) ? 1 + Long.SIZE : 1;
      }
    }
    int most = 0;
    for (int node = 0; node < Long.SIZE; node++) {
      most = count[node] >= count[most] ? node : most;
    }
    return most;
  }
}
