// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Arrays;
import java.util.Objects;

/**
 * The value of a lock, as its owner got it with the grant: up to {@value #MAX_BYTES} bytes that
 * owners in PW or EX write when they release or convert down. Immutable.
 */
public final class LockValue {
  /** Most bytes of a value. */
  public static final int MAX_BYTES = 64;

  /** No value: never written, or forgotten because no node held the lock. */
  public static final LockValue ABSENT = new LockValue(State.ABSENT, new byte[0]);

  /** The last value is lost, because a node failed that may have written it. */
  public static final LockValue LOST = new LockValue(State.LOST, new byte[0]);

  /** What is known of the value. */
  public enum State {
    /** The bytes are those written last. */
    VALID,
    /**
     * There are no bytes: the value was never written, or the cluster has forgotten the lock since
     * no node held it.
     */
    ABSENT,
    /**
     * There are no bytes: a node failed that may have written a newer value than those that the
     * other nodes know; or the members changed while the lock was on its way from one master to the
     * next. The value stays so until it is written again.
     */
    LOST
  }

  private final State state;
  private final byte[] bytes;

  private LockValue(State state, byte[] bytes) {
    this.state = state;
    this.bytes = bytes;
  }

  /**
   * A valid value with a copy of {@code bytes}.
   *
   * @throws WeftException {@link LockErrors#BAD_LOCK_VALUE} if they are too many
   */
  public static LockValue of(byte[] bytes) {
    Objects.requireNonNull(bytes, "the value of the lock is null");
    if (bytes.length > MAX_BYTES) {
      throw new WeftException(
          LockErrors.BAD_LOCK_VALUE,
          "the value of a lock has "
              + bytes.length
              + " bytes; allowed are "
              + MAX_BYTES
              + ": put the data into a block, and its version into the value");
    }
    return new LockValue(State.VALID, bytes.clone());
  }

  /** What is known of the value. */
  public State state() {
    return state;
  }

  /** Whether {@link #bytes} are the bytes written last. */
  public boolean isValid() {
    return state == State.VALID;
  }

  /** A copy of the bytes; none unless the value is valid. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LockValue that
        && state == that.state
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return state.hashCode() * 31 + Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return state == State.VALID ? bytes.length + " bytes" : state.name();
  }
}
