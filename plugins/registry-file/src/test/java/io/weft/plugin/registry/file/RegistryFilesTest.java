// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.WatchedFiles;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.membership.MembershipErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What reaches the file system, in which order, and what is left when that is full or broken. */
final class RegistryFilesTest {
  private static final byte[] RECORD = new byte[500];
  private static final String VIEW_1 = "registry/view-0000000000000000001";

  @TempDir Path directory;
  private WatchedFiles files;
  private FileRegistry registry;

  @BeforeEach
  void open() {
    files = new WatchedFiles(directory);
    registry = registry(1);
    registry.open();
    files.forget();
  }

  @AfterEach
  void close() {
    files.unlimitSpace();
    registry.close();
  }

  private FileRegistry registry(int id) {
    return new FileRegistry(files.root(), true, () -> TestNodes.node(id, 17));
  }

  private String draft(int number) {
    return "registry/draft-1-" + ProcessHandle.current().pid() + "-" + number;
  }

  private long reserveFiles() throws IOException {
    try (Stream<Path> names = Files.list(directory.resolve("registry"))) {
      return names.filter(name -> name.getFileName().toString().startsWith("reserve-")).count();
    }
  }

  // ---- order

  @Test
  void theNameOfTheDirectoryIsForcedWhenItIsMade() throws IOException {
    WatchedFiles fresh = new WatchedFiles(Files.createDirectory(directory.resolve("fresh")));
    files = fresh;
    FileRegistry other = registry(2);
    other.open();
    other.close();
    List<String> done = fresh.operations();
    assertEquals(List.of("mkdir registry", "force ."), done.subList(0, 2));
    int written = done.indexOf("write registry/node-2.lock");
    assertEquals("force registry/node-2.lock", done.get(written + 1));
  }

  @Test
  @Tag("CR-3")
  void aRecordIsForcedBeforeItHasItsNameAndTheNameBeforeItCounts() {
    assertTrue(registry.propose(1, RECORD));
    assertEquals(
        List.of(
            "create " + draft(1),
            "write " + draft(1),
            "force " + draft(1),
            "link " + draft(1) + " " + VIEW_1,
            "delete " + draft(1),
            "force registry"),
        files.operations());
  }

  @Test
  @Tag("CR-3")
  void whoReadsARecordFirstForcesItsName() {
    registry.propose(1, RECORD);
    FileRegistry reader = registry(2);
    files.forget();
    assertEquals(1, reader.latest().orElseThrow().epoch());
    assertEquals(List.of("force registry"), files.operations());
    reader.latest();
    assertEquals(List.of("force registry"), files.operations(), "once");
  }

  @Test
  @Tag("CR-3")
  void aRecordThatCannotBeForcedDoesNotExist() {
    files.breakWhere(("force " + draft(1))::equals);
    assertEquals(
        MembershipErrors.REGISTRY_UNAVAILABLE,
        assertThrows(WeftException.class, () -> registry.propose(1, RECORD)).code());
    files.breakWhere(_ -> false);
    assertTrue(registry.latest().isEmpty());
  }

  @Test
  void aRecordThatIsTakenInPiecesIsWhole() {
    files.takeAtMost(7);
    assertTrue(registry.propose(1, RECORD));
    assertEquals(RECORD.length, registry.latest().orElseThrow().record().length);
  }

  // ---- a full storage

  @Test
  void theReserveTakesRecordsWhenTheStorageIsFull() throws IOException {
    assertEquals(Reserve.FILES, reserveFiles());
    files.limitSpace(0);
    for (int epoch = 1; epoch <= Reserve.FILES; epoch++) {
      assertTrue(registry.propose(epoch, RECORD));
      assertEquals(epoch, registry.latest().orElseThrow().epoch());
      assertEquals(RECORD.length, registry.latest().orElseThrow().record().length);
    }
  }

  @Test
  void theReserveTakesReservedNumbersWhenTheStorageIsFull() {
    files.limitSpace(0);
    registry.reserveScn(7_000);
    assertEquals(7_000, registry.reservedScn());
  }

  @Test
  void aRecordOfTheReserveIsForcedBeforeItHasItsName() {
    files.limitSpace(0);
    assertTrue(registry.propose(1, RECORD));
    List<String> done = files.operations();
    int moved = done.indexOf("move registry/reserve-1-0 " + draft(1));
    assertEquals(
        List.of(
            "write " + draft(1),
            "truncate " + draft(1),
            "force " + draft(1),
            "link " + draft(1) + " " + VIEW_1,
            "delete " + draft(1),
            "force registry"),
        done.subList(moved + 1, moved + 7));
  }

  @Test
  void whoHasNoReserveSaysThatThereIsNoSpaceAndGoesOnWhenThereIs() throws IOException {
    FileRegistry other = registry(2); // never opened: it keeps none
    files.limitSpace(0);
    WeftException full = assertThrows(WeftException.class, () -> other.propose(1, RECORD));
    assertEquals(MembershipErrors.REGISTRY_UNAVAILABLE, full.code());
    assertTrue(full.getMessage().contains("free some space"), full.getMessage());
    assertTrue(other.latest().isEmpty());
    files.unlimitSpace();
    assertTrue(other.propose(1, RECORD));
  }

  @Test
  void theReserveIsFilledAgainWhenThereIsSpace() throws IOException {
    files.limitSpace(0);
    registry.propose(1, RECORD);
    registry.propose(2, RECORD);
    for (int look = 0; look < 200; look++) {
      registry.latest();
    }
    long attempts =
        files.operations().stream()
            .filter(done -> done.startsWith("create registry/reserve"))
            .count();
    assertTrue(attempts < 20, attempts + " attempts in 200 looks");
    files.unlimitSpace();
    for (int look = 0; look < 100; look++) {
      registry.latest();
    }
    assertEquals(Reserve.FILES, reserveFiles());
  }

  @Test
  void aRecordThatIsTooLongForTheReserveIsRefused() {
    files.limitSpace(0);
    assertThrows(WeftException.class, () -> registry.propose(1, new byte[Reserve.BYTES]));
    files.unlimitSpace();
    assertTrue(registry.propose(1, new byte[Reserve.BYTES]));
  }

  /** The record of a large cluster: when one of its size is there, the next one fits, too. */
  @Test
  void theReserveGrowsWithTheRecords() throws IOException {
    byte[] large = new byte[60_000];
    assertTrue(registry.propose(1, large));
    registry.latest();
    registry.latest();
    files.limitSpace(0);
    assertTrue(registry.propose(2, large));
    assertEquals(large.length, registry.latest().orElseThrow().record().length);
  }

  @Test
  void theReserveStaysWhenItCannotGrow() throws IOException {
    assertTrue(registry.propose(1, new byte[60_000]));
    files.limitSpace(0);
    registry.latest();
    registry.latest();
    assertEquals(Reserve.FILES, reserveFiles());
    assertTrue(registry.propose(2, RECORD));
  }

  // ---- the end

  @Test
  void nothingStaysOpen() {
    registry.propose(1, RECORD);
    registry.latest();
    registry.hasStopped(1, 17, false);
    files.limitSpace(0);
    registry.propose(2, RECORD);
    files.breakWhere(operation -> operation.contains("draft"));
    assertThrows(WeftException.class, () -> registry.propose(3, RECORD));
    registry.close();
    assertEquals(0, files.openChannels());
  }
}
