// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import io.weft.api.WeftException;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directory of the blocks, configurations and logs of one run: one chosen by the user, which
 * must be empty and is kept, or a temporary one, which is deleted at the end of the run.
 */
public final class RunDirectory implements AutoCloseable {
  /** Suffix of the directory of undo journals, after the name of the directory of blocks. */
  public static final String UNDO = "-undo";

  /** Where the system has a file system in memory. */
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  private final Path root;
  private final boolean temporary;
  private Optional<Path> memory = Optional.empty();

  private RunDirectory(Path root, boolean temporary) {
    this.root = root;
    this.temporary = temporary;
  }

  /**
   * Creates the directory.
   *
   * @throws WeftException {@link WorkloadErrors#DATA_DIRECTORY} if it cannot be created, or is not
   *     empty
   */
  public static RunDirectory open(Optional<Path> chosen) {
    try {
      if (chosen.isEmpty()) {
        return new RunDirectory(Files.createTempDirectory("weft-run-"), true);
      }
      Path root = chosen.get().toAbsolutePath();
      if (Files.exists(root) && !Files.isDirectory(root)) {
        throw refused(root, "is not a directory", Optional.empty());
      }
      Files.createDirectories(root);
      try (Stream<Path> entries = Files.list(root)) {
        if (entries.findAny().isPresent()) {
          throw refused(root, "is not empty; a run needs an empty directory", Optional.empty());
        }
      }
      if (!Files.isWritable(root)) {
        throw refused(root, "is not writable", Optional.empty());
      }
      return new RunDirectory(root, false);
    } catch (IOException | UncheckedIOException e) {
      String root = chosen.map(Path::toString).orElse("among the temporary files");
      throw refused(root, "cannot be used: " + e, Optional.of(e));
    }
  }

  /** Directory of the block store. */
  public Path blocks() {
    return root.resolve("blocks");
  }

  /** Directory of the undo journals of the nodes. */
  Path undo() {
    return root.resolve(blocks().getFileName() + UNDO);
  }

  /**
   * A directory in memory, through which nodes on this machine exchange messages. It is made when
   * first asked for, and always deleted at the end of the run.
   *
   * @throws WeftException {@link WorkloadErrors#DATA_DIRECTORY} if it cannot be created
   */
  public Path memory() {
    if (memory.isEmpty()) {
      try {
        memory = Optional.of(Files.createTempDirectory(SHARED_MEMORY, "weft-run-"));
      } catch (IOException e) {
        throw new WeftException(
            WorkloadErrors.DATA_DIRECTORY,
            "cannot make a directory in "
                + SHARED_MEMORY
                + " for the messages of the nodes: "
                + e
                + "; use the transport tcp",
            e);
      }
    }
    return memory.get();
  }

  /** Configuration of a node. */
  Path config(int node) {
    return root.resolve("node-" + node + ".conf");
  }

  /** Standard error of a node. */
  Path log(int node) {
    return root.resolve("node-" + node + ".log");
  }

  /** The run's files after its end; empty if they are deleted. */
  public Optional<Path> kept() {
    return temporary ? Optional.empty() : Optional.of(root);
  }

  /** The last lines of a node's log. */
  List<String> logTail(int node, int lines) {
    try (Stream<String> all = Files.lines(log(node))) {
      List<String> list = all.toList();
      return list.subList(Math.max(0, list.size() - lines), list.size());
    } catch (IOException | java.io.UncheckedIOException e) {
      return List.of("(no log: " + e + ")");
    }
  }

  /** Deletes a temporary directory, and the one in memory. */
  @Override
  public void close() {
    memory.ifPresent(RunDirectory::delete);
    if (temporary) {
      delete(root);
    }
  }

  private static void delete(Path root) {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new WeftException(WorkloadErrors.DATA_DIRECTORY, "cannot delete " + root + ": " + e, e);
    }
  }

  private static WeftException refused(Object root, String why, Optional<Exception> cause) {
    String message = "data directory " + root + " " + why + "; name an empty or a new one";
    return cause
        .map(e -> new WeftException(WorkloadErrors.DATA_DIRECTORY, message, e))
        .orElseGet(() -> new WeftException(WorkloadErrors.DATA_DIRECTORY, message));
  }
}
