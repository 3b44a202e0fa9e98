// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import io.weft.plugin.faults.LayeredFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A file system over a directory of the real one that writes down what is done to it, and can be
 * full, broken, or slow to take all bytes of a write. For tests of plugins that keep files: a
 * plugin works on {@link #root()} as on any path. Thread-safe.
 *
 * <p>What is written down, one line each, paths relative to the root, the root itself as {@code .}:
 *
 * <pre>
 *   create PATH        a file that was not there has been made by opening it
 *   write PATH         bytes were handed over (once for a run of writes of the same file)
 *   truncate PATH
 *   force PATH         the bytes of a file, or the names of a directory, were forced
 *   mkdir PATH
 *   move FROM TO
 *   link FROM TO       TO is the new name
 *   delete PATH
 * </pre>
 *
 * <p>Space is counted in bytes by which files grow. Overwriting needs none, as on file systems that
 * write in place.
 */
public final class WatchedFiles {
  private static final String FULL = "No space left on device";
  private static final String BROKEN = "Input/output error";

  private final Path directory;
  private final Layer layer;
  private final List<String> operations = new ArrayList<>();
  private final Set<FileChannel> open = new HashSet<>();
  private Optional<Long> space = Optional.empty();
  private int longestWrite = Integer.MAX_VALUE;
  private Predicate<String> broken = _ -> false;
  private Predicate<String> blind = _ -> false;
  private Runnable beforeOperation = () -> {};

  /** Watches what happens below a directory. */
  public WatchedFiles(Path directory) {
    this.directory = directory;
    this.layer = new Layer(directory);
  }

  /** The directory, watched. */
  public Path root() {
    return layer.wrap(directory);
  }

  // ---- what has happened

  /** What has been done so far, in order. */
  public synchronized List<String> operations() {
    return List.copyOf(operations);
  }

  /** Forgets what has been done so far. */
  public synchronized void forget() {
    operations.clear();
  }

  /** Files and directories that are open. */
  public synchronized int openChannels() {
    return open.size();
  }

  // ---- what goes wrong

  /** From now on files may grow by so many bytes together. */
  public synchronized void limitSpace(long bytes) {
    space = Optional.of(bytes);
  }

  /** Files may grow without limit again. */
  public synchronized void unlimitSpace() {
    space = Optional.empty();
  }

  /** Bytes by which files may still grow. */
  public synchronized long spaceLeft() {
    return space.orElse(Long.MAX_VALUE);
  }

  /** From now on a write takes no more than so many bytes at a time. */
  public synchronized void takeAtMost(int bytes) {
    longestWrite = bytes;
  }

  /** From now on operations fail whose line, as in {@link #operations}, is one of these. */
  public synchronized void breakWhere(Predicate<String> operation) {
    broken = operation;
  }

  /**
   * From now on looks fail that are one of these: {@code look PATH} at whether a file is there, and
   * {@code list PATH} at an entry of a directory. They are not written down.
   */
  public synchronized void breakLooksWhere(Predicate<String> look) {
    blind = look;
  }

  /** Runs before each operation, on its thread: for what others do at that moment. */
  public synchronized void before(Runnable action) {
    beforeOperation = action;
  }

  // ---- for the channels

  /** Writes an operation down before it is done; fails if it is to fail. */
  void record(String operation) throws IOException {
    Runnable action;
    synchronized (this) {
      action = beforeOperation;
    }
    action.run();
    synchronized (this) {
      if (broken.test(operation)) {
        throw new IOException(BROKEN);
      }
      boolean again = operation.startsWith("write ") && !operations.isEmpty();
      if (!again || !operations.getLast().equals(operation)) {
        operations.add(operation);
      }
    }
  }

  /** Fails if a look is to fail. */
  synchronized void look(String look) throws IOException {
    if (blind.test(look)) {
      throw new IOException(BROKEN);
    }
  }

  synchronized void opened(FileChannel channel) {
    open.add(channel);
  }

  synchronized void closed(FileChannel channel) {
    open.remove(channel);
  }

  /** How many of so many bytes a write takes, at a place of a file of a size. */
  synchronized int taken(int bytes, long at, long size) throws IOException {
    int taken = Math.min(bytes, longestWrite);
    long growth = Math.clamp(at + taken - size, 0, taken);
    if (space.isPresent() && growth > space.get()) {
      taken -= (int) (growth - space.get());
      growth = space.get();
      if (taken == 0) {
        throw new IOException(FULL);
      }
    }
    long grown = growth;
    space = space.map(left -> left - grown);
    return taken;
  }

  synchronized void freed(long bytes) {
    space = space.map(left -> left + bytes);
  }

  /** Gives back the space of a file that is about to lose its last name. */
  private void freeBefore(Path deleted) throws IOException {
    try {
      if (Files.isRegularFile(deleted, LinkOption.NOFOLLOW_LINKS)
          && (int) Files.getAttribute(deleted, "unix:nlink") == 1) {
        freed(Files.size(deleted));
      }
    } catch (NoSuchFileException _) {
      // The deletion will say so.
    }
  }

  /** A path as in the lines. */
  private String name(Path path) {
    Path real = LayeredFiles.unwrap(path).toAbsolutePath();
    if (!real.startsWith(directory)) {
      return real.toString();
    }
    String name = directory.relativize(real).toString();
    return name.isEmpty() ? "." : name;
  }

  /** Writes down what is done to files and names. */
  private final class Layer extends LayeredFiles {
    Layer(Path directory) {
      super(directory.getFileSystem());
    }

    @Override
    protected FileChannel open(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      boolean made =
          !Files.exists(path)
              && (options.contains(StandardOpenOption.CREATE)
                  || options.contains(StandardOpenOption.CREATE_NEW));
      if (made) {
        record("create " + name(path));
      }
      if (options.contains(StandardOpenOption.TRUNCATE_EXISTING) && Files.exists(path)) {
        record("truncate " + name(path));
        freed(Files.size(path));
      }
      return new WatchedChannel(
          WatchedFiles.this, name(path), super.open(path, options, attributes));
    }

    @Override
    protected void makeDirectory(Path made, FileAttribute<?>... attributes) throws IOException {
      if (!Files.exists(made)) {
        record("mkdir " + name(made));
      }
      super.makeDirectory(made, attributes);
    }

    @Override
    protected void link(Path link, Path existing) throws IOException {
      record("link " + name(existing) + " " + name(link));
      super.link(link, existing);
    }

    @Override
    protected void remove(Path path) throws IOException {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        record("delete " + name(path));
      }
      freeBefore(path);
      super.remove(path);
    }

    @Override
    protected void rename(Path source, Path target, CopyOption... options) throws IOException {
      record("move " + name(source) + " " + name(target));
      super.rename(source, target, options);
    }

    @Override
    protected void look(Path path) throws IOException {
      WatchedFiles.this.look("look " + name(path));
    }

    @Override
    protected void list(Path path) throws IOException {
      WatchedFiles.this.look("list " + name(path));
    }
  }
}
