// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.nio.file.Path;

/**
 * A change of the names in a directory.
 *
 * @param kind what was done
 * @param from the former name of what was moved; otherwise the same as {@code to}
 * @param to the new name of what was moved, or the name that was made or removed
 */
record NameChange(Kind kind, Path from, Path to) {
  /** What was done. */
  enum Kind {
    /** A file, a directory, or a further name of a file. */
    MADE,
    /** A name was taken away. */
    REMOVED,
    /** A file got another name, perhaps that of a file which lost it. */
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
