// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import io.weft.cachefusion.node.InvariantCheck;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * The buckets of a shard that move to another master, within a view. Handlers have the names of the
 * specification's actions. Owned by the shard's executor.
 *
 * <pre>
 *   former master:  serves --freeze--> frozen --no transaction: Transfer--> sent --NewMaster--> away
 *   next master:    away --all parts of Transfer, own directory rebuilt--> serves: NewMaster
 * </pre>
 *
 * <p>A view ends all moves under way. The master of the new view keeps a bucket only if it served
 * the bucket until then.
 */
public final class BucketMoves {
  /** A move of which this node is the former master. */
  private static final class Departure {
    final int to;
    final CompletableFuture<Void> done;

    /** Number of transactions of the bucket that are not closed. */
    int open;

    /** The directory of the bucket has been handed over. */
    boolean sent;

    /** What arrived after that. Bounded like the queues: a node has one request for a block. */
    final List<Late> late = new ArrayList<>();

    Departure(int to, CompletableFuture<Void> done) {
      this.to = to;
      this.done = done;
    }
  }

  /** A message for the master that has to wait. */
  private record Late(int from, CacheFusionMessage message) {}

  /** A move of which this node is the next master. */
  private static final class Arrival {
    int parts;
    final List<MovedEntry> entries = new ArrayList<>();
  }

  /** The directory, as far as moves use it. */
  interface Entries {
    /** Whether the directory of this node is being rebuilt. */
    boolean isRebuilding();

    /** The entries of a bucket, in the order of their blocks. */
    List<DirectoryEntry> of(int bucket);

    /** Removes the entries of a bucket. */
    void remove(int bucket);

    /** Serves the block of an entry that a former master had, beginning with its queue. */
    void serve(MovedEntry moved);

    /** Begins the transactions that have waited while the bucket was frozen. */
    void resume(int bucket);

    /** Handles a request or a release that has waited. */
    void receive(int from, CacheFusionMessage message);
  }

  private final int self;
  private final Rules rules;
  private final Effects effects;
  private final Entries directory;

  /** By bucket, in a reproducible order. */
  private final Map<Integer, Departure> departures = new TreeMap<>();

  private final Map<Integer, Arrival> arrivals = new TreeMap<>();

  /** Complete arrivals that wait until the directory is rebuilt: number of the move by bucket. */
  private final Map<Integer, Integer> waiting = new TreeMap<>();

  /** The map of the view in force; empty before the first. */
  private Optional<MovableMap> map = Optional.empty();

  /** Whether other members may believe that this node has kept buckets that it has not. */
  private boolean misjudged;

  BucketMoves(int self, Rules rules, Effects effects, Entries directory) {
    this.self = self;
    this.rules = rules;
    this.effects = effects;
    this.directory = directory;
  }

  // ---- the former master ---------------------------------------------------------------------

  /**
   * Freezes a bucket, to move it to another member of the view.
   *
   * @param done completes when the new master serves the bucket; fails with one of the errors of
   *     moves
   */
  public void freeze(int bucket, int to, CompletableFuture<Void> done) {
    if (map.isEmpty() || map.get().masterOfBucket(bucket) != self) {
      refuse(done, CacheFusionErrors.NOT_THE_MASTER, bucket, "this node is not its master");
      return;
    }
    if (departures.containsKey(bucket)) {
      refuse(done, CacheFusionErrors.BUCKET_MOVES, bucket, "it moves already");
      return;
    }
    Departure departure = new Departure(to, done);
    for (DirectoryEntry entry : directory.of(bucket)) {
      if (!rules.movable(entry.state == DirectoryEntry.State.SERVE && !entry.quarantined)) {
        refuse(done, CacheFusionErrors.BUCKET_RECOVERS, bucket, entry + " is not recovered");
        return;
      }
      if (entry.awaitsRoom || entry.refusing) { // at the next master they would wait anew
        refuse(done, CacheFusionErrors.BUCKET_BUSY, bucket, "requests wait for room: " + entry);
        return;
      }
      departure.open += entry.transaction == null ? 0 : 1;
    }
    if (!rules.movable(!directory.isRebuilding())) {
      refuse(done, CacheFusionErrors.BUCKET_RECOVERS, bucket, "its directory is being rebuilt");
      return;
    }
    departures.put(bucket, departure);
    handOverIfClosed(bucket, departure);
  }

