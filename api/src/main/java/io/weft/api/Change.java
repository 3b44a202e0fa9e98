// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The one way to write: takes blocks exclusively, declares the ranges it writes, and commits or
 * aborts; all of it happens or nothing.
 *
 * <pre>{@code
 * try (Change change = cache.newChange()) {
 *   ExclusiveLease from = change.exclusive(ACCOUNTS, 17);
 *   ExclusiveLease to = change.exclusive(ACCOUNTS, 42);
 *   MemorySegment a = change.writable(from, 0, 8);
 *   MemorySegment b = change.writable(to, 0, 8);
 *   a.set(JAVA_LONG, 0, a.get(JAVA_LONG, 0) - 5);
 *   b.set(JAVA_LONG, 0, b.get(JAVA_LONG, 0) + 5);
 *   change.commit();
 * }
 * }</pre>
 */
public interface Change extends Scope {
  /**
   * Takes a block for changing, waiting for it if needed; same rules and errors as {@link
   * Scope#shared(int, int, long)}.
   */
  ExclusiveLease exclusive(int level, int file, long number);

  /** Takes a block for changing at level 0. */
  default ExclusiveLease exclusive(int file, long number) {
    return exclusive(0, file, number);
  }

  /** Takes a block for changing if this node holds it exclusively and nobody is in the way. */
  Optional<ExclusiveLease> tryExclusive(int file, long number);

  /** As {@link Scope#sharedAsync}, for changing. */
  CompletionStage<ExclusiveLease> exclusiveAsync(int file, long number);

  /**
   * Declares a range that this change writes and returns it, writable until commit or abort. The
   * range's old bytes are kept for an abort. Ranges may overlap.
   *
   * @param lease a lease of this change
   * @param offset first byte, 0 or larger
   * @param length bytes, 1 or larger
   * @throws WeftException {@link CoreErrors#OUT_OF_BLOCK} if the range leaves the content
   */
  MemorySegment writable(ExclusiveLease lease, int offset, int length);

  /**
   * Makes the declared writes visible as one step, releases all leases, and returns when the redo
   * is durable. The version of every block with a declared range grows by one.
   *
   * @return the commit's SCN, or 0 if no range was declared
   * @throws WeftException {@link CoreErrors#NODE_STOPPED} if the node stopped: the outcome is then
   *     unknown
   */
  default long commit() {
    return commit(Durability.SYNC);
  }

  /** Commits with the given durability; see {@link #commit()}. */
  long commit(Durability durability);

  /**
   * Commits without blocking the caller. The leases are released before this returns; the stage
   * completes with the SCN when the redo is durable.
   */
  CompletionStage<Scn> commitAsync();

  /** Restores every declared range and releases all leases. */
  void abort();
}
