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
 * A file system over another one, which passes all calls on unless a subclass changes them. The
 * overridable methods get paths of the file system below; returned paths belong to this one.
 * Thread-safe if the subclass is.
 */
public abstract class LayeredFiles extends FileSystem {
  private final FileSystem below;
  private final LayeredProvider provider = new LayeredProvider();

  /** Creates a layer over a file system. */
  protected LayeredFiles(FileSystem below) {
    this.below = below;
  }

  // ---- for subclasses; all paths belong to the file system below

  /** Opens a file, or a directory that is to be forced. */
  protected FileChannel open(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return FileChannel.open(path, options, attributes);
  }

  /** Creates a directory. */
  protected void makeDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
    Files.createDirectory(directory, attributes);
  }

  /** Creates a hard link. */
  protected void link(Path link, Path existing) throws IOException {
    Files.createLink(link, existing);
  }

  /** Deletes a name. */
  protected void remove(Path path) throws IOException {
    Files.delete(path);
  }

  /** Renames a file. */
  protected void rename(Path source, Path target, CopyOption... options) throws IOException {
    Files.move(source, target, options);
  }

  /** Called before the attributes of a file are read, or its existence is checked. */
  protected void look(Path path) throws IOException {}

  /** Called before each entry of a directory listing. */
  protected void list(Path directory) throws IOException {}

  // ---- paths

  /** The path of this layer for a path below. */
  public final Path wrap(Path path) {
    return path instanceof LayeredPath ? path : new LayeredPath(this, path);
  }

  /** The path below for a path of a layer. */
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
