// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.faults.PowerLoss.Loss;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was not forced may vanish, and nothing else does. */
class PowerLossTest {
  private static final int SECTOR = SectorStamps.SECTOR_BYTES;
  private static final int SEEDS = 100;

  @TempDir private Path directory;

  private Path journals;
  private Path storage;

  @BeforeEach
  void makeDirectories() throws IOException {
    journals = directory.resolve("journals");
    storage = Files.createDirectories(directory.resolve("storage"));
  }

  /** A process with a journal. */
  private final class Machine {
    private final long process;
    private final UndoJournal journal;
    private final StorageTroubles troubles;
    private final FaultyFiles files;

    Machine(long process, boolean lies) throws IOException {
      this(process, lies, 1 << 20);
    }

    Machine(long process, boolean lies, long longest) throws IOException {
      this.process = process;
      journal = UndoJournal.of(journals, process, longest);
      troubles = new StorageTroubles(new SplittableRandom(1), lies ? "/a" : "");
      files = new FaultyFiles(FileSystems.getDefault(), troubles, Optional.of(journal));
    }

    Path path(String name) {
      return files.wrap(storage.resolve(name));
    }

    FileChannel open(String name) throws IOException {
      return FileChannel.open(
          path(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ);
    }

    void forceNames() throws IOException {
      try (FileChannel names = FileChannel.open(path(""), StandardOpenOption.READ)) {
        names.force(true);
      }
    }
  }

  private static ByteBuffer sectors(int count, int value) {
    byte[] bytes = new byte[count * SECTOR];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }

  private byte sector(String name, int index) throws IOException {
    byte[] bytes = Files.readAllBytes(storage.resolve(name));
    byte first = bytes[index * SECTOR];
    for (int i = 0; i < SECTOR; i++) {
      assertEquals(first, bytes[index * SECTOR + i], "no sector is torn");
    }
    return first;
  }

  private Loss strike(boolean names, long seed, long... processes) throws IOException {
    return PowerLoss.strike(journals, Arrays.stream(processes).boxed().toList(), names, seed);
  }

  @Test
  void whatWasForcedStaysAndOfTheRestAnythingMayVanish() throws IOException {
    Set<List<Byte>> outcomes = new HashSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      Machine machine = new Machine(seed, false);
      try (FileChannel file = machine.open("a")) {
        file.write(sectors(3, 1), 0);
        file.force(false);
        file.write(sectors(2, 2), SECTOR);
      }
      Loss loss = strike(false, seed, seed);

      assertEquals(1, loss.writes());
      assertEquals(1, sector("a", 0), "forced, and not written since");
      outcomes.add(List.of(sector("a", 1), sector("a", 2)));
    }
    assertEquals(
        Set.of(
            List.of((byte) 1, (byte) 1),
            List.of((byte) 1, (byte) 2),
            List.of((byte) 2, (byte) 1),
            List.of((byte) 2, (byte) 2)),
        outcomes,
        "torn between the sectors of a write, too");
  }

