// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static io.weft.cachefusion.protocol.DirectoryEntry.NO_NODE;

import io.weft.api.NodeSet;
import io.weft.cachefusion.spec.Rules;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What happens when the directory of a shard is full (S14). Owned by the shard's executor.
 *
 * <p>The bound concerns blocks that become known by requests. While it is reached, a request for a
 * block that nobody holds waits, in order of arrival, and the master <em>recalls</em> blocks: it
 * asks their holders to release them, which they do unless they use them. The first entry that is
 * dropped makes room. If that takes too long, because all known blocks are in use, the request
 * fails with {@link io.weft.api.CoreErrors#DIRECTORY_FULL}. So callers that wait for each other's
 * blocks do not wait for ever.
 *
 * <p>Requests for blocks that are held, releases and write requests never wait for room. Nor do the
 * reports of a view change and the entries of a bucket that moves here: these blocks are in the
 * frames of members already. They may exceed the bound; then blocks are recalled until it holds
 * again.
 */
public final class DirectoryRoom {
  /** Most blocks recalled at once. */
  private static final int MOST_RECALLS = 64;

  /** How long requests wait for room: 2 s. */
  static final long MOST_WAIT_NS = TimeUnit.SECONDS.toNanos(2);

  /** A wait that an operator is informed of: 1 s. */
  private static final long LONG_WAIT_NS = TimeUnit.SECONDS.toNanos(1);

  private final DirectoryTable entries;
  private final int most;
  private final Rules rules;
  private final Effects effects;
  private final Consumer<DirectoryEntry> proceed;

  /**
   * The entries whose requests wait. Bounded like all queues: each request has a frame at its node.
   */
  private final ArrayDeque<DirectoryEntry> waiting = new ArrayDeque<>();

  /** Number of entries of quarantined blocks, which nobody can give up. */
  private int quarantined;

  /** Number of entries whose requests are being refused. */
  private int refusing;

  /**
   * Creates the room of an empty directory.
   *
   * @param proceed serves the queue of an entry
   */
  DirectoryRoom(
      DirectoryTable entries,
      int most,
      Rules rules,
      Effects effects,
      Consumer<DirectoryEntry> proceed) {
    this.entries = entries;
    this.most = most;
    this.rules = rules;
    this.effects = effects;
    this.proceed = proceed;
  }

  /**
   * Number of entries, without those that wait for room or are refused, and those of quarantined
   * blocks.
   */
  public int taken() {
    return entries.size() - waiting.size() - refusing - quarantined;
  }

  /** So many more blocks are quarantined, or fewer. */
  void quarantined(int more) {
    quarantined += more;
  }

  /** Number of entries whose requests wait for room. */
  public int waiting() {
    return waiting.size();
  }

  /** Whether a transaction of the block may begin. */
  boolean isFor(DirectoryEntry entry) {
    return !entry.awaitsRoom
        && (entry.isHeld()
            || entry.quarantined
            || entry.refusing
            || rules.hasRoom(taken(), most)); // the entry is among those taken
  }

  /** The requests of an entry wait, and a block is recalled. */
  void await(DirectoryEntry entry) {
    if (!entry.awaitsRoom) {
      entry.awaitsRoom = true;
      entry.awaitsRoomSinceNs = effects.nowNs();
      waiting.add(entry);
      recall(1);
    }
  }

  /** An entry has been dropped: serves the requests that there is room for. */
  void onDropped() {
    while (!waiting.isEmpty() && rules.hasRoom(taken() + 1, most)) {
      DirectoryEntry next = waiting.poll();
      next.awaitsRoom = false;
      proceed.accept(next);
    }
  }

  /** The entries of a bucket have been removed. */
  void onRemoved(int bucket) {
    waiting.removeIf(entry -> entry.bucket == bucket);
    onDropped();
  }

  /** A view is being installed: the requests are sent again. */
  void onInstall() {
    waiting.clear();
    refusing = 0;
    quarantined = 0; // those that are kept are counted again
  }

  /** The transaction of an entry has ended, and the next one has not begun. */
  void onIdle(DirectoryEntry entry) {
    if (entry.refusing && entry.queue.isEmpty()) {
      entry.refusing = false;
      refusing--;
    }
  }

  // ---- ticks ---------------------------------------------------------------------------------

  /** Whether {@link #onTick} has something to do. */
  public boolean isWanted() {
    return !waiting.isEmpty() || taken() > most;
  }

  /** Recalls further blocks, and refuses the requests that have waited for too long. */
  public void onTick() {
    long now = effects.nowNs();
    while (!waiting.isEmpty() && now - waiting.peek().awaitsRoomSinceNs >= MOST_WAIT_NS) {
      DirectoryEntry late = waiting.poll();
      late.awaitsRoom = false;
      late.refusing = true;
      refusing++;
      proceed.accept(late);
    }
    recall(Math.min(MOST_RECALLS, 2 * (waiting.size() + Math.max(0, taken() - most))));
  }

  private void recall(int count) {
    for (int i = 0; i < count; i++) {
      DirectoryEntry cold = entries.nextAtRest();
      if (cold == null) {
        return; // all are busy, or none is served yet
      }
      NodeSet holders = cold.owner == NO_NODE ? cold.sharers() : NodeSet.of(cold.owner);
      holders.forEach(node -> effects.send(node, new CacheFusionMessage.Recall(cold.block())));
    }
  }

  /** A warning for the operator if requests have waited for long; otherwise empty. */
  public Optional<String> warning() {
    boolean isLong =
        !waiting.isEmpty() && effects.nowNs() - waiting.peek().awaitsRoomSinceNs >= LONG_WAIT_NS;
    return isLong
        ? Optional.of(
            "requests for "
                + waiting.size()
                + " blocks wait, because a shard of the directory is full: it knows "
                + taken()
                + " blocks of at most "
                + most
                + ", and their holders use them; raise weft.cache-fusion.directory-entries (and the"
                + " heap by 64 bytes for each), or lower weft.cache-fusion.frames")
        : Optional.empty();
  }
}
