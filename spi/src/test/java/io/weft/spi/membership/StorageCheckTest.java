// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.spi.node.StoragePlace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Which storage a node takes for its own, and what it takes for a missing file system. */
final class StorageCheckTest {
  private static final UUID OLD = new UUID(1, 1);
  private static final UUID NEW = new UUID(2, 2);
  private static final UUID OTHER = new UUID(3, 3);

  private final FakePlace registry = new FakePlace("registry");
  private final FakePlace logs = new FakePlace("logs");
  private final FakePlace blocks = new FakePlace("blocks");
  private Optional<UUID> expected = Optional.empty();
  private Runnable pause = () -> {};

  private static final class FakePlace implements StoragePlace {
    private final String name;
    private Optional<UUID> identity = Optional.empty();
    private boolean blank = true;
    private Runnable onMark = () -> {};
    private Runnable onLook = () -> {};

    FakePlace(String name) {
      this.name = name;
    }

    void used(UUID by) {
      identity = Optional.of(by);
      blank = false;
    }

    @Override
    public String where() {
      return "/" + name;
    }

    @Override
    public String key() {
      return "weft." + name;
    }

    @Override
    public Optional<UUID> identity() {
      Optional<UUID> seen = identity;
      onLook.run();
      return seen;
    }

    @Override
    public boolean isBlank() {
      return blank;
    }

    @Override
    public UUID mark(UUID wanted) {
      onMark.run();
      identity = Optional.of(identity.orElse(wanted));
      return identity.get();
    }
  }

  private UUID check() {
    return new StorageCheck(List.of(registry, logs, blocks), expected, () -> NEW, () -> pause.run())
        .identity();
  }

  private String refusal() {
    List<Optional<UUID>> before = List.of(registry.identity, logs.identity, blocks.identity);
    WeftException refused = assertThrows(WeftException.class, this::check);
    assertEquals(MembershipErrors.OTHER_STORAGE, refused.code());
    assertEquals(
        before,
        List.of(registry.identity, logs.identity, blocks.identity),
        "what is refused is left as it was");
    return refused.getMessage();
  }

  /** A directory that is looked at through a cache shows late what others have made. */
  @Test
  void looksAgainForATimeBeforeItRefuses() {
    UUID used = new UUID(5, 6);
    registry.used(used);
    blocks.used(used);
    AtomicInteger pauses = new AtomicInteger();
    pause =
        () -> {
          if (pauses.incrementAndGet() == 4) {
            logs.used(used);
          }
        };
    assertEquals(used, check());
    assertEquals(4, pauses.get());
  }

  @Test
  void aNewStorageIsMarkedEverywhere() {
    assertEquals(NEW, check());
    assertEquals(Optional.of(NEW), registry.identity);
    assertEquals(Optional.of(NEW), logs.identity);
    assertEquals(Optional.of(NEW), blocks.identity);
  }

  @Test
  void aStorageInUseIsFound() {
    List.of(registry, logs, blocks).forEach(place -> place.used(OLD));
    assertEquals(OLD, check());
  }

  @Test
  void everySinglePlaceThatIsNotMountedIsNamed() {
    for (FakePlace lost : List.of(registry, logs, blocks)) {
      List.of(registry, logs, blocks).forEach(place -> place.used(OLD));
      lost.identity = Optional.empty();
      lost.blank = true;
      String message = refusal();
      assertTrue(message.startsWith(lost.where() + " are empty"), message);
      assertTrue(message.contains(lost.key()), message);
    }
  }

  @Test
  void aStorageThatWasBeingMadeIsFinished() {
    registry.identity = Optional.of(OLD);
    assertEquals(OLD, check());
    assertEquals(Optional.of(OLD), blocks.identity);
  }

  @Test
  void whoIsOvertakenWhileMakingOneTakesThatOfTheOther() {
    registry.onMark = () -> registry.identity = Optional.of(OTHER);
    assertEquals(OTHER, check());
    assertEquals(Optional.of(OTHER), logs.identity);
    assertEquals(Optional.of(OTHER), blocks.identity);
  }

  @Test
  void othersWhoFinishBetweenTwoLooksAreNoReasonToRefuse() {
    List<FakePlace> all = new ArrayList<>(List.of(registry, logs, blocks));
    blocks.onLook = () -> all.forEach(place -> place.used(OLD)); // after blocks have been seen
    assertEquals(OLD, check());
  }

  @Test
  void placesOfTwoStoragesAreRefused() {
    registry.used(OLD);
    logs.used(OLD);
    blocks.used(OTHER);
    String message = refusal();
    assertTrue(message.contains("/registry belong to storage " + OLD), message);
    assertTrue(message.contains("/blocks belong to storage " + OTHER), message);
  }

  @Test
  void contentWithoutIdentityIsRefused() {
    blocks.blank = false;
    assertTrue(refusal().startsWith("/blocks have no identity"));
  }

  @Test
  void aNodeThatIsToldItsStorageMakesNone() {
    expected = Optional.of(OLD);
    assertTrue(refusal().contains("/registry, /logs, /blocks do not belong to the storage " + OLD));
    List.of(registry, logs, blocks).forEach(place -> place.used(OLD));
    assertEquals(OLD, check());
    List.of(registry, logs, blocks).forEach(place -> place.used(OTHER));
    assertTrue(refusal().contains("weft.storage-id"));
  }
}