  @Test
  void anythingBetweenTheLastForceAndTheLastWriteMayBeLeft() throws IOException {
    Set<Byte> outcomes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      Machine machine = new Machine(seed, false);
      try (FileChannel file = machine.open("a")) {
        file.write(sectors(1, 1), 0);
        file.force(false);
        file.write(sectors(1, 2), 0);
        file.write(sectors(1, 3), 0);
      }
      strike(false, seed, seed);
      outcomes.add(sector("a", 0));
    }
    assertEquals(Set.of((byte) 1, (byte) 2, (byte) 3), outcomes);
  }

  @Test
  void whatAnotherMachineHasWrittenSinceStays() throws IOException {
    for (int seed = 0; seed < SEEDS; seed++) {
      Machine one = new Machine(2 * seed + 1, false);
      Machine other = new Machine(2 * seed + 2, false);
      try (FileChannel first = one.open("a");
          FileChannel second = other.open("a")) {
        first.write(sectors(1, 1), 0);
        first.force(false);
        first.write(sectors(1, 2), 0);
        second.write(sectors(1, 2), 0); // the same bytes, and stable
        second.force(false);
      }
      strike(false, seed, one.process);

      assertEquals(2, sector("a", 0));
    }
  }

  @Test
  void whenAllMachinesLoseTheirPowerTheWritesOfAllAreUndoneInOrder() throws IOException {
    Set<Byte> outcomes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      Machine one = new Machine(2 * seed + 1, false);
      Machine other = new Machine(2 * seed + 2, false);
      try (FileChannel first = one.open("a");
          FileChannel second = other.open("a")) {
        first.write(sectors(1, 1), 0);
        first.force(false);
        first.write(sectors(1, 2), 0);
        second.write(sectors(1, 3), 0);
      }
      strike(true, seed, one.process, other.process);
      outcomes.add(sector("a", 0));
    }
    assertEquals(Set.of((byte) 1, (byte) 2, (byte) 3), outcomes);
  }

  @Test
  void bytesBeyondTheFormerEndBecomeZerosOrVanish() throws IOException {
    Set<Long> sizes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      Files.deleteIfExists(storage.resolve("a"));
      Machine machine = new Machine(seed, false);
      try (FileChannel file = machine.open("a")) {
        file.write(sectors(1, 1), 0);
        file.force(false);
        file.write(sectors(1, 2), SECTOR);
      }
      strike(false, seed, seed);
      sizes.add(Files.size(storage.resolve("a")));
      assertEquals(1, sector("a", 0));
    }
    assertEquals(Set.of((long) SECTOR, 2L * SECTOR), sizes);
  }

  @Test
  void aForceThatLiesKeepsNothing() throws IOException {
    int lost = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Files.write(storage.resolve("a"), new byte[SECTOR]);
      Machine machine = new Machine(seed, true);
      try (FileChannel file = machine.open("a");
          FileChannel other = machine.open("b")) {
        file.write(sectors(1, 1), 0);
        file.force(false);
        other.write(sectors(1, 1), 0);
        other.force(false);
      }
      strike(false, seed, seed);
      assertEquals(1, sector("b", 0), "about another file it does not lie");
      lost += sector("a", 0) == 0 ? 1 : 0;
    }
    assertTrue(lost > 0);
  }

  @Test
  void whatAFailedForceLeftBehindNoLaterOneKeeps() throws IOException {
    int lost = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Files.write(storage.resolve("a"), new byte[2 * SECTOR]);
      Machine machine = new Machine(seed, false);
      try (FileChannel file = machine.open("a")) {
        file.write(sectors(1, 1), 0);
        machine.troubles.errors(Set.of(StorageTroubles.Kind.FORCE), 1, 100);
        assertThrows(IOException.class, () -> file.force(false));
        file.write(sectors(1, 2), SECTOR);
        file.force(false);
      }
      strike(false, seed, seed);
      lost += sector("a", 0) == 0 ? 1 : 0;
      assertEquals(2, sector("a", 1));
    }
    assertTrue(lost > 0);
  }

  @Test
  void namesVanishUnlessTheirDirectoryWasForced() throws IOException {
    Set<Boolean> outcomes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      Machine machine = new Machine(seed, false);
      machine.open("stable-" + seed).close();
      machine.forceNames();
      machine.open("fresh-" + seed).close();
      strike(true, seed, seed);

      assertTrue(Files.exists(storage.resolve("stable-" + seed)));
      outcomes.add(Files.exists(storage.resolve("fresh-" + seed)));
    }
    assertEquals(Set.of(false, true), outcomes);
  }

  @Test
  void namesOfOneMachineStayWhileOthersMayHaveSeenThem() throws IOException {
    for (int seed = 0; seed < SEEDS; seed++) {
      Machine machine = new Machine(seed, false);
      machine.open("fresh-" + seed).close();

      assertEquals(0, strike(false, seed, seed).names());
      assertTrue(Files.exists(storage.resolve("fresh-" + seed)));
    }
  }

  @Test
  void anybodysForceOfADirectoryKeepsItsNames() throws IOException {
    for (int seed = 0; seed < SEEDS; seed++) {
      Machine one = new Machine(2 * seed + 1, false);
      Machine other = new Machine(2 * seed + 2, false);
      one.open("fresh-" + seed).close();
      other.forceNames();

      assertEquals(0, strike(true, seed, one.process).names());
    }
  }

  @Test
  void removedAndMovedNamesComeBackWithTheirFiles() throws IOException {
    boolean removedIsBack = false;
    boolean movedIsBack = false;
    for (int seed = 0; seed < SEEDS; seed++) {
      Machine machine = new Machine(seed, false);
      Files.write(storage.resolve("a"), new byte[] {1});
      Files.write(storage.resolve("b"), new byte[] {2});
      Files.write(storage.resolve("c"), new byte[] {3});
      machine.forceNames();
      Files.move(machine.path("a"), machine.path("b"), StandardCopyOption.ATOMIC_MOVE);
      Files.delete(machine.path("c"));
      strike(true, seed, seed);

      if (Files.exists(storage.resolve("a"))) {
        movedIsBack = true;
        assertArrayEquals(new byte[] {1}, Files.readAllBytes(storage.resolve("a")));
        assertArrayEquals(new byte[] {2}, Files.readAllBytes(storage.resolve("b")));
        assertTrue(Files.exists(storage.resolve("c")), "changes are undone from the last one on");
      } else {
        assertArrayEquals(new byte[] {1}, Files.readAllBytes(storage.resolve("b")));
      }
      removedIsBack |= Files.exists(storage.resolve("c"));
    }
    assertTrue(movedIsBack && removedIsBack);
  }

  @Test
  void bytesAreFoundUnderTheNameThatTheFileHasNow() throws IOException {
    boolean lost = false;
    for (int seed = 0; seed < SEEDS; seed++) {
      Files.write(storage.resolve("a"), new byte[SECTOR]);
      Machine machine = new Machine(seed, false);
      try (FileChannel file = machine.open("a")) {
        file.write(sectors(1, 1), 0);
      }
      Files.move(machine.path("a"), machine.path("b"), StandardCopyOption.ATOMIC_MOVE);
      strike(false, seed, seed);
      lost |= sector("b", 0) == 0;
    }
    assertTrue(lost);
  }

  @Test
  void aFileThatWasTruncatedMayBeLongAgain() throws IOException {
    Set<Long> sizes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      Files.write(storage.resolve("a"), sectors(2, 1).array());
      Machine machine = new Machine(seed, false);
      try (FileChannel file = machine.open("a")) {
        file.truncate(SECTOR);
      }
      strike(false, seed, seed);
      sizes.add(Files.size(storage.resolve("a")));
      assertEquals(1, sector("a", 0));
    }
    assertEquals(Set.of((long) SECTOR, 2L * SECTOR), sizes);
  }

  @Test
  void aLongJournalIsWrittenAgainAndForgetsNothing() throws IOException {
    boolean lost = false;
    for (int seed = 0; seed < SEEDS; seed++) {
      Files.write(storage.resolve("a"), new byte[SECTOR]);
      Machine machine = new Machine(seed, false, 10 * SECTOR);
      try (FileChannel kept = machine.open("a");
          FileChannel file = machine.open("b")) {
        kept.write(sectors(1, 1), 0); // stays unforced
        for (int i = 0; i < 100; i++) {
          file.write(sectors(1, i), 0);
          file.force(false);
        }
      }
      assertTrue(Files.size(UndoJournal.path(journals, seed)) < 12 * SECTOR);
      strike(false, seed, seed);
      lost |= sector("a", 0) == 0;
      assertEquals(99, sector("b", 0));
    }
    assertTrue(lost);
  }

  @Test
  void aRecordThatWasCutOffTellsOfNothing() throws IOException {
    Files.write(storage.resolve("a"), sectors(1, 1).array());
    Machine machine = new Machine(1, true);
    try (FileChannel file = machine.open("a")) {
      file.write(sectors(1, 2), 0);
    }
    Path journal = UndoJournal.path(journals, 1);
    byte[] bytes = Files.readAllBytes(journal);
    Files.write(journal, Arrays.copyOf(bytes, bytes.length - 1));

    assertEquals(0, strike(false, 1, 1).writes());
    assertEquals(2, sector("a", 0));
    assertFalse(Files.exists(UndoJournal.path(journals, 2)));
    assertEquals(0, strike(false, 1, 2).writes(), "a process without a journal");
  }
}
