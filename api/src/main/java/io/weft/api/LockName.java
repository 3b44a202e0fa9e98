// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * The name of a global lock: 1 to {@value #MAX_BYTES} bytes. All names are of one space; an
 * integrator keeps uses apart by prefixes. Immutable. Creating a name hashes it, so names that are
 * used often are worth keeping.
 */
public final class LockName {
  /** Most bytes of a name. */
  public static final int MAX_BYTES = 128;

  private static final long FNV_OFFSET = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  private final byte[] bytes;
  private final long hash;

  private LockName(byte[] bytes) {
    if (bytes.length < 1 || bytes.length > MAX_BYTES) {
      throw new WeftException(
          LockErrors.BAD_LOCK_NAME,
          "the name of a lock has "
              + bytes.length
              + " bytes; allowed are 1 to "
              + MAX_BYTES
              + ": use a shorter name, or a digest of the long one");
    }
    this.bytes = bytes;
    this.hash = hash(bytes);
  }

  /**
   * The lock with this name, encoded in UTF-8.
   *
   * @throws WeftException {@link LockErrors#BAD_LOCK_NAME} if it is empty, too long, or has half of
   *     a surrogate pair
   */
  public static LockName of(String name) {
    try {
      ByteBuffer encoded =
          StandardCharsets.UTF_8
              .newEncoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .encode(CharBuffer.wrap(name));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return new LockName(bytes);
    } catch (CharacterCodingException e) {
      throw new WeftException(
          LockErrors.BAD_LOCK_NAME, "the name of a lock has half of a surrogate pair", e);
    }
  }

  /**
   * The lock whose name is these bytes, which are copied.
   *
   * @throws WeftException {@link LockErrors#BAD_LOCK_NAME} if they are none or too many
   */
  public static LockName of(byte[] name) {
    return new LockName(name.clone());
  }

  /** A copy of the bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Number of bytes. */
  public int length() {
    return bytes.length;
  }

  /** Appends the bytes to {@code out}. */
  public void writeTo(ByteBuffer out) {
    out.put(bytes);
  }

  /**
   * The hash that decides which node masters the lock, the same on all nodes and in all versions:
   * FNV-1a of 64 bits (Fowler, Noll, Vo), then the finalizer of SplitMix64.
   */
  public long hash() {
    return hash;
  }

  private static long hash(byte[] bytes) {
    long h = FNV_OFFSET;
    for (byte b : bytes) {
      h = (h ^ (b & 0xff)) * FNV_PRIME;
    }
    h = (h ^ (h >>> 30)) * 0xBF58476D1CE4E5B9L;
    h = (h ^ (h >>> 27)) * 0x94D049BB133111EBL;
    return h ^ (h >>> 31);
  }

  @Override
  public boolean equals(Object other) {
    return other == this
        || other instanceof LockName that && hash == that.hash && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return (int) (hash ^ hash >>> 32);
  }

  /** The name as text; bytes outside printable ASCII appear as {@code \xNN}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      if (b >= ' ' && b <= '~' && b != '\\') {
        text.append((char) b);
      } else {
        text.append(String.format(Locale.ROOT, "\\x%02x", b & 0xff));
      }
    }
    return text.toString();
  }
}
