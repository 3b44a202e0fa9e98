// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import io.weft.plugin.faults.UndoRecord.Abandoned;
import io.weft.plugin.faults.UndoRecord.Forced;
import io.weft.plugin.faults.UndoRecord.Named;
import io.weft.plugin.faults.UndoRecord.NamesForced;
import io.weft.plugin.faults.UndoRecord.Truncated;
import io.weft.plugin.faults.UndoRecord.Written;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A power failure of some machines, each with one process that has ended already. No other process
 * may write meanwhile. A random part of the unforced writes of these processes is undone. Used by
 * one thread.
 *
 * <p>Bytes are undone by sectors, so a block may be left torn. The last changes of names in a
 * directory are undone together, as by the journal of a file system. A name that another machine
 * may have seen is not undone, unless that machine has lost its power, too.
 */
public final class PowerLoss {
  private final Path journals;
  private final SplittableRandom random;
  private final Map<String, Optional<Path>> found = new HashMap<>();
  private final Set<String> settled = new HashSet<>();
  private int sectors;
  private int names;

  private PowerLoss(Path journals, long seed) {
    this.journals = journals;
    this.random = new SplittableRandom(seed);
  }

  /**
   * The result of a power failure.
   *
   * @param number of unforced writes
   * @param number of sectors that were restored
   * @param names number of changes of names that were undone
   */
  public record Loss(int writes, int sectors, int names) {}

  /** How much of the unforced writes is lost. */
  private enum Severity {
    /** All writes. */
    ALL,
    /** Some complete writes. */
    WRITES,
    /** Some sectors. */
    SECTORS
  }

  /**
   * Simulates a power failure.
   *
   * @param journals the directory of the journals
   * @param processes the ended processes of the failed machines
   * @param namesToo whether changes of names may be undone: only if all machines lose their power
   * @param seed seed of the choice of lost writes
   */
  public static Loss strike(Path journals, Collection<Long> processes, boolean namesToo, long seed)
      throws IOException {
    return new PowerLoss(journals, seed).strike(processes, namesToo);
  }

  private Loss strike(Collection<Long> processes, boolean namesToo) throws IOException {
    List<UndoRecord> lost = new ArrayList<>();
    Map<Long, Severity> severities = new HashMap<>();
    List<Named> changes = new ArrayList<>();
    for (long process : processes) {
      List<UndoRecord> records = UndoJournal.records(UndoJournal.path(journals, process));
      lost.addAll(unforced(records));
      records.stream().filter(Named.class::isInstance).map(Named.class::cast).forEach(changes::add);
      severities.put(process, Severity.values()[random.nextInt(Severity.values().length)]);
    }
    if (namesToo) {
      undoNames(changes);
    }
    lost.sort(Comparator.comparingLong(UndoRecord::atNs).reversed());
    try (SectorStamps stamps = new SectorStamps(journals)) {
      for (UndoRecord record : lost) {
        switch (record) {
          case Written write -> undo(write, severities.get(write.stamp() >>> 40), stamps);
          case Truncated cut -> undo(cut);
          default -> throw new IllegalStateException("not lost: " + record);
        }
      }
    }
    return new Loss(lost.size(), sectors, names);
  }

  // ---- bytes

  private static List<UndoRecord> unforced(List<UndoRecord> records) {
    Map<String, List<UndoRecord>> byFile = new TreeMap<>();
    List<UndoRecord> abandoned = new ArrayList<>();
    for (UndoRecord record : records) {
      switch (record) {
        case Written w -> byFile.computeIfAbsent(w.file(), _ -> new ArrayList<>()).add(w);
        case Truncated t -> byFile.computeIfAbsent(t.file(), _ -> new ArrayList<>()).add(t);
        case Forced f ->
            byFile.getOrDefault(f.file(), new ArrayList<>()).removeIf(r -> serial(r) <= f.serial());
        case Abandoned a -> {
          List<UndoRecord> pending = byFile.getOrDefault(a.file(), new ArrayList<>());
          pending.stream().filter(r -> serial(r) <= a.serial()).forEach(abandoned::add);
          pending.removeIf(r -> serial(r) <= a.serial());
        }
        case Named _, NamesForced _ -> {}
      }
    }
    byFile.values().forEach(abandoned::addAll);
    return abandoned;
  }

  private static long serial(UndoRecord record) {
    return switch (record) {
      case Written w -> w.serial();
      case Truncated t -> t.serial();
      default -> throw new IllegalStateException("has no serial: " + record);
    };
  }

  /** Restores sectors that no process has written since, unless they reached the device. */
  private void undo(Written write, Severity severity, SectorStamps stamps) throws IOException {
    Optional<Path> path = find(write.path(), write.file());
    if (path.isEmpty()) {
      return;
    }
    boolean whole = severity == Severity.ALL || severity == Severity.WRITES && random.nextBoolean();
    boolean complete = true;
    try (FileChannel file = FileChannel.open(path.get(), StandardOpenOption.WRITE)) {
      long first = SectorStamps.first(write.offset());
      long[] present = stamps.read(write.file(), first, write.stampsBefore().length);
      int begin = 0; // start of a run of sectors that are restored with one write
      for (int i = 0; i < present.length; i++) {
        boolean goes = whole || severity == Severity.SECTORS && random.nextBoolean();
        String sector = write.file() + " " + (first + i);
        if (present[i] != write.stamp() || settled.contains(sector)) {
          goes = false;
        } else if (!goes) {
          settled.add(sector);
        }
        if (!goes) {
          restore(file, write, begin, i, stamps);
          begin = i + 1;
          complete = false;
        }
      }
      restore(file, write, begin, present.length, stamps);
      boolean last = file.size() == write.offset() + write.length();
      if (complete && last && write.sizeBefore() < file.size() && random.nextBoolean()) {
        file.truncate(write.sizeBefore());
      }
    }
  }

