// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a master knows of a lock, on its way to the next master; or a piece of it.
 *
 * @param first place of the first of {@code parties} and of {@code queue} in the whole lists;
 *     orders the pieces
 * @param parties nodes that have a mode, or have asked for one
 * @param queue requests that wait, in order
 */
record MovedLock(
    LockName name, StoredValue value, int first, List<Party> parties, List<Queued> queue) {
  /** Most parties of a piece, and most requests: so many fit into a message. */
  static final int MOST = 16;

  MovedLock {
    parties = List.copyOf(parties);
    queue = List.copyOf(queue);
  }

  /**
   * A node as the master sees it.
   *
   * @param grant number of the grant that gave it its mode
   * @param seen its last request
   * @param told what it may keep of the grant; empty if the grant is not revoked
   * @param revocation how many times revocations of the grant were taken back
   * @param answers whether the revocation has asked for an answer
   */
  record Party(
      int node,
      LockMode mode,
      long grant,
      long seen,
      Optional<LockMode> told,
      int revocation,
      boolean answers) {}

  /**
   * A request that waits.
   *
   * @param number of the request, growing at its node
   * @param converts whether an owner asks that holds the lock already
   * @param tryOnly whether it is refused instead of waiting for an owner
   */
  record Queued(int node, LockMode mode, long number, boolean converts, boolean tryOnly) {}

  /** Divides it into pieces that fit into a message each. */
  List<MovedLock> pieces() {
    List<MovedLock> pieces = new ArrayList<>(1);
    int most = Math.max(1, Math.max(parties.size(), queue.size()));
    for (int from = 0; from < most; from += MOST) {
      pieces.add(new MovedLock(name, value, from, slice(parties, from), slice(queue, from)));
    }
    return pieces;
  }

  private static <T> List<T> slice(List<T> all, int from) {
    return all.subList(Math.min(from, all.size()), Math.min(from + MOST, all.size()));
  }

  /** Puts the pieces of any number of locks together, in the order in which locks appear first. */
  static List<MovedLock> join(List<MovedLock> pieces) {
    Map<LockName, List<MovedLock>> byName = new LinkedHashMap<>();
    for (MovedLock piece : pieces) {
      byName.computeIfAbsent(piece.name, _ -> new ArrayList<>(1)).add(piece);
    }
    return byName.values().stream().map(MovedLock::joinOne).toList();
  }

  private static MovedLock joinOne(List<MovedLock> pieces) {
    if (pieces.size() == 1) {
      return pieces.getFirst();
    }
    List<MovedLock> ordered =
        pieces.stream().sorted(Comparator.comparingInt(MovedLock::first)).toList();
    return new MovedLock(
        ordered.getFirst().name,
        ordered.getFirst().value,
        0,
        ordered.stream().flatMap(piece -> piece.parties.stream()).toList(),
        ordered.stream().flatMap(piece -> piece.queue.stream()).toList());
  }
}
