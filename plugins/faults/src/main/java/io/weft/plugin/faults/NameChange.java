// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.nio.file.Path;

/**
 * A change of the names in a directory.
 *
 * @param kind the kind of change
 * @param from the former name after a move; otherwise the same as {@code to}
 * @param to the new name after a move, or the name that was created or removed
 */
record NameChange(Kind kind, Path from, Path to) {
  /** The kinds of changes. */
  enum Kind {
    /** A file, directory or hard link was created. */
    MADE,
    /** A name was removed. */
    REMOVED,
    /** A file was renamed, possibly over another file. */
    MOVED
  }

  static NameChange made(Path name) {
    return new NameChange(Kind.MADE, name, name);
  }

  static NameChange removed(Path name) {
    return new NameChange(Kind.REMOVED, name, name);
  }

  static NameChange moved(Path from, Path to) {
    return new NameChange(Kind.MOVED, from, to);
  }

  /** The directory whose force makes it stable. */
  Path directory() {
    return to.getParent();
  }
}