  /** Restores the old bytes and stamps of some sectors of a write, given by their index in it. */
  private void restore(FileChannel file, Written write, int from, int to, SectorStamps stamps)
      throws IOException {
    if (from < to) {
      long first = SectorStamps.first(write.offset());
      restore(file, write, first + from, first + to);
      stamps.write(write.file(), first + from, Arrays.copyOfRange(write.stampsBefore(), from, to));
      sectors += to - from;
    }
  }

  private static void restore(FileChannel file, Written write, long sector, long endSector)
      throws IOException {
    long begin = Math.max(write.offset(), sector * SectorStamps.SECTOR_BYTES);
    long end = Math.min(write.offset() + write.length(), endSector * SectorStamps.SECTOR_BYTES);
    end = Math.min(end, file.size()); // the write may have been incomplete when the process ended
    if (begin >= end) {
      return;
    }
    byte[] bytes = new byte[(int) (end - begin)];
    int from = (int) (begin - write.offset());
    int there = Math.clamp(write.before().length - from, 0, bytes.length);
    if (there > 0) {
      System.arraycopy(write.before(), from, bytes, 0, there);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      file.write(buffer, begin + buffer.position());
    }
  }

  private void undo(Truncated cut) throws IOException {
    Optional<Path> path = find(cut.path(), cut.file());
    if (path.isPresent() && Files.size(path.get()) <= cut.size() && random.nextBoolean()) {
      try (FileChannel file = FileChannel.open(path.get(), StandardOpenOption.WRITE)) {
        ByteBuffer tail = ByteBuffer.wrap(cut.tail());
        while (tail.hasRemaining()) {
          file.write(tail, cut.size() + tail.position());
        }
      }
    }
  }

  /** Finds a file by its identity: it may have been renamed in its directory since. */
  private Optional<Path> find(Path path, String file) throws IOException {
    Optional<Path> known = found.get(file);
    if (known != null) {
      return known;
    }
    Optional<Path> searched =
        UndoJournal.keyOf(path).equals(file) ? Optional.of(path) : search(path, file);
    found.put(file, searched);
    return searched;
  }

  private static Optional<Path> search(Path path, String file) throws IOException {
    Path directory = path.getParent();
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (UndoJournal.keyOf(entry).equals(file)) {
          return Optional.of(entry);
        }
      }
    }
    return Optional.empty();
  }

  // ---- names

  private void undoNames(List<Named> changes) throws IOException {
    Map<Path, Long> forced = namesForced();
    Map<Path, List<Named>> byDirectory = new TreeMap<>();
    for (Named change : changes) {
      Path directory = change.change().directory();
      if (change.atNs() > forced.getOrDefault(directory, Long.MIN_VALUE)) {
        byDirectory.computeIfAbsent(directory, _ -> new ArrayList<>()).add(change);
      }
    }
    for (List<Named> pending : byDirectory.values()) {
      pending.sort(Comparator.comparingLong(Named::atNs));
      int stay = random.nextInt(pending.size() + 1);
      for (Named change : pending.subList(stay, pending.size()).reversed()) {
        undo(change);
      }
    }
  }

  /** The time at which the names of each directory were last forced, by any process. */
  private Map<Path, Long> namesForced() throws IOException {
    Map<Path, Long> forced = new HashMap<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(journals, "undo-*")) {
      for (Path journal : all) {
        UndoJournal.read(
            journal,
            record -> {
              if (record instanceof NamesForced names) {
                forced.merge(names.directory(), names.atNs(), Math::max);
              }
            });
      }
    }
    return forced;
  }

  private void undo(Named change) throws IOException {
    Path from = change.change().from();
    Path to = change.change().to();
    switch (change.change().kind()) {
      case MADE -> {
        if (!change.key().isEmpty() && UndoJournal.keyOf(to).equals(change.key())) {
          try {
            Files.delete(to);
            names++;
          } catch (DirectoryNotEmptyException _) {
            // An entry of the directory is stable, so the directory is, too.
          }
        }
      }
      case REMOVED -> restore(to, change.kept());
      case MOVED -> {
        if (Files.exists(to) && Files.isDirectory(from.getParent()) && !Files.exists(from)) {
          Files.move(to, from);
          names++;
          restore(to, change.kept());
        }
      }
    }
  }

  private void restore(Path name, Optional<Path> kept) throws IOException {
    // If the directory itself is permanently removed, the name need not be restored.
    if (kept.isPresent()
        && Files.exists(kept.get())
        && Files.isDirectory(name.getParent())
        && !Files.exists(name)) {
      Files.createLink(name, kept.get());
      names++;
    }
  }
}
