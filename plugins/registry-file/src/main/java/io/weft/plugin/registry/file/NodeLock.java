// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.storage.IdentityFile;
import io.weft.spi.storage.StableFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * The lock of a node's id: an exclusive lock on {@code node-<id>.lock}. The operating system
 * releases it when the process ends, in whatever way; a paused process keeps it. The file describes
 * its holder ({@link LockHolder}).
 */
final class NodeLock implements AutoCloseable {
  private static final Logger LOG = System.getLogger("io.weft.registry");

  /*
   * POSIX locks belong to the process, and closing ANY channel of the file releases them. So a
   * process must not open a file again that it has locked; HELD is checked before a file is opened.
   * Two copies of this class, in two module layers, do not see each other's HELD. Then the JDK,
   * whose table of locks is global in the JVM, reports an overlap, and the channel, which must not
   * be closed, is kept in UNCLOSABLE and reused.
   */
  private static final Map<Path, NodeLock> HELD = new HashMap<>();
  private static final Map<Path, FileChannel> UNCLOSABLE = new HashMap<>();

  /** Attempts to lock: another process that examines the lock holds it for a moment. */
  private static final int ATTEMPTS = 20;

  /** Pause between two attempts: 5 ms. */
  private static final long PAUSE_NS = 5_000_000;

  /*
   * A lock file is created in two cases. A starting node creates it if it is missing. The process
   * that holds the lock creates it again if it has been removed: under another name first, which it
   * locks and then links, so that no process ever sees it free. No other process may create it: the
   * new file would be free, and would seem to prove the end of a process that may still run and
   * hold the lock of the removed file. So a missing file proves nothing. It is restored if its node
   * runs, or starts.
   */

  private final NodeId node;
  private final Path path;
  private final boolean killable;
  private final long incarnation;

  // Guarded by HELD. A lock is released at the end only, even if its file has lost its name: the
  // path may lead elsewhere now, and other nodes may still see that file, which must not be free.
  private FileChannel channel;
  private final List<FileChannel> locked = new ArrayList<>();
  private final Set<Optional<Object>> keys = new HashSet<>();
  private Optional<UUID> identity = Optional.empty();
  private boolean toldOfTrouble;

  private NodeLock(
      NodeId node,
      Path path,
      boolean killable,
      long incarnation,
      FileChannel channel,
      Optional<Object> key) {
    this.node = node;
    this.path = path;
    this.killable = killable;
    this.incarnation = incarnation;
    this.channel = channel;
    locked.add(channel);
    keys.add(key);
  }

  private static Path path(Path directory, int node) throws IOException {
    return directory.toRealPath().resolve("node-" + node + ".lock");
  }

  // ---- the own lock

  /**
   * Takes the lock for an incarnation of a node.
   *
   * @param killable whether the nodes of this machine may kill this process
   * @throws WeftException {@link MembershipErrors#DUPLICATE_NODE} if it is held, {@link
   *     MembershipErrors#OLD_INCARNATION} if this incarnation or a later one has held it
   */
  static NodeLock acquire(Path directory, NodeId node, boolean killable, long incarnation) {
    for (int attempt = 1; ; attempt++) {
      try {
        return tryAcquire(directory, node, killable, incarnation);
      } catch (WeftException e) {
        if (!e.code().equals(MembershipErrors.DUPLICATE_NODE) || attempt == ATTEMPTS) {
          throw e;
        }
        LockSupport.parkNanos(PAUSE_NS);
      }
    }
  }

  private static NodeLock tryAcquire(
      Path directory, NodeId node, boolean killable, long incarnation) {
    synchronized (HELD) {
      try {
        Path path = path(directory, node.value());
        if (HELD.containsKey(path)) {
          throw duplicate(node, path, "this process");
        }
        NodeLock lock = lock(node, path, killable, incarnation);
        HELD.put(path, lock);
        return lock;
      } catch (IOException e) {
        throw Unavailable.because("lock " + node + " in", directory, e);
      }
    }
  }