  private static void refuse(CompletableFuture<Void> done, ErrorCode code, int bucket, String why) {
    done.completeExceptionally(
        new WeftException(code, "bucket " + bucket + " cannot be moved: " + why));
  }

  /**
   * The time is over in which the open transactions of the bucket should have closed: gives the
   * move up. A caller that has leases on blocks of the bucket may be waiting for another block of
   * it; then a transaction for the former closes only after one for the latter.
   *
   * @param done names the move
   */
  public void thaw(int bucket, CompletableFuture<Void> done) {
    Departure departure = departures.get(bucket);
    if (departure == null || departure.done != done || departure.sent) {
      return;
    }
    departures.remove(bucket);
    refuse(done, CacheFusionErrors.BUCKET_BUSY, bucket, departure.open + " transactions stay open");
    directory.resume(bucket);
  }

  /** Whether this node is handing the bucket over. */
  public boolean isMoving(int bucket) {
    return departures.containsKey(bucket);
  }

  /** Whether no transaction of the bucket may begin. */
  boolean isFrozen(int bucket) {
    return !departures.isEmpty() && departures.containsKey(bucket) && rules.frozenForMove();
  }

  /** Whether this node has handed the bucket over and the new master has not answered yet. */
  boolean isSent(int bucket) {
    if (departures.isEmpty()) {
      return false;
    }
    Departure departure = departures.get(bucket);
    return departure != null && departure.sent && rules.ceasesToServe();
  }

  /** A transaction of a block of the bucket is closed. */
  void onClosed(int bucket) {
    if (departures.isEmpty()) {
      return;
    }
    Departure departure = departures.get(bucket);
    if (departure != null && !departure.sent) {
      departure.open--;
      handOverIfClosed(bucket, departure);
    }
  }

  private void handOverIfClosed(int bucket, Departure departure) {
    if (!rules.closed(departure.open)) {
      return;
    }
    departure.sent = true;
    int number = map.orElseThrow().moves(bucket) + 1;
    List<MovedEntry> entries =
        directory.of(bucket).stream()
            .map(entry -> MovedEntry.of(entry, rules.queueTravels()))
            .toList();
    directory.of(bucket).forEach(entry -> keepLongQueue(entry, departure));
    directory.remove(bucket);
    List<List<MovedEntry>> parts = MoveCodec.parts(entries);
    for (List<MovedEntry> part : parts) {
      effects.send(departure.to, new MoveMessage.Transfer(bucket, number, parts.size(), part));
    }
  }

  /** Requests that do not fit into the message with their entry are sent again by their nodes. */
  private static void keepLongQueue(DirectoryEntry entry, Departure departure) {
    entry.queue.stream()
        .skip(MovedEntry.MOST_QUEUED)
        .forEach(
            queued ->
                departure.late.add(
                    new Late(
                        queued.node(),
                        new CacheFusionMessage.Request(
                            entry.block(), queued.access(), false, queued.ticket()))));
  }

  /**
   * A request, release or write request has arrived. If this node is not its master, handles it:
   * stores it until the new master has answered, or informs its sender.
   *
   * @return whether the message has been handled
   */
  boolean takes(int from, CacheFusionMessage message) {
    if (map.isEmpty()) {
      return false;
    }
    int bucket = Buckets.of(message.block().file(), message.block().number());
    boolean sent = isSent(bucket);
    if (!sent && (map.get().masterOfBucket(bucket) == self || map.get().moves(bucket) == 0)) {
      return false;
    }
    if (message instanceof CacheFusionMessage.WriteRequest) {
      return true; // advisory: the keeper asks again
    }
    if (sent) {
      departures.get(bucket).late.add(new Late(from, message));
    } else {
      informOfMove(from, message, bucket);
    }
    return true;
  }

