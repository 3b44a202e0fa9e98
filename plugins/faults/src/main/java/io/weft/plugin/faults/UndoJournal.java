// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import io.weft.plugin.faults.UndoRecord.Abandoned;
import io.weft.plugin.faults.UndoRecord.Forced;
import io.weft.plugin.faults.UndoRecord.Named;
import io.weft.plugin.faults.UndoRecord.NamesForced;
import io.weft.plugin.faults.UndoRecord.Truncated;
import io.weft.plugin.faults.UndoRecord.Written;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The undo records of a process for its unforced writes, from which {@link PowerLoss} restores the
 * old state after the process has ended. Each process has its own file. Each record is written
 * before the write that it describes, so that none is missing at whatever point the process ends.
 * Thread-safe.
 *
 * <p>Layout: u32 length, {@link UndoRecord}, repeated; an incomplete record at the end describes a
 * write that was not done. The file is truncated when no record is pending, and rewritten with the
 * pending records when it is long.
 */
final class UndoJournal implements AutoCloseable {
  /*
   * One lock for all files: no other thread of this process writes between reading the old bytes
   * and the write. Forces run without the lock. Two processes never write the same place at the
   * same time, because nodes do not.
   */

  /** Bytes after which the journal is rewritten: 16 MiB. */
  private static final long LONGEST = 16 << 20;

  /** Longest record accepted when reading. */
  private static final int READ_LIMIT = 1 << 30;

  private final Path path;
  private final Path directory;
  private final long process;
  private final long longest;
  // Not a channel: an interrupt of the writing thread would close it.
  private RandomAccessFile journal;
  private final SectorStamps stamps;

  /** Pending records, by the file or directory whose force settles them. */
  private final Map<String, List<Pending>> pending = new HashMap<>();

  private final Map<String, Long> abandoned = new HashMap<>();
  private final Map<Path, Long> namesForced = new HashMap<>();
  private final List<String> gone = new ArrayList<>();
  private long serial;
  private long keptNames;

  /** A record that is not settled, with its position in the journal. */
  private record Pending(UndoRecord record, long at, int length) {}

  /** A call of the file system below. */
  @FunctionalInterface
  interface Call<T> {
    T run() throws IOException;
  }

