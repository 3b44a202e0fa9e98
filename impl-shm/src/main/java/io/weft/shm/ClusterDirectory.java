// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * The directory of the cluster in shared memory, through which its nodes on this host find each
 * other. Only the user that runs the nodes has access. Thread-safe.
 *
 * <p>An incarnation of a node lives while its lock file is locked; the operating system gives the
 * lock back however the process ends. Whoever finds files of an incarnation that lives no more
 * deletes them, and the last node deletes the directory.
 */
final class ClusterDirectory {
  /** What the file system has room for, in bytes; tests replace it. */
  @FunctionalInterface
  interface Space {
    /** Bytes that can still be written below a directory. */
    long usableAt(Path directory) throws IOException;
  }

  private static final Set<PosixFilePermission> OWNER_ONLY_DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> OWNER_ONLY_FILE =
      PosixFilePermissions.fromString("rw-------");
  private static final int CHUNK_BYTES = 256 << 10;
  private static final int ATTEMPTS = 100;

  /** Time between two attempts to become alive: 1 ms. */
  private static final long ATTEMPT_NS = 1_000_000;

  /**
   * Lock files of nodes in this process. The operating system gives up all locks of a process on a
   * file when the process closes the file once, so it must not be opened again to look. Whoever
   * looks, or adds a file, holds the monitor of the set meanwhile.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path root;
  private final Space space;

  private ClusterDirectory(Path root, Space space) {
    this.root = root;
    this.space = space;
  }

  /** The directory of a cluster below {@code parent}; it is made when the first file is. */
  static ClusterDirectory of(String parent, String cluster, Space space) {
    return new ClusterDirectory(
        Path.of(parent).toAbsolutePath().normalize().resolve(FileName.cluster(cluster)), space);
  }

  /** The room of the real file system. */
  static long usable(Path directory) throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  @Override
  public String toString() {
    return root.toString();
  }

  Path resolve(String name) {
    return root.resolve(name);
  }

  // ---- lives

  /**
   * Locks the lock file of an incarnation until the channel is closed by {@link #die}.
   *
   * @throws WeftException if the directory is not this user's, cannot be used, or the incarnation
   *     lives
   */
  FileChannel live(String incarnation) {
    Path lock = root.resolve(FileName.lock(incarnation));
    synchronized (HELD) {
      if (!HELD.add(lock)) {
        throw taken(incarnation);
      }
    }
    try {
      for (int i = 0; i < ATTEMPTS; i++) {
        Optional<FileChannel> locked = tryLive(lock);
        if (locked.isPresent()) {
          return locked.get();
        }
        LockSupport.parkNanos(ATTEMPT_NS);
      }
      throw taken(incarnation);
    } catch (IOException e) {
      HELD.remove(lock);
      throw unusable(e);
    } catch (WeftException e) {
      HELD.remove(lock);
      throw e;
    }
  }

