// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A file system over another one, on which everything works as below unless a subclass interferes.
 * Paths that it is asked with are those below; what it gives out are its own. Thread-safe as far as
 * the subclass is.
 */
public abstract class LayeredFiles extends FileSystem {
  private final FileSystem below;
  private final LayeredProvider provider = new LayeredProvider();

  /** A layer over a file system. */
  protected LayeredFiles(FileSystem below) {
    this.below = below;
  }

  // ---- what subclasses may change; all paths are those below

  /** Opens a file, or a directory to be forced. */
  protected FileChannel open(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return FileChannel.open(path, options, attributes);
  }

  /** Makes a directory. */
  protected void makeDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
    Files.createDirectory(directory, attributes);
  }

  /** Gives a file a further name. */
  protected void link(Path link, Path existing) throws IOException {
    Files.createLink(link, existing);
  }

  /** Takes a name away. */
  protected void remove(Path path) throws IOException {
    Files.delete(path);
  }

  /** Gives a file another name. */
  protected void rename(Path source, Path target, CopyOption... options) throws IOException {
    Files.move(source, target, options);
  }

  /** Comes before the attributes of a file are read, or whether it is there. */
  protected void look(Path path) throws IOException {}

  /** Comes before each entry of a directory that is listed. */
  protected void list(Path directory) throws IOException {}

  // ---- paths

  /** A path below, as one of this layer. */
  public final Path wrap(Path path) {
    return path instanceof LayeredPath ? path : new LayeredPath(this, path);
  }

  /** The path below that a path stands for. */
  public static Path unwrap(Path path) {
    return path instanceof LayeredPath layered ? layered.real() : path;
  }

  /** Entries of a directory, as paths of this layer. */
  final DirectoryStream<Path> entries(Path path, DirectoryStream.Filter<? super Path> filter)
      throws IOException {
    DirectoryStream<Path> entries =
        Files.newDirectoryStream(
            unwrap(path),
            entry -> {
              list(unwrap(path));
              return filter.accept(wrap(entry));
            });
    return new LayeredEntries(this, entries);
  }

  // ---- a file system

  @Override
  public FileSystemProvider provider() {
    return provider;
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }

  @Override
  public String getSeparator() {
    return below.getSeparator();
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    List<Path> roots = new ArrayList<>();
    below.getRootDirectories().forEach(root -> roots.add(wrap(root)));
    return roots;
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return below.getFileStores();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return below.supportedFileAttributeViews();
  }

  @Override
  public Path getPath(String first, String... more) {
    return wrap(below.getPath(first, more));
  }

  @Override
  public PathMatcher getPathMatcher(String syntaxAndPattern) {
    PathMatcher matcher = below.getPathMatcher(syntaxAndPattern);
    return path -> matcher.matches(unwrap(path));
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    return below.getUserPrincipalLookupService();
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException();
  }
}