  /** Answers that nothing has been done with a message, because another node is the master. */
  private void informOfMove(int to, CacheFusionMessage message, int bucket) {
    effects.send(
        to,
        new CacheFusionMessage.Moved(
            message.block(),
            message instanceof CacheFusionMessage.Release,
            map.orElseThrow().masterOfBucket(bucket),
            map.get().moves(bucket)));
  }

  /** The sender serves a bucket since the move of that number. */
  public void recvNewMaster(int from, MoveMessage.NewMaster message) {
    learn(message.bucket(), from, message.number());
  }

  /** A former master names the master of a block. */
  public void learn(CacheFusionMessage.Moved moved) {
    BlockId block = moved.block();
    learn(Buckets.of(block.file(), block.number()), moved.master(), moved.number());
  }

  private void learn(int bucket, int master, int number) {
    MovableMap known = map.orElseThrow();
    if (!rules.isNews(number, known.moves(bucket))) {
      return;
    }
    known.move(bucket, master, number);
    effects.moved(bucket, master, number);
    directory.remove(bucket);
    Departure departure = departures.remove(bucket);
    if (departure != null) {
      departure.late.forEach(late -> informOfMove(late.from, late.message, bucket));
      departure.done.complete(null);
    }
  }

  // ---- the next master -----------------------------------------------------------------------

  /** A part of the directory of a bucket; with the last one, this node becomes its master. */
  public void recvTransfer(MoveMessage.Transfer transfer) {
    Arrival arrival = arrivals.computeIfAbsent(transfer.bucket(), _ -> new Arrival());
    arrival.entries.addAll(transfer.entries());
    if (++arrival.parts < transfer.parts()) {
      return;
    }
    if (directory.isRebuilding()) {
      waiting.put(transfer.bucket(), transfer.number());
    } else {
      takeUp(transfer.bucket(), transfer.number());
    }
  }

  /** The directory of this node is rebuilt: takes up the buckets that have arrived before. */
  void onRebuilt() {
    Map<Integer, Integer> arrived = new TreeMap<>(waiting);
    waiting.clear();
    arrived.forEach(this::takeUp);
  }

  private void takeUp(int bucket, int number) {
    InvariantCheck.holds(
        number > map.orElseThrow().moves(bucket), "a bucket is handed over once", bucket);
    Arrival arrival = arrivals.remove(bucket);
    map.get().move(bucket, self, number);
    effects.moved(bucket, self, number);
    Departure ended = departures.remove(bucket); // this transfer also answers the former one
    arrival.entries.forEach(directory::serve);
    effects.broadcast(new MoveMessage.NewMaster(bucket, number));
    if (ended != null) {
      ended.late.forEach(late -> directory.receive(late.from, late.message));
      ended.done.complete(null);
    }
  }

  // ---- view change ---------------------------------------------------------------------------

  /**
   * A view is being installed: all moves end. A bucket that has been handed over is not kept, even
   * if the new master has not answered.
   */
  void onInstall(MovableMap now) {
    misjudged = false;
    map.ifPresent(before -> endMoves(before, now));
    map = Optional.of(now);
  }

  private void endMoves(MovableMap before, BucketMap now) {
    departures.forEach(
        (bucket, departure) -> {
          if (departure.sent && !rules.keepsSent()) {
            before.leaveToNobody(bucket);
          }
          refuse(departure.done, CacheFusionErrors.MOVE_INTERRUPTED, bucket, "a new view has come");
        });
    departures.clear();
    arrivals.clear();
    waiting.clear();
    misjudged = before.hasLost(self, now);
  }

  /**
   * Whether this node masters buckets that it has had in the previous view and handed over. Other
   * members may not know of the move, and believe that it has kept them.
   */
  boolean isMisjudged() {
    return misjudged;
  }

  /** The node stops. */
  public void fail(WeftException reason) {
    departures.values().forEach(departure -> departure.done.completeExceptionally(reason));
    departures.clear();
  }
}
