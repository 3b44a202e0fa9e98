// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.WeftException;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.node.StoragePlace;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Checks on which storage a node works, before the node opens any part of it. All places of the
 * storage must have the same identity. A place without identity usually means that a file system is
 * not mounted, unless the storage is just being created. Not thread-safe; used once during start.
 */
public final class StorageCheck {
  /*
   * The places of a new storage are marked in the order of the list, the registry first. They are
   * read in the reverse order, so a reader that sees a mark also sees all marks before it. If the
   * first place has no mark and a later one has, the first place has lost its mark. The storage
   * counts as created when the first place has a record, because no view is agreed before all
   * places of a node are marked. Until then, places without a mark get one. From then on, a place
   * without a mark is missing. Other nodes may finish between two reads, and a network file system
   * may show a directory late. So a check must fail several times in a row before it is reported.
   */

  private static final Logger LOG = System.getLogger("io.weft.node");
  private static final int ATTEMPTS = 8;

  private final List<StoragePlace> places;
  private final Optional<UUID> expected;
  private final Supplier<UUID> fresh;
  private final Runnable pause;

  /**
   * Creates a check.
   *
   * @param places the places of the storage, in the order in which they are marked
   * @param expected the identity that the configuration requires, if any
   * @param fresh creates the identity of a new storage
   * @param pause waits between two attempts
   */
  public StorageCheck(
      List<StoragePlace> places, Optional<UUID> expected, Supplier<UUID> fresh, Runnable pause) {
    this.pause = pause;
    this.places = List.copyOf(places);
    this.expected = expected;
    this.fresh = fresh;
  }

  /**
   * Checks all places and publishes the identity. Blocks.
   *
   * @throws WeftException {@link MembershipErrors#OTHER_STORAGE} if the places do not belong
   *     together, or one is empty that must not be
   */
  public void establish(StorageIdentity storage) {
    storage.establish(identity(), where(), true);
  }

  /** The state of a place when it was read. */
  private record Seen(StoragePlace place, Optional<UUID> identity, boolean blank) {
    static Seen of(StoragePlace place) {
      return new Seen(place, place.identity(), place.isBlank());
    }

    boolean isMarked() {
      return identity.isPresent();
    }
  }

  /**
   * Reads the identity, or creates the storage.
   *
   * @throws WeftException {@link MembershipErrors#OTHER_STORAGE} if the places do not belong
   *     together, or one is empty that must not be
   */
  UUID identity() {
    Optional<String> wrong = Optional.empty();
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      List<Seen> seen = look();
      wrong = wrong(seen);
      if (wrong.isEmpty()) {
        UUID identity =
            seen.stream().flatMap(s -> s.identity().stream()).findFirst().orElseGet(fresh);
        if (mark(seen, identity)) {
          return identity;
        }
      } else if (attempt < ATTEMPTS) {
        pause.run();
      }
    }
    throw new WeftException(
        MembershipErrors.OTHER_STORAGE,
        wrong.orElse(
            "other nodes make a storage in " + where() + " again and again; start one node first"));
  }

  private List<Seen> look() {
    List<Seen> seen = new ArrayList<>();
    places.reversed().forEach(place -> seen.addFirst(Seen.of(place)));
    return seen;
  }

  /**
   * Marks all places that have no mark. False if another node has marked one first with another
   * identity.
   */
  private boolean mark(List<Seen> seen, UUID identity) {
    for (Seen one : seen) {
      if (!one.isMarked() && !one.place().mark(identity).equals(identity)) {
        return false;
      }
    }
    if (seen.stream().noneMatch(Seen::isMarked)) {
      LOG.log(
          Level.INFO,
          () ->
              "made the storage "
                  + identity
                  + " in "
                  + where()
                  + "; with this identity as weft.storage-id, a node never makes another one");
    }
    return true;
  }

  /** All places, as text for an operator. */
  String where() {
    return places.stream().map(StoragePlace::where).collect(Collectors.joining(", "));
  }

  // ---- problems, as text for an operator; empty if there is none

  private Optional<String> wrong(List<Seen> seen) {
    if (expected.isPresent()) {
      return unexpected(seen, expected.get());
    }
    if (seen.stream().flatMap(s -> s.identity().stream()).distinct().count() > 1) {
      return Optional.of(
          seen.stream()
                  .filter(Seen::isMarked)
                  .map(s -> s.place().where() + " belong to storage " + s.identity().get())
                  .collect(Collectors.joining(", "))
              + ": a node needs all of one"
              + remedy(seen));
    }
    List<Seen> unmarked = seen.stream().filter(s -> !s.isMarked()).toList();
    List<Seen> lost = unmarked.stream().filter(s -> !s.blank()).toList();
    return lost.isEmpty()
        ? missing(seen, unmarked)
        : Optional.of(
            names(lost)
                + " have no identity of a storage although they are not empty; restore the file"
                + " with it from a copy, or name another directory"
                + keys(lost));
  }

  private static Optional<String> unexpected(List<Seen> seen, UUID expected) {
    List<Seen> others =
        seen.stream().filter(s -> !s.identity().equals(Optional.of(expected))).toList();
    return others.isEmpty()
        ? Optional.empty()
        : Optional.of(
            names(others)
                + " do not belong to the storage "
                + expected
                + " that weft.storage-id names"
                + remedy(others));
  }

  private static Optional<String> missing(List<Seen> seen, List<Seen> unmarked) {
    boolean begun = unmarked.size() < seen.size();
    boolean made = !seen.getFirst().blank() || !seen.getFirst().isMarked();
    return unmarked.isEmpty() || !begun || !made
        ? Optional.empty()
        : Optional.of(
            names(unmarked)
                + " are empty, but "
                + names(seen.stream().filter(Seen::isMarked).toList())
                + " belong to a storage that has been in use"
                + remedy(unmarked));
  }

  private static String names(List<Seen> some) {
    return some.stream().map(s -> s.place().where()).collect(Collectors.joining(", "));
  }

  private static String remedy(List<Seen> some) {
    return "; check that every file system is mounted" + keys(some);
  }

  private static String keys(List<Seen> some) {
    return some.stream().map(s -> s.place().key()).collect(Collectors.joining(", ", " (", ")"));
  }
}
