// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * The six modes of a global lock: those of the VAX/VMS lock manager (Snaman and Thiel, "The VAX/VMS
 * Distributed Lock Manager", Digital Technical Journal 5, 1987), with its matrix.
 *
 * <pre>
 *                               may be held by others at the same time
 *                               NL   CR   CW   PR   PW   EX
 *   NL  null                    yes  yes  yes  yes  yes  yes
 *   CR  concurrent read         yes  yes  yes  yes  yes  -
 *   CW  concurrent write        yes  yes  yes  -    -    -
 *   PR  protected read          yes  yes  -    yes  -    -
 *   PW  protected write         yes  yes  -    -    -    -
 *   EX  exclusive               yes  -    -    -    -    -
 * </pre>
 *
 * <p>A mode {@linkplain #covers covers} another one if it excludes at least as much. Only CW and PR
 * are not comparable:
 *
 * <pre>
 *   NL -- CR --+-- CW --+-- PW -- EX
 *              +-- PR --+
 * </pre>
 */
public enum LockMode {
  /** Null: a reference to the lock that excludes nobody. */
  NL(0b111111),
  /** Concurrent read: others may read and write. */
  CR(0b011111),
  /** Concurrent write: others may read and write without protection. */
  CW(0b000111),
  /** Protected read: others may read, nobody writes. The classic shared lock. */
  PR(0b001011),
  /** Protected write: others may only read without protection. The classic update lock. */
  PW(0b000011),
  /** Exclusive: nobody else reads or writes. */
  EX(0b000001);

  /** Bit i: mode number i may be held beside this one. */
  private final int beside;

  LockMode(int beside) {
    this.beside = beside;
  }

  /** Whether one owner may hold this mode while another one holds {@code other}. Symmetric. */
  public boolean isCompatibleWith(LockMode other) {
    return (beside >>> other.ordinal() & 1) != 0;
  }

  /** Whether this mode excludes at least what {@code other} excludes. */
  public boolean covers(LockMode other) {
    return (beside & ~other.beside) == 0;
  }

  /** Whether an owner in this mode may write the value of the lock: PW and EX. */
  public boolean mayWriteValue() {
    return this == PW || this == EX;
  }

  /**
   * Whether an owner in this mode sees the newest value of the lock, because nobody else can write
   * it meanwhile: PR, PW and EX.
   */
  public boolean seesValue() {
    return this == PR || this == PW || this == EX;
  }
}
