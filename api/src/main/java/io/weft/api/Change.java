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
   * <p>The segment must not be used after commit, abort or close: what is written through it then
   * goes into a block that may be anybody's by now, without redo. With assertions ({@code -ea})
   * such a use fails with {@link IllegalStateException}; without, nothing checks it, since a check
   * would cost every access. Run tests with assertions.
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
   * <p>Errors tell what became of the change (API-11). After {@link CoreErrors#OUTCOME_UNKNOWN} the
   * change has taken effect on this node and everybody sees it; only its durability is not known,
   * because the thread was interrupted, its time ran out, or the node's lease is over. Call commit
   * once more, on the same change and without anything in between, to go on waiting: it returns the
   * same SCN. Taking blocks again, aborting or closing gives that up, and undoes nothing. A commit
   * that has aborted the change fails with the same error when it is called once more without
   * anything in between.
   *
   * @return the commit's SCN, or 0 if no range was declared
   * @throws WeftException {@link CoreErrors#OUTCOME_UNKNOWN} as above; {@link
   *     CoreErrors#NODE_STOPPED} if the node stopped: whether the change is durable can be seen on
   *     another node by the versions of its blocks; for a change without ranges also {@link
   *     CoreErrors#INTERRUPTED} or {@link CoreErrors#LEASE_TIMEOUT} while what it has read becomes
   *     durable, and commit may be called again; any other error means that the change has been
   *     aborted, such as {@link CoreErrors#NODE_LEASE_OVER}, or {@code REGISTRY_UNAVAILABLE} and
   *     {@link CoreErrors#INTERRUPTED} if its number could not be reserved; every commit but {@link
   *     #commitAsync} waits for that, which is seldom necessary
   */
  default long commit() {
    return commit(Durability.SYNC);
  }

  /** Commits with the given durability; see {@link #commit()}. */
  long commit(Durability durability);

  /**
   * Commits without blocking the caller. The leases are released before this returns; the stage
   * completes with the SCN when the redo is durable, or exceptionally with {@link
   * CoreErrors#NODE_STOPPED} or {@link CoreErrors#OUTCOME_UNKNOWN} if the node stops before. Giving
   * up the stage gives up only the waiting.
   */
  CompletionStage<Scn> commitAsync();

  /** Restores every range declared since the last commit and releases all leases. */
  void abort();
}
