// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;

/** The current injected storage faults of a machine. Thread-safe. */
final class StorageTroubles {
  /** Message of Linux for a full device. */
  private static final String FULL = "No space left on device";

  /** Message of Linux for a failed call of a device. */
  private static final String BROKEN = "Input/output error";

  /** How much space there is. */
  enum Space {
    /** The free space of the file system below. */
    ENOUGH,
    /** Files cannot grow, but can be overwritten, as on a file system that writes in place. */
    NO_GROWTH,
    /**
     * Nothing can be written and no name be created, as on a file system that never writes in
     * place.
     */
    NONE
  }

  /** Kinds of calls. */
  enum Kind {
    /** Bytes of a file. */
    READ,
    /** Bytes of a file. */
    WRITE,
    /** The force of a file or a directory. */
    FORCE,
    /** Names of a directory, attributes of a file. */
    LOOK,
    /** Creating, moving and removing names. */
    NAME
  }

  private final SplittableRandom random;
  private final String lies;
  private volatile Space space = Space.ENOUGH;

  /** Failing kinds; guarded by this. A volatile flag says whether there are any. */
  private final Set<Kind> failing = EnumSet.noneOf(Kind.class);

  private int left;
  private int percent;
  private volatile boolean broken;

  /**
   * Creates a state without faults.
   *
   * @param lies part of the path of files whose force does nothing; blank: none
   */
  StorageTroubles(SplittableRandom random, String lies) {
    this.random = random;
    this.lies = lies;
  }

  boolean liesAboutForceOf(Path path) {
    return !lies.isBlank() && path.toString().contains(lies);
  }

  void space(Space present) {
    space = present;
  }

  /**
   * Makes calls of some kinds fail: the next {@code count} ones, or for 0 all until further notice.
   */
  synchronized void errors(Set<Kind> kinds, int count, int probability) {
    if (count < 0 || probability < 1 || probability > 100) {
      throw new IllegalArgumentException(
          "errors: a count of "
              + count
              + " and "
              + probability
              + " percent; allowed: 0 or more, 1 to 100");
    }
    failing.clear();
    failing.addAll(kinds);
    left = count == 0 ? Integer.MAX_VALUE : count;
    percent = probability;
    broken = true;
  }

  synchronized void noErrors() {
    failing.clear();
    broken = false;
  }

  /** Whether a call of this kind fails now. */
  boolean fails(Kind kind) {
    return broken && draws(kind);
  }

  private synchronized boolean draws(Kind kind) {
    if (!failing.contains(kind) || left == 0 || random.nextInt(100) >= percent) {
      return false;
    }
    left--;
    return true;
  }

  /** Throws if calls of this kind fail now. */
  void pass(Kind kind, Path path) throws IOException {
    if (fails(kind)) {
      throw new FileSystemException(path.toString(), null, BROKEN);
    }
  }

  /** Throws if there is no space for a new name. */
  void passNew(Path path) throws IOException {
    if (space == Space.NONE) {
      throw new FileSystemException(path.toString(), null, FULL);
    }
    pass(Kind.NAME, path);
  }

  /**
   * The error with which a write fails now, or null.
   *
   * @param grows whether it makes the file longer
   */
  IOException refusal(boolean grows) {
    if (space == Space.NONE || grows && space == Space.NO_GROWTH) {
      return new IOException(FULL);
    }
    return fails(Kind.WRITE) ? broken() : null;
  }

  IOException broken() {
    return new IOException(BROKEN);
  }

  /** A random number of bytes that a failing write of {@code bytes} bytes completes first. */
  synchronized int partOf(int bytes) {
    return random.nextBoolean() ? 0 : random.nextInt(bytes + 1);
  }
}
