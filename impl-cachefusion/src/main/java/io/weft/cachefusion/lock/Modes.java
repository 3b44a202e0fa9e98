// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;

/** The lattice of lock modes: joins, meets, and what may be kept beside a mode. */
final class Modes {
  /** All modes, by ordinal; {@code values()} makes a copy. */
  private static final LockMode[] ALL = LockMode.values();

  /** Number of modes. */
  static final int COUNT = ALL.length;

  private Modes() {}

  /** The mode with this ordinal. */
  static LockMode of(int ordinal) {
    return ALL[ordinal];
  }

  /** The least mode that covers both. */
  static LockMode join(LockMode a, LockMode b) {
    if (a.covers(b)) {
      return a;
    }
    return b.covers(a) ? b : LockMode.PW; // only CW and PR are not comparable
  }

  /** The greatest mode that both cover. */
  static LockMode meet(LockMode a, LockMode b) {
    if (a.covers(b)) {
      return b;
    }
    return b.covers(a) ? a : LockMode.CR;
  }

  /** The greatest mode that may be held beside {@code mode}. */
  static LockMode keptBeside(LockMode mode) {
    return switch (mode) {
      case NL -> LockMode.EX;
      case CR -> LockMode.PW;
      case CW -> LockMode.CW;
      case PR -> LockMode.PR;
      case PW -> LockMode.CR;
      case EX -> LockMode.NL;
    };
  }
}
