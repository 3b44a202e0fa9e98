// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.storage.StableFile;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A registry in a directory of the shared storage: a file for each record, created exclusively, and
 * a locked file for each running node. Thread-safe.
 */
public final class FileRegistry implements ClusterRegistry {
  /** Name of the directory of records and locks, in the configured directory. */
  static final String SUBDIRECTORY = "registry";

  private static final Logger LOG = System.getLogger("io.weft.registry");

  /** Longest wait for the end of a killed process: 2 s. */
  private static final long KILL_WAIT_NS = 2_000_000_000;

  /** Interval of the checks meanwhile: 2 ms. */
  private static final long KILL_LOOK_NS = 2_000_000;

  private final Path directory;
  private final boolean killable;
  private final Provider<NodeSettings> settings;
  private final ViewFiles files;
  private final ScnFiles numbers;
  private final RequestFiles requests;
  private Optional<NodeLock> lock = Optional.empty();

  /** Creates a registry that is not open yet. */
  @Inject
  public FileRegistry(
      FileRegistrySettings place, FileSystem files, Provider<NodeSettings> settings) {
    this(place.path(files), place.killable(), settings);
  }

  /** Creates a registry on the default file system that is not open yet. */
  public FileRegistry(FileRegistrySettings place, Provider<NodeSettings> settings) {
    this(place, FileSystems.getDefault(), settings);
  }

  /** Creates a registry in a directory of any file system. */
  FileRegistry(Path storage, boolean killable, Provider<NodeSettings> settings) {
    this.directory = storage.resolve(SUBDIRECTORY);
    this.killable = killable;
    this.settings = settings;
    this.files = new ViewFiles(directory, this::id);
    this.numbers = new ScnFiles(directory, this::id, files);
    this.requests = new RequestFiles(directory);
  }

  private int id() {
    return settings.get().nodeId().value();
  }

  @Override
  public String name() {
    return "file";
  }

  @Override
  public Optional<StoragePlace> place() {
    return Optional.of(new RegistryPlace(directory, files));
  }

  @Override
  public long lastIncarnation(int node) {
    try {
      return NodeLock.look(directory, node)
          .flatMap(NodeLock.Look::holder)
          .map(LockHolder::incarnation)
          .orElse(0L);
    } catch (NoSuchFileException _) {
      return 0; // the directory is new
    } catch (IOException e) {
      throw Unavailable.because("look at the lock of n" + node + " in", directory, e);
    }
  }

  @Override
  public synchronized void recordIncarnation(long incarnation) {
    lock.ifPresent(held -> held.record(incarnation));
  }

  @Override
  public synchronized void open() {
    try {
      Files.createDirectories(directory);
      StableFile.force(directory.getParent());
      requests.prepare(); // as the nodes' user: a command may run as another one
    } catch (IOException e) {
      throw Unavailable.because("make", directory, e);
    }
    NodeSettings node = settings.get();
    lock = Optional.of(NodeLock.acquire(directory, node.nodeId(), killable, node.incarnation()));
    files.keepReserve();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Also restores this node's own lock file if needed, because this method is called regularly.
   */
  @Override
  public Optional<Entry> latest() {
    try {
      keepLock();
      return files.latest();
    } catch (IOException e) {
      throw Unavailable.because("read the records in", directory, e);
    }
  }

  private synchronized void keepLock() throws IOException {
    if (lock.isPresent()) {
      lock.get().keep();
    }
  }

  @Override
  public boolean propose(long epoch, byte[] record) {
    try {
      return files.create(epoch, record);
    } catch (IOException | UnsupportedOperationException e) {
      throw Unavailable.because("write a record to", directory, e);
    }
  }

  @Override
  public void reserveScn(long upTo) {
    try {
      numbers.reserve(upTo);
    } catch (IOException | UnsupportedOperationException e) {
      throw Unavailable.because("reserve system change numbers in", directory, e);
    }
  }

  @Override
  public long reservedScn() {
    try {
      return numbers.largest();
    } catch (IOException | DirectoryIteratorException e) {
      throw Unavailable.because("read the reserved system change numbers in", directory, e);
    }
  }

  @Override
  public boolean hasStopped(int other, long incarnation, boolean kill) {
    if (other == id()) {
      return incarnation < settings.get().incarnation();
    }
    try {
      return isOver(other, incarnation)
          || kill && kill(other, incarnation) && awaitOver(other, incarnation);
    } catch (IOException e) {
      throw Unavailable.because("look at the lock of n" + other + " in", directory, e);
    }
  }

  /** Whether the incarnation has ended: the lock is free, or a later incarnation holds it. */
  private boolean isOver(int other, long incarnation) throws IOException {
    return NodeLock.look(directory, other)
        .filter(
            look ->
                look.free() || look.holder().filter(h -> h.incarnation() > incarnation).isPresent())
        .isPresent();
  }

  @Override
  public long ask(byte[] request, long above) {
    try {
      return requests.ask(request, above);
    } catch (IOException | UnsupportedOperationException e) {
      throw Unavailable.because("leave a request in", directory, e);
    }
  }

  @Override
  public List<Request> requests() {
    try {
      return requests.pending();
    } catch (IOException e) {
      throw Unavailable.because("read the requests in", directory, e);
    }
  }

  @Override
  public void answer(long number, byte[] answer) {
    try {
      requests.answer(number, answer);
    } catch (IOException | UnsupportedOperationException e) {
      throw Unavailable.because("answer a request in", directory, e);
    }
  }

  @Override
  public Optional<byte[]> answer(long number) {
    try {
      return requests.answerTo(number);
    } catch (IOException e) {
      throw Unavailable.because("read the answers in", directory, e);
    }
  }

  @Override
  public String seenOf(int other) {
    try {
      return NodeLock.describe(directory, other);
    } catch (IOException e) {
      return "the lock of n" + other + " in " + directory + " cannot be examined: " + e;
    }
  }

  /** Kills the process that holds the lock for this incarnation, if it runs on this machine. */
  private boolean kill(int other, long incarnation) throws IOException {
    Optional<ProcessHandle> victim =
        NodeLock.look(directory, other)
            .flatMap(NodeLock.Look::holder)
            .filter(holder -> holder.incarnation() == incarnation)
            .flatMap(LockHolder::victim);
    victim.ifPresent(
        process ->
            LOG.log(
                Level.WARNING,
                () ->
                    settings.get().nodeId()
                        + " kills process "
                        + process.pid()
                        + ", which holds the lock of n"
                        + other
                        + "."
                        + incarnation
                        + " in "
                        + directory
                        + ": it is out of the view and has not stopped by itself"));
    return victim.filter(ProcessHandle::destroyForcibly).isPresent();
  }

  /** Waits until the operating system has ended a killed process and released its lock. */
  private boolean awaitOver(int other, long incarnation) throws IOException {
    for (long waited = 0; waited < KILL_WAIT_NS; waited += KILL_LOOK_NS) {
      if (isOver(other, incarnation)) {
        return true;
      }
      LockSupport.parkNanos(KILL_LOOK_NS);
    }
    return false;
  }

  @Override
  public synchronized void close() {
    lock.ifPresent(NodeLock::close);
    lock = Optional.empty();
  }
}