  /** Empty if another process looks at the lock now, or has deleted file or directory meanwhile. */
  private Optional<FileChannel> tryLive(Path lock) throws IOException {
    makeRoot();
    FileChannel channel;
    try {
      channel =
          FileChannel.open(
              lock,
              Set.of(
                  StandardOpenOption.CREATE,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS), // the directory may be another user's
              PosixFilePermissions.asFileAttribute(OWNER_ONLY_FILE));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
    try {
      if (channel.tryLock() != null && Files.exists(lock)) {
        checkOwner(lock);
        return Optional.of(channel);
      }
    } catch (OverlappingFileLockException _) {
      // another thread of this process looks at it now
    } catch (IOException | WeftException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return Optional.empty();
  }

  private void makeRoot() throws IOException {
    if (!Files.isDirectory(root.getParent())) {
      throw new WeftException(
          TransportErrors.SHARED_MEMORY_REFUSED,
          "weft.transport.shm.directory = "
              + root.getParent()
              + " is no directory; name one on a file system in memory, as /dev/shm");
    }
    try {
      Files.createDirectory(root, PosixFilePermissions.asFileAttribute(OWNER_ONLY_DIRECTORY));
    } catch (FileAlreadyExistsException _) {
      if (!Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
        throw new WeftException(
            TransportErrors.SHARED_MEMORY_REFUSED,
            root + " is no directory; delete it, or set weft.transport.shm.directory");
      }
    }
  }

  /** Refuses a directory of another user, who could read and change every message. */
  private void checkOwner(Path own) throws IOException {
    String me = Files.getOwner(own).getName();
    String owner = Files.getOwner(root, LinkOption.NOFOLLOW_LINKS).getName();
    boolean open =
        !OWNER_ONLY_DIRECTORY.containsAll(
            Files.getPosixFilePermissions(root, LinkOption.NOFOLLOW_LINKS));
    if (!owner.equals(me) || open) {
      Files.deleteIfExists(own);
      throw new WeftException(
          TransportErrors.SHARED_MEMORY_REFUSED,
          root
              + (owner.equals(me) ? " is open to other users" : " belongs to user " + owner)
              + ", but this node runs as "
              + me
              + ", and only that user may have access; delete it, or set"
              + " weft.transport.shm.directory");
    }
  }

  private WeftException taken(String incarnation) {
    return new WeftException(
        TransportErrors.PORT_IN_USE,
        incarnation + " in " + root + " is in use; another process runs this node");
  }

  private WeftException unusable(IOException e) {
    return new WeftException(
        TransportErrors.SHARED_MEMORY_REFUSED,
        root + " cannot be used: " + e + "; set weft.transport.shm.directory",
        e);
  }

  /** Deletes all files of an incarnation of this process, and gives up its lock. */
  void die(String incarnation, FileChannel lock) {
    try {
      try {
        delete(incarnation, files());
      } finally {
        lock.close();
        HELD.remove(root.resolve(FileName.lock(incarnation)));
      }
      sweep();
      deleteIfEmpty();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private void deleteIfEmpty() throws IOException {
    try {
      Files.deleteIfExists(root);
    } catch (DirectoryNotEmptyException _) {
      // others go on
    }
  }

  /** Whether an incarnation lives. If that cannot be found out now, it does. */
  boolean isAlive(String incarnation) {
    Path lock = root.resolve(FileName.lock(incarnation));
    synchronized (HELD) {
      if (HELD.contains(lock)) {
        return true;
      }
      try (LifeLine line = lifeLine(incarnation)) {
        return line.isAlive();
      } catch (NoSuchFileException _) {
        return false;
      } catch (IOException e) {
        throw unusable(e);
      }
    }
  }

  /** A way to ask quickly and often whether an incarnation lives. */
  LifeLine lifeLine(String incarnation) throws IOException {
    Path lock = root.resolve(FileName.lock(incarnation));
    return HELD.contains(lock)
        ? new LifeLine(lock, Optional.empty())
        : new LifeLine(lock, Optional.of(FileChannel.open(lock, StandardOpenOption.READ)));
  }

  /** Asks whether an incarnation lives; of this process, or by its lock. One thread at a time. */
  static final class LifeLine implements AutoCloseable {
    private final Path path;
    private final Optional<FileChannel> lock;

    private LifeLine(Path path, Optional<FileChannel> lock) {
      this.path = path;
      this.lock = lock;
    }

    /** Whether it lives. */
    boolean isAlive() throws IOException {
      if (lock.isEmpty()) {
        return HELD.contains(path);
      }
      try (FileLock shared = lock.get().tryLock(0, Long.MAX_VALUE, true)) {
        return shared == null;
      } catch (OverlappingFileLockException _) {
        return true; // another thread is asking
      }
    }

    @Override
    public void close() throws IOException {
      if (lock.isPresent()) {
        lock.get().close();
      }
    }
  }

  // ---- files

  /** The newest living incarnation of a node that can be called. */
  Optional<String> find(Member member) throws IOException {
    return living(member).stream().findFirst();
  }

  /** The living incarnations of a node, newest first; deletes what is left of others. */
  List<String> living(Member member) throws IOException {
    String prefix = FileName.prefix(member);
    List<FileName> nodes = new ArrayList<>();
    for (FileName name : names()) {
      if (name.kind() == FileName.Kind.NODE && name.owner().startsWith(prefix)) {
        nodes.add(name);
      }
    }
    nodes.sort(
        Comparator.comparingLong((FileName n) -> FileName.incarnationOf(n.owner())).reversed());
    List<String> living = new ArrayList<>();
    for (FileName name : nodes) {
      if (isAlive(name.owner())) {
        living.add(name.owner());
      } else {
        deleteUnlessAlive(name.owner(), files());
      }
    }
    return living;
  }

  /** The calls of an incarnation that wait, oldest names first. */
  List<Path> calls(String called) throws IOException {
    List<Path> calls = new ArrayList<>();
    files()
        .forEach(
            (path, name) -> {
              if (name.kind() == FileName.Kind.CALL
                  && name.called().filter(called::equals).isPresent()) {
                calls.add(path);
              }
            });
    calls.sort(null);
    return calls;
  }

  /** Deletes the files of all incarnations that live no more. */
  void sweep() throws IOException {
    Map<Path, FileName> files = files();
    for (String owner : files.values().stream().map(FileName::owner).distinct().toList()) {
      deleteUnlessAlive(owner, files);
    }
  }

  /**
   * Deletes the files of an incarnation with its lock held. So none that is about to live loses its
   * lock file: it waits for the lock, and then sees that the file has gone.
   */
  private void deleteUnlessAlive(String owner, Map<Path, FileName> files) throws IOException {
    Path path = root.resolve(FileName.lock(owner));
    synchronized (HELD) {
      if (HELD.contains(path)) {
        return;
      }
      try (FileChannel lock =
          FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        if (lock.tryLock() != null) { // otherwise it lives, or another process looks
          delete(owner, files);
        }
      } catch (NoSuchFileException _) {
        delete(owner, files);
      } catch (OverlappingFileLockException _) {
        // another thread is asking
      }
    }
  }

  /** Deletes the files of an incarnation, its lock last. */
  void delete(String owner) throws IOException {
    delete(owner, files());
  }

  private static void delete(String owner, Map<Path, FileName> files) throws IOException {
    List<Path> locks = new ArrayList<>();
    for (Map.Entry<Path, FileName> file : files.entrySet()) {
      if (file.getValue().owner().equals(owner)) {
        if (file.getValue().kind() == FileName.Kind.LOCK) {
          locks.add(file.getKey());
        } else {
          Files.deleteIfExists(file.getKey());
        }
      }
    }
    for (Path lock : locks) {
      Files.deleteIfExists(lock);
    }
  }

  private List<FileName> names() throws IOException {
    return List.copyOf(files().values());
  }

  private Map<Path, FileName> files() throws IOException {
    Map<Path, FileName> files = new HashMap<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(root)) {
      for (Path path : all) {
        FileName.parse(path.getFileName().toString()).ifPresent(name -> files.put(path, name));
      }
    } catch (NoSuchFileException _) {
      return Map.of();
    } catch (UncheckedIOException | java.nio.file.DirectoryIteratorException e) {
      throw new IOException("cannot list " + root, e);
    }
    return files;
  }

  // ---- room

  /**
   * Checks that there is room before anything is written.
   *
   * @param bytes what is needed
   * @param purpose what for, as text for an operator
   * @throws WeftException {@link TransportErrors#SHARED_MEMORY_FULL}
   */
  void checkRoom(long bytes, String purpose) throws IOException {
    Path existing = Files.isDirectory(root) ? root : root.getParent();
    long usable = space.usableAt(existing);
    if (usable < bytes) {
      throw full(bytes, usable, purpose);
    }
  }

  private WeftException full(long bytes, long usable, String purpose) {
    return new WeftException(
        TransportErrors.SHARED_MEMORY_FULL,
        root.getParent()
            + " has "
            + kib(usable)
            + " KiB left, but "
            + purpose
            + " needs "
            + kib(bytes)
            + " KiB; enlarge it, lower weft.transport.shm.ring-size, or use the transport tcp");
  }

  private static long kib(long bytes) {
    return (bytes + 1_023) >> 10;
  }

  /**
   * Makes a file of zeroes whose memory is allocated, so that no later access can fail, and that no
   * other process sees before {@link #show}.
   *
   * @return the file, open for reading and writing
   */
  FileChannel make(String name, long bytes, String purpose) throws IOException {
    checkRoom(bytes, purpose);
    Path path = root.resolve(name + FileName.NEW);
    FileChannel channel =
        FileChannel.open(
            path,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER_ONLY_FILE));
    try {
      ByteBuffer zeroes = ByteBuffer.allocateDirect((int) Math.min(bytes, CHUNK_BYTES));
      for (long at = 0; at < bytes; at += zeroes.capacity()) {
        zeroes.clear().limit((int) Math.min(zeroes.capacity(), bytes - at));
        while (zeroes.hasRemaining()) {
          channel.write(zeroes, at + zeroes.position());
        }
      }
      return channel;
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(path);
      WeftException full = full(bytes, space.usableAt(root), purpose);
      full.initCause(e);
      throw full;
    }
  }

  /** Shows a file that {@link #make} has made to other processes. */
  void show(String name) throws IOException {
    Files.move(root.resolve(name + FileName.NEW), root.resolve(name));
  }

  /** Deletes a file, shown or not, if it is still there. */
  void remove(String name) throws IOException {
    Files.deleteIfExists(root.resolve(name));
    Files.deleteIfExists(root.resolve(name + FileName.NEW));
  }
}
