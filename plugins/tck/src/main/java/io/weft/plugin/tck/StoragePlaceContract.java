// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.api.WeftException;
import io.weft.spi.node.StoragePlace;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every {@link StoragePlace} keeps: rules SP-1 to SP-3. For the places of block stores, log
 * devices and registries alike; such a plugin has a test of this contract beside that of its own.
 */
public abstract class StoragePlaceContract {
  private static final UUID FIRST = new UUID(1, 2);
  private static final UUID SECOND = new UUID(3, 4);

  /** The place under test, which nobody has opened: a new object, always of the same storage. */
  protected abstract StoragePlace place();

  /** The storage is used: it holds a block, a log or a record from now on. */
  protected abstract void use();

  /** Whether anything is where the storage will be, for example a directory. */
  protected abstract boolean somethingIsThere();

  /**
   * Spoils the identity that has been written.
   *
   * @return false if that cannot happen here
   */
  protected boolean damageIdentity() {
    return false;
  }

  @Test
  void saysWhereItIsAndWhichSettingSaysSo() {
    assertFalse(place().where().isBlank());
    assertTrue(place().key().startsWith("weft."), place().key());
  }

  @Test
  @Tag("SP-1")
  void lookingChangesNothing() {
    StoragePlace place = place();
    Optional<UUID> before = place.identity();
    place.isBlank();
    place.where();
    place.outlivesProcess();
    assertEquals(before, place().identity());
    assertFalse(somethingIsThere(), "looking has made something");
  }

  @Test
  @Tag("SP-1")
  void markingLeavesItBlankAndUseDoesNot() {
    place().mark(FIRST);
    assertTrue(place().isBlank());
    use();
    assertEquals(place().outlivesProcess(), !place().isBlank(), "holds something of a former life");
  }

  @Test
  @Tag("SP-2")
  void theIdentityThatIsThereStays() {
    UUID marked = place().mark(FIRST);
    assertEquals(Optional.of(marked), place().identity());
    assertEquals(marked, place().mark(SECOND));
    use();
    assertEquals(marked, place().mark(SECOND));
    assertEquals(Optional.of(marked), place().identity());
  }

  @Test
  @Tag("SP-2")
  void whoMarksAtOnceGetsOneIdentity() throws InterruptedException, ExecutionException {
    Set<UUID> identities = new HashSet<>();
    List<Callable<UUID>> marks =
        IntStream.range(0, 8)
            .<Callable<UUID>>mapToObj(node -> () -> place().mark(new UUID(7, node)))
            .toList();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (Future<UUID> mark : threads.invokeAll(marks)) {
        identities.add(mark.get());
      }
    }
    assertEquals(1, identities.size(), () -> "" + identities);
    assertEquals(identities, Set.of(place().identity().orElseThrow()));
  }

  @Test
  @Tag("SP-3")
  void aDamagedIdentityIsNeverTakenForMissing() {
    place().mark(FIRST);
    assumeTrue(damageIdentity(), "an identity cannot be damaged here");
    assertThrows(WeftException.class, () -> place().identity());
    assertThrows(WeftException.class, () -> place().mark(SECOND));
    assertThrows(WeftException.class, () -> place().identity());
  }
}
