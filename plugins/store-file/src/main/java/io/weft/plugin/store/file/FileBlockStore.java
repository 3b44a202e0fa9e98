// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Storage in sparse files of one directory that all nodes share. Thread-safe; {@link #open}, {@link
 * #force} and {@link #close} block, everything else completes on the store's I/O threads.
 *
 * <p>Completed writes are in the operating system and survive the process. After {@link #force} or
 * {@link #close} they survive a failure of the machine.
 *
 * <p>The fence is checked before every write, but plain files cannot refuse a write that has passed
 * the check. A process that is paused in between may still write one block for each of its I/O
 * threads after {@link #fence} has returned (BS-7). So {@code fence} is called only after a certain
 * stop: the incarnation has ended, or its membership lease has expired.
 */
public final class FileBlockStore implements BlockStore {
  /*
   * Files are used only by the store's own threads, which are never interrupted, because a
   * FileChannel is closed when a thread that uses it is interrupted. So force() and closing the
   * files run on these threads, too, while the caller waits.
   */

  /** How long {@link #close} waits for a storage that does not answer. */
  private static final long CLOSE_LIMIT_NS = TimeUnit.SECONDS.toNanos(30);

  private final Path directory;
  private final int ioThreads;
  private final NodeSettings node;
  private final NodeFailure failure;
  private final BlockLayout layout;
  private final long closeLimitNs;
  private volatile Optional<Opened> opened = Optional.empty();

  /** Creates a store that is not open yet. */
  @Inject
  public FileBlockStore(
      FileStoreSettings settings, FileSystem files, NodeSettings node, NodeFailure failure) {
    this(settings, files, node, failure, CLOSE_LIMIT_NS);
  }

  /** Creates a store on the default file system that is not open yet. */
  public FileBlockStore(FileStoreSettings settings, NodeSettings node, NodeFailure failure) {
    this(settings, FileSystems.getDefault(), node, failure);
  }

  /** Creates a store with a limit for {@link #close}. */
  FileBlockStore(
      FileStoreSettings settings,
      FileSystem files,
      NodeSettings node,
      NodeFailure failure,
      long closeLimitNs) {
    this.closeLimitNs = closeLimitNs;
    this.directory = settings.path(files);
    this.ioThreads = settings.ioThreads();
    this.node = node;
    this.failure = failure;
    this.layout = new BlockLayout(node.blockBytes());
  }

  @Override
  public BlockLayout layout() {
    return layout;
  }

  @Override
  public Optional<StoragePlace> place() {
    return Optional.of(new Place());
  }

  @Override
  public void open() {
    Directories.prepare(directory);
    check(superblock(StorageIdentity.NONE));
    checkFilesWritable();
    OpenedDirectory here = OpenedDirectory.of(directory);
    opened =
        Optional.of(
            new Opened(
                new BlockFiles(here, layout, true),
                new SavedImages(here, layout),
                Fences.open(directory, node.nodeId(), node.incarnation(), largestNode()),
                new IoThreads(ioThreads, this::onThrown)));
  }

  @Override
  public void read(int file, long number, MemorySegment physical, ReadCompletion completion) {
    Optional<Opened> store = opened;
    if (store.isEmpty()) {
      completion.onReadFailed(closed());
      return;
    }
    BlockFiles files = store.get().files;
    if (!store.get().threads.submitRead(() -> read(files, file, number, physical, completion))) {
      completion.onReadFailed(refused());
    }
  }

  @Override
  public void write(
      int file,
      long number,
      long version,
      long fenceToken,
      MemorySegment physical,
      WriteCompletion completion) {
    Optional<Opened> store = opened;
    if (store.isEmpty()) {
      completion.onWriteFailed(closed());
      return;
    }
    if (fenceToken < 1) {
      completion.onWriteFailed(fenced(fenceToken));
      return;
    }
    Opened to = store.get();
    if (!to.threads.submit(() -> write(to, file, number, version, physical, completion))) {
      completion.onWriteFailed(closed());
    }
  }

  @Override
  public void fence(int fencedNode, long incarnation) {
    Opened store = opened.orElseThrow(this::closed);
    onIoThread(store, () -> store.fences.raise(fencedNode, incarnation));
  }

  @Override
  public void force() {
    Opened store = opened.orElseThrow(this::closed);
    onIoThread(store, store.files::force);
  }

  @Override
  public Optional<String> saveImage(int file, long number, long version, MemorySegment physical) {
    Opened store = opened.orElseThrow(this::closed);
    AtomicReference<Path> place = new AtomicReference<>();
    onIoThread(store, () -> place.set(store.saved.keep(file, number, version, physical)));
    return Optional.of(place.get().toString());
  }

  @Override
  public List<SavedImage> savedImages() {
    Opened store = opened.orElseThrow(this::closed);
    AtomicReference<List<SavedImage>> all = new AtomicReference<>();
    onIoThread(store, () -> all.set(store.saved.all()));
    return all.get();
  }

  @Override
  public boolean readSavedImage(int file, long number, long version, MemorySegment physical) {
    Opened store = opened.orElseThrow(this::closed);
    AtomicBoolean whole = new AtomicBoolean();
    onIoThread(store, () -> whole.set(store.saved.read(file, number, version, physical)));
    return whole.get();
  }

  @Override
  public void dropSavedImages(int file, long number, long version) {
    Opened store = opened.orElseThrow(this::closed);
    onIoThread(store, () -> store.saved.drop(file, number, version));
  }

  /** Runs a task on an I/O thread, which is never interrupted, and waits for it. */
  private void onIoThread(Opened store, Runnable task) {
    if (store.threads.isCurrent()) {
      task.run(); // a completion must not wait for its own thread
      return;
    }
    CountDownLatch done = new CountDownLatch(1);
    AtomicReference<Throwable> failed = new AtomicReference<>();
    boolean submitted =
        store.threads.submit(
            () -> {
              try {
                task.run();
              } catch (Throwable t) { // any exception means that the task is not done
                failed.set(t);
              } finally {
                done.countDown();
              }
            });
    if (!submitted) {
      throw closed();
    }
    Uninterruptibly.await(done);
    Throwable thrown = failed.get();
    if (thrown instanceof WeftException known) {
      throw known;
    }
    if (thrown != null) {
      throw new WeftException(
          StoreErrors.WRITE_FAILED, "the storage " + directory + " failed: " + thrown, thrown);
    }
  }

  @Override
  public void close() {
    Optional<Opened> store = opened;
    opened = Optional.empty();
    store.ifPresent(open -> open.close(directory, closeLimitNs));
  }

  private static void read(
      BlockFiles files, int file, long number, MemorySegment physical, ReadCompletion completion) {
    long version;
    try {
      version = files.read(file, number, physical);
    } catch (WeftException e) {
      completion.onReadFailed(e);
      return;
    }
    completion.onRead(version);
  }

  private static void write(
      Opened store,
      int file,
      long number,
      long version,
      MemorySegment physical,
      WriteCompletion completion) {
    try {
      store.fences.check();
      store.files.write(file, number, version, physical);
    } catch (WeftException e) {
      completion.onWriteFailed(e);
      return;
    }
    completion.onWritten();
  }

  /** The directory as a storage place. */
  private final class Place implements StoragePlace {
    @Override
    public String where() {
      return "the blocks in " + directory;
    }

    @Override
    public String key() {
      return "weft.store.file.directory";
    }

    @Override
    public Optional<UUID> identity() {
      return Superblock.read(directory).map(Superblock::identity);
    }

    @Override
    public boolean isBlank() {
      return !Files.exists(directory) || blockPaths().isEmpty();
    }

    @Override
    public UUID mark(UUID identity) {
      Directories.prepare(directory);
      return superblock(identity).identity();
    }
  }

  private int largestNode() {
    return node.members().stream().mapToInt(member -> member.id().value()).max().orElse(0);
  }

  /** Reads the superblock, or creates one if the directory has no storage yet. */
  private Superblock superblock(UUID identity) {
    if (Superblock.read(directory).isEmpty()) {
      if (!blockPaths().isEmpty()
          && Superblock.read(directory).isEmpty()) { // another node may be creating both
        throw new WeftException(
            StoreErrors.UNKNOWN_FORMAT,
            directory
                + " holds blocks but no "
                + Superblock.FILE_NAME
                + "; restore that file from a copy, or use another directory");
      }
      new Superblock(node.clusterName(), layout, identity).create(directory, node.nodeId());
    }
    return Superblock.read(directory).orElseThrow(this::vanished);
  }

  private List<Path> blockPaths() {
    try {
      return BlockFiles.list(directory);
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE, "cannot list " + directory + ": " + Reason.of(e), e);
    }
  }

  private void check(Superblock found) {
    if (!found.clusterName().equals(node.clusterName())) {
      throw new WeftException(
          StoreErrors.FOREIGN_STORE,
          directory
              + " belongs to cluster \""
              + found.clusterName()
              + "\", not to \""
              + node.clusterName()
              + "\"; change weft.store.file.directory or weft.cluster-name");
    }
    if (!found.layout().equals(layout)) {
      throw new WeftException(
          StoreErrors.BLOCK_SIZE_MISMATCH,
          directory
              + " has blocks of "
              + found.layout().physicalBytes()
              + " bytes, the configuration of "
              + layout.physicalBytes()
              + "; change weft.block-size, or use another directory");
    }
  }

  private void checkFilesWritable() {
    for (Path path : blockPaths()) {
      if (!Files.isReadable(path) || !Files.isWritable(path)) {
        throw new WeftException(
            StoreErrors.NOT_ACCESSIBLE,
            "no permission to read and write " + path + "; change the rights of the file");
      }
    }
  }

  private void onThrown(Throwable thrown) {
    failure.stop(
        thrown instanceof WeftException known
            ? known
            : new WeftException(
                CoreErrors.INVARIANT_BROKEN,
                "a completion on " + Thread.currentThread().getName() + " threw " + thrown,
                thrown));
  }

  private WeftException closed() {
    return new WeftException(CoreErrors.NODE_CLOSED, "the storage " + directory + " is not open");
  }

  private WeftException vanished() {
    return new WeftException(
        StoreErrors.NOT_ACCESSIBLE,
        directory.resolve(Superblock.FILE_NAME) + " vanished while this node started");
  }

  private WeftException refused() {
    if (opened.isEmpty()) {
      return closed();
    }
    return new WeftException(
        CoreErrors.BACK_PRESSURED,
        IoThreads.MAX_WAITING
            + " reads and writes wait for the storage "
            + directory
            + "; try again later, or request fewer blocks at a time");
  }

  private WeftException fenced(long token) {
    return new WeftException(
        StoreErrors.FENCED,
        "fence token " + token + " is below the first epoch; nothing was written to " + directory);
  }

  @Override
  public String toString() {
    return "the blocks in " + directory;
  }

  /** The parts of an open store. */
  private record Opened(BlockFiles files, SavedImages saved, Fences fences, IoThreads threads) {
    /**
     * Finishes writes, forces and closes; if that takes too long, gives up and leaves all files
     * open.
     */
    void close(Path directory, long limitNs) {
      long begin = System.nanoTime();
      if (!threads.close(limitNs)) {
        throw hangs(directory, limitNs, "about " + threads.unfinished() + " reads and writes");
      }
      AtomicReference<WeftException> failed = new AtomicReference<>();
      Thread closing =
          Thread.ofPlatform()
              .name("weft-io-close")
              .daemon()
              .start(
                  () -> {
                    try (fences;
                        files) {
                      files.force();
                    } catch (WeftException e) {
                      failed.set(e);
                    }
                  });
      Uninterruptibly.join(closing, limitNs - (System.nanoTime() - begin));
      if (closing.isAlive()) {
        throw hangs(directory, limitNs, "a force");
      }
      if (failed.get() != null) {
        throw failed.get();
      }
    }

    private static WeftException hangs(Path directory, long limitNs, String what) {
      return new WeftException(
          StoreErrors.NOT_ANSWERING,
          "the storage "
              + directory
              + " does not answer: "
              + what
              + " have not ended "
              + TimeUnit.NANOSECONDS.toSeconds(limitNs)
              + " s after the stop; their files stay open, and their writes may"
              + " still reach the storage until this process ends. Check the device or its"
              + " network");
    }
  }
}