  private static NodeLock lock(NodeId node, Path path, boolean killable, long incarnation)
      throws IOException {
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        String holder =
            read(channel).map(h -> "process " + h.pid() + " on " + h.host()).orElse("a process");
        channel.close();
        throw duplicate(node, path, holder);
      }
    } catch (OverlappingFileLockException _) {
      UNCLOSABLE.putIfAbsent(path, channel);
      throw duplicate(node, path, "this process");
    }
    long last = read(channel).map(LockHolder::incarnation).orElse(0L);
    if (last >= incarnation) {
      channel.close();
      throw old(node, path, incarnation, last);
    }
    write(channel, LockHolder.self(killable, incarnation).encode());
    return new NodeLock(node, path, killable, incarnation, channel, key(path));
  }

  private static void write(FileChannel channel, ByteBuffer holder) throws IOException {
    try {
      while (holder.hasRemaining()) {
        channel.write(holder, holder.position());
      }
      channel.force(true);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static Optional<LockHolder> read(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(LockHolder.BYTES);
    channel.read(bytes, 0);
    return LockHolder.decode(bytes.flip());
  }

  private static WeftException duplicate(NodeId node, Path path, String holder) {
    return new WeftException(
        MembershipErrors.DUPLICATE_NODE,
        node
            + " is already running in this cluster: "
            + holder
            + " holds "
            + path
            + "; stop it, or give this node another weft.node-id");
  }

  private static WeftException old(NodeId node, Path path, long incarnation, long last) {
    return new WeftException(
        MembershipErrors.OLD_INCARNATION,
        "this start of "
            + node
            + " has incarnation "
            + incarnation
            + ", but "
            + path
            + " knows one with "
            + last
            + ": another start of the node was in progress; start it again");
  }

  /** Records an incarnation that the file has lost, for later starts. */
  void record(long incarnation) {
    try {
      boolean killable = read(channel).map(LockHolder::killable).orElse(false);
      channel.write(LockHolder.self(killable, incarnation).encode(), 0);
      channel.force(true);
    } catch (IOException e) {
      throw Unavailable.because("write", path, e);
    }
  }

  /**
   * Makes sure that the file exists under its name, because the lock belongs to the file and not to
   * the name. Logs an error if that is not possible; the lock is held nevertheless.
   *
   * @throws WeftException {@link MembershipErrors#DUPLICATE_NODE} if another start has created one
   */
  void keep() throws IOException {
    synchronized (HELD) {
      if (!isThere(path)) {
        tryMakeAgain();
      } else if (!keys.contains(key(path))) {
        throw replaced();
      } else if (identity.isEmpty()) {
        identity = IdentityFile.read(path.getParent());
      }
    }
  }

  private void tryMakeAgain() {
    try {
      Optional<UUID> here = IdentityFile.read(path.getParent());
      if (identity.isPresent() && !here.equals(identity)) {
        throw new IOException(
            path.getParent()
                + here.map(id -> " belongs to storage " + id).orElse(" belongs to no storage")
                + ", and the lock is one of storage "
                + identity.get()
                + ": is the shared file system mounted there?");
      }
      makeAgain();
      toldOfTrouble = false;
    } catch (IOException e) {
      if (!toldOfTrouble) {
        toldOfTrouble = true;
        LOG.log(
            Level.WARNING,
            () ->
                node
                    + ": its lock file "
                    + path
                    + " is missing and cannot be created again; the lock is held nevertheless: "
                    + e);
      }
    }
  }

  private void makeAgain() throws IOException {
    Path draft = path.resolveSibling(path.getFileName() + ".draft");
    Files.deleteIfExists(draft);
    FileChannel made =
        FileChannel.open(
            draft,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      if (made.tryLock() == null) {
        throw new IOException(draft + " is locked by another process");
      }
      write(made, LockHolder.self(killable, incarnation).encode());
      link(draft);
      channel = made;
      locked.add(made);
      keys.add(key(path));
      Files.delete(draft);
      StableFile.force(path.getParent());
    } finally {
      if (channel != made) {
        made.close();
      }
    }
    LOG.log(
        Level.WARNING,
        () -> node + ": its lock file " + path + " was missing, and has been created again");
  }

  /**
   * Creates the link. A network file system may repeat the request and then report that the link
   * exists.
   */
  private void link(Path draft) throws IOException {
    try {
      Files.createLink(path, draft);
    } catch (FileAlreadyExistsException _) {
      Optional<Object> made = key(draft);
      if (made.isEmpty() || !key(path).equals(made)) {
        throw replaced();
      }
    }
  }

  private WeftException replaced() {
    return new WeftException(
        MembershipErrors.DUPLICATE_NODE,
        path
            + " is not the file any more that this process has locked: it was removed, and another"
            + " start of "
            + node
            + " has created it again; only one process may run under a node id");
  }

  private static boolean isThere(Path file) throws IOException {
    return file.getFileSystem().provider().readAttributesIfExists(file, BasicFileAttributes.class)
        != null;
  }

  /** The identity of a file independent of its name; empty where the system has none. */
  private static Optional<Object> key(Path file) throws IOException {
    return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
  }

  @Override
  public void close() {
    synchronized (HELD) {
      try {
        for (FileChannel held : locked) {
          held.close();
        }
      } catch (IOException e) {
        throw Unavailable.because("release", path, e);
      } finally {
        HELD.remove(path);
      }
    }
  }

  // ---- locks of other nodes

  /** The state of another node's lock. */
  record Look(boolean free, Optional<LockHolder> holder) {}

  /** Examines a node's lock; empty if the node has no lock file. */
  static Optional<Look> look(Path directory, int node) throws IOException {
    synchronized (HELD) {
      Path path = path(directory, node);
      NodeLock own = HELD.get(path);
      if (own != null) {
        return Optional.of(new Look(false, read(own.channel)));
      }
      try {
        FileChannel kept = UNCLOSABLE.get(path);
        FileChannel channel =
            kept != null
                ? kept
                : FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return Optional.of(look(path, channel));
      } catch (NoSuchFileException _) {
        return Optional.empty();
      }
    }
  }

  /** Describes another node's lock and the remedy, as text for an operator. */
  static String describe(Path directory, int node) throws IOException {
    Path path = path(directory, node);
    Optional<Look> look = look(directory, node);
    if (look.isEmpty()) {
      return path
          + " is missing, so it is not known whether the process of n"
          + node
          + " has ended. If it runs, it creates the file again by itself; if not, start n"
          + node
          + ", which creates it, or, if the node is not to be started again and its process has"
          + " certainly ended, create an empty file of that name";
    }
    String holder =
        look.get().holder().map(h -> "process " + h.pid() + " on " + h.host()).orElse("a process");
    return path + (look.get().free() ? " is free, last held by " : " is held by ") + holder;
  }

  private static Look look(Path path, FileChannel channel) throws IOException {
    try {
      Optional<LockHolder> holder = read(channel);
      FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true);
      // Not held by this process: the channel may be closed.
      UNCLOSABLE.remove(path);
      channel.close();
      return new Look(lock != null, holder);
    } catch (OverlappingFileLockException _) {
      UNCLOSABLE.putIfAbsent(path, channel);
      return new Look(false, read(channel));
    }
  }
}