  private UndoJournal(Path directory, long process, long longest) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.path = path(directory, process);
    this.process = process;
    this.longest = longest;
    this.stamps = new SectorStamps(directory);
    this.journal = new RandomAccessFile(path.toFile(), "rw");
    journal.setLength(0);
  }

  /** The journal of a process. */
  static Path path(Path directory, long process) {
    return directory.resolve("undo-" + process);
  }

  /** Creates the journal of this process. */
  static UndoJournal ofProcess(Path directory) {
    try {
      return of(directory, ProcessHandle.current().pid(), LONGEST);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a journal in " + directory, e);
    }
  }

  /**
   * Creates the journal of a process.
   *
   * @param longest bytes from which on it is rewritten
   */
  static UndoJournal of(Path directory, long process, long longest) throws IOException {
    return new UndoJournal(directory, process, longest);
  }

  // ---- bytes

  /** Writes bytes to a file. */
  synchronized int write(FileChannel below, Path name, String file, ByteBuffer from, long offset)
      throws IOException {
    int length = from.remaining();
    long size = below.size();
    long sector = SectorStamps.first(offset);
    long[] before = stamps.read(file, sector, SectorStamps.count(offset, length));
    long[] after = new long[before.length];
    long stamp = process << 40 | ++serial;
    Arrays.fill(after, stamp);
    append(
        new Written(
            System.nanoTime(),
            serial,
            name,
            file,
            offset,
            length,
            stamp,
            before,
            size,
            read(below, offset, length, size)));
    stamps.write(file, sector, after);
    return below.write(from, offset);
  }

  /** Makes a file shorter. */
  synchronized void truncate(FileChannel below, Path name, String file, long size)
      throws IOException {
    int length = Math.toIntExact(below.size() - size);
    byte[] tail = read(below, size, length, below.size());
    append(new Truncated(System.nanoTime(), ++serial, name, file, size, tail));
    below.truncate(size);
  }

  /** Forces a file. */
  void force(FileChannel below, String file, boolean metaData) throws IOException {
    long upTo = serial();
    below.force(metaData);
    synchronized (this) {
      append(new Forced(System.nanoTime(), upTo, file));
      long lost = abandoned.getOrDefault(file, 0L);
      settle(file, record -> serialOf(record) <= upTo && serialOf(record) > lost);
    }
  }

  private synchronized long serial() {
    return serial;
  }

  /** A force has failed: later forces do not make the pending writes stable. */
  synchronized void abandon(String file) {
    try {
      append(new Abandoned(System.nanoTime(), serial, file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    abandoned.merge(file, serial, Math::max);
  }

  private static byte[] read(FileChannel below, long offset, int length, long size)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.clamp(size - offset, 0, length));
    while (bytes.hasRemaining()) {
      if (below.read(bytes, offset + bytes.position()) < 0) {
        break;
      }
    }
    return bytes.array();
  }

  // ---- names

  /** Changes names. */
  synchronized <T> T change(NameChange change, Call<T> call) throws IOException {
    Optional<Path> kept = keep(change);
    T result = call.run();
    append(new Named(System.nanoTime(), change, keyOf(change.to()), kept));
    return result;
  }

  /** The identity of a file; empty if there is none of this name. */
  static String keyOf(Path path) throws IOException {
    try {
      return String.valueOf(Files.getAttribute(path, "fileKey"));
    } catch (NoSuchFileException _) {
      return "";
    }
  }

  /** Creates another name for a file that is about to lose its name. */
  private Optional<Path> keep(NameChange change) {
    if (change.kind() == NameChange.Kind.MADE || !Files.isRegularFile(change.to())) {
      return Optional.empty();
    }
    try {
      Path kept = directory.resolve("kept-" + process + "-" + ++keptNames);
      Files.createLink(kept, change.to());
      return Optional.of(kept);
    } catch (IOException | UnsupportedOperationException _) {
      return Optional
          .empty(); // Another file system, or another process was faster: this change is never
      // undone.
    }
  }

  /** Forces the names of a directory. */
  void forceNames(FileChannel below, Path forced) throws IOException {
    long beginNs = System.nanoTime();
    below.force(true);
    synchronized (this) {
      namesForced.put(forced, beginNs);
      append(new NamesForced(beginNs, forced));
      settle(forced.toString(), record -> record instanceof Named named && named.atNs() <= beginNs);
    }
  }

  // ---- the file

  private void append(UndoRecord record) throws IOException {
    byte[] bytes = record.encode();
    long at = journal.length();
    ByteBuffer line = ByteBuffer.allocate(Integer.BYTES + bytes.length);
    line.putInt(bytes.length).put(bytes);
    journal.seek(at);
    journal.write(line.array());
    if (!(record instanceof Forced || record instanceof NamesForced)) {
      pending
          .computeIfAbsent(settledBy(record), _ -> new ArrayList<>())
          .add(new Pending(light(record), at, line.capacity()));
    }
  }

  /** The record without its large fields. */
  private static UndoRecord light(UndoRecord record) {
    return switch (record) {
      case Written w ->
          new Written(
              w.atNs(), w.serial(), w.path(), w.file(), 0, 0, 0, new long[0], 0, new byte[0]);
      case Truncated t ->
          new Truncated(t.atNs(), t.serial(), t.path(), t.file(), t.size(), new byte[0]);
      default -> record;
    };
  }

  private static String settledBy(UndoRecord record) {
    return switch (record) {
      case Written w -> w.file();
      case Truncated t -> t.file();
      case Named n -> n.change().directory().toString();
      default -> ""; // nothing settles it
    };
  }

  private static long serialOf(UndoRecord record) {
    return switch (record) {
      case Written w -> w.serial();
      case Truncated t -> t.serial();
      default -> Long.MAX_VALUE;
    };
  }

  /** Removes pending records that have become stable. */
  private void settle(String by, Predicate<UndoRecord> stable) throws IOException {
    List<Pending> candidates = pending.getOrDefault(by, new ArrayList<>());
    for (Iterator<Pending> all = candidates.iterator(); all.hasNext(); ) {
      UndoRecord record = all.next().record();
      if (stable.test(record)) {
        all.remove();
        if (record instanceof Named named) {
          settle(named);
        }
      }
    }
    if (candidates.isEmpty()) {
      pending.remove(by);
    }
    gone.forEach(pending::remove);
    gone.clear();
    if (pending.isEmpty()) {
      journal.setLength(0);
      appendForcedNames();
    } else if (journal.length() > longest) {
      compact();
    }
  }

  /**
   * A change of names is stable; if it removed a directory, changes in that directory are settled,
   * too.
   */
  private void settle(Named named) throws IOException {
    if (named.kept().isPresent()) {
      Files.deleteIfExists(named.kept().get());
    }
    if (named.change().kind() == NameChange.Kind.REMOVED) {
      for (Pending inside : pending.getOrDefault(named.change().from().toString(), List.of())) {
        if (inside.record() instanceof Named lost && lost.kept().isPresent()) {
          Files.deleteIfExists(lost.kept().get());
        }
      }
      gone.add(named.change().from().toString());
    }
  }

  private void appendForcedNames() throws IOException {
    for (Map.Entry<Path, Long> forced : namesForced.entrySet()) {
      append(new NamesForced(forced.getValue(), forced.getKey()));
    }
  }

  private void compact() throws IOException {
    Path draft = path.resolveSibling(path.getFileName() + ".draft");
    List<Pending> old = new ArrayList<>();
    pending.values().forEach(old::addAll);
    old.sort(Comparator.comparingLong(Pending::at));
    pending.clear();
    try (RandomAccessFile to = new RandomAccessFile(draft.toFile(), "rw")) {
      to.setLength(0);
      for (Pending one : old) {
        byte[] line = new byte[one.length()];
        journal.seek(one.at());
        journal.readFully(line);
        pending
            .computeIfAbsent(settledBy(one.record()), _ -> new ArrayList<>())
            .add(new Pending(one.record(), to.getFilePointer(), one.length()));
        to.write(line);
      }
    }
    journal.close();
    Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
    journal = new RandomAccessFile(path.toFile(), "rw");
    appendForcedNames();
  }

  /** Reads the journal of an ended process. */
  static List<UndoRecord> records(Path journal) throws IOException {
    List<UndoRecord> records = new ArrayList<>();
    read(journal, records::add);
    return records;
  }

  /** Reads the journal of an ended process, record by record. */
  static void read(Path journal, Consumer<UndoRecord> records) throws IOException {
    if (!Files.exists(journal)) {
      return;
    }
    long left = Files.size(journal);
    try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(journal)))) {
      while (left >= Integer.BYTES) {
        int length = in.readInt();
        left -= Integer.BYTES;
        if (length < 0 || length > READ_LIMIT || length > left) {
          break; // incomplete: the write that it describes was not done
        }
        records.accept(UndoRecord.decode(in.readNBytes(length)));
        left -= length;
      }
    }
  }

  @Override
  public synchronized void close() throws IOException {
    journal.close();
    stamps.close();
  }
}
