// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The open files, by key. Their number is bounded: if there are too many, the least recently used
 * one is forced and closed. Thread-safe. Opening, forcing and closing block, but without a lock
 * that uses of other files need.
 *
 * @param <K> the key
 */
final class OpenFiles<K> {
  /*
   * A file in use is never closed: uses are counted, and only a file without uses is chosen. A
   * chosen file leaves the map at once, so that no use can begin, and stays in "leaving" until it
   * is forced: force() has to wait for it, because its writes were complete before. A thread that
   * needs the file meanwhile opens it again.
   */

  /** Message of the system if the process has no descriptors left. */
  private static final String TOO_MANY = "Too many open files";

  private final int most;
  private final Map<K, Entry> open = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<Entry> leaving = new HashSet<>();

  /** Keeps at most {@code most} unused files open. */
  OpenFiles(int most) {
    this.most = most;
  }

  /** A file and its number of uses. */
  private static final class Entry {
    private final BlockFile file;
    private int uses;

    Entry(BlockFile file) {
      this.file = file;
    }
  }

  /** Opens a file. */
  interface Opener<K> {
    BlockFile open(K key) throws IOException;
  }

  /** An operation on a file. */
  interface Use {
    void with(BlockFile file) throws IOException;
  }

  /** Runs an operation if the file is open; returns whether it is. */
  boolean use(K key, Use use) throws IOException {
    Optional<Entry> entry = begin(key);
    if (entry.isPresent()) {
      run(entry.get(), use);
    }
    return entry.isPresent();
  }

  /** Opens a file and runs an operation. */
  void open(K key, Opener<K> opener, Use use) throws IOException {
    makeRoom(most - 1);
    run(add(key, openNow(key, opener)), use);
  }

  private void run(Entry entry, Use use) throws IOException {
    try {
      use.with(entry.file);
    } finally {
      end(entry);
    }
  }

  private synchronized Optional<Entry> begin(K key) {
    Entry entry = open.get(key);
    if (entry == null) {
      return Optional.empty();
    }
    entry.uses++;
    return Optional.of(entry);
  }

  private synchronized void end(Entry entry) {
    entry.uses--;
  }

  /** Adds a file to the map and counts a use; another thread may have added it before. */
  private Entry add(K key, BlockFile file) throws IOException {
    Entry entry = new Entry(file);
    Entry faster;
    synchronized (this) {
      faster = open.putIfAbsent(key, entry);
      Entry used = faster == null ? entry : faster;
      used.uses++;
    }
    if (faster != null) {
      file.close(); // nothing has been written through it
      return faster;
    }
    return entry;
  }

  /**
   * Opens a file. If the process has no descriptors left, closes other files, and keeps fewer open
   * from then on.
   */
  private BlockFile openNow(K key, Opener<K> opener) throws IOException {
    while (true) {
      try {
        return opener.open(key);
      } catch (FileSystemException e) {
        boolean tooMany = String.valueOf(e.getReason()).contains(TOO_MANY);
        if (!tooMany || !makeRoom(count() - 1)) {
          throw e;
        }
      }
    }
  }

  synchronized int count() {
    return open.size();
  }

  /** Closes files until at most {@code keep} are open; returns whether it has closed any. */
  private boolean makeRoom(int keep) throws IOException {
    boolean any = false;
    for (Optional<Entry> idle = choose(keep); idle.isPresent(); idle = choose(keep)) {
      retire(idle.get());
      any = true;
    }
    return any;
  }

  private synchronized Optional<Entry> choose(int keep) {
    if (open.size() > keep) {
      for (Iterator<Entry> all = open.values().iterator(); all.hasNext(); ) {
        Entry entry = all.next();
        if (entry.uses == 0) {
          all.remove();
          leaving.add(entry);
          return Optional.of(entry);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Forces and closes a file. A file that cannot be forced stays, so that the next force fails,
   * too.
   */
  private void retire(Entry entry) throws IOException {
    entry.file.force(); // a concurrent force then finds nothing to do, and there are no writers
    synchronized (this) {
      leaving.remove(entry);
    }
    entry.file.close();
  }

  /** Makes completed writes of all files durable. */
  void force() throws IOException {
    for (Entry entry : all()) {
      entry.file.force();
    }
  }

  private synchronized List<Entry> all() {
    List<Entry> all = new ArrayList<>(open.values());
    all.addAll(leaving);
    return all;
  }

  /** Closes all files, forced or not; there must be no uses any more. */
  void close() throws IOException {
    List<Entry> all = all();
    synchronized (this) {
      open.clear();
      leaving.clear();
    }
    for (Entry entry : all) {
      entry.file.close();
    }
  }
}
