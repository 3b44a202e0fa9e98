// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

/**
 * An operation of one process on one register. A register starts with value 0 in version 0, and
 * every write gives it a new value and the next version; versions need not be reported.
 *
 * @param process the process; only for messages
 * @param kind the kind of operation
 * @param observed the value read; {@link #UNKNOWN} if it is not known, or the kind reads none
 * @param written the value written; meaningless for a read
 * @param version of the register: the one read, or the one that the write made; {@link #UNKNOWN} if
 *     it is not known
 * @param invokeNs a moment not later than the call, in nanoseconds of a monotonic clock that all
 *     processes share
 * @param completeNs a moment not earlier than the return, on the same clock; {@link #OPEN} if the
 *     outcome is unknown
 */
public record Operation(
    int process,
    Kind kind,
    long observed,
    long written,
    long version,
    long invokeNs,
    long completeNs) {
  /** A value or version that was not reported. */
  public static final long UNKNOWN = Long.MIN_VALUE;

  /**
   * The completion time of an operation with unknown outcome: it may take effect at any time, or
   * never.
   */
  public static final long OPEN = Long.MAX_VALUE;

  /** The kinds of operations. */
  public enum Kind {
    /** Reads the value. */
    READ,
    /** Writes a value without reading. */
    WRITE,
    /** Reads and writes a value in one step. */
    UPDATE
  }

  /** Rejects times in the wrong order. */
  public Operation {
    if (completeNs < invokeNs) {
      throw new IllegalArgumentException(
          "an operation completes at " + completeNs + ", before its call at " + invokeNs);
    }
  }

  /**
   * A read that returned.
   *
   * @param version that was read, or {@link #UNKNOWN}
   */
  public static Operation read(
      int process, long value, long version, long invokeNs, long completeNs) {
    return new Operation(process, Kind.READ, value, UNKNOWN, version, invokeNs, completeNs);
  }

  /**
   * A write that returned.
   *
   * @param version that it made, or {@link #UNKNOWN}
   */
  public static Operation write(
      int process, long value, long version, long invokeNs, long completeNs) {
    return new Operation(process, Kind.WRITE, UNKNOWN, value, version, invokeNs, completeNs);
  }

  /**
   * A read and write in one step that returned.
   *
   * @param observed the value before, or {@link #UNKNOWN}
   * @param version that it made, or {@link #UNKNOWN}
   */
  public static Operation update(
      int process, long observed, long written, long version, long invokeNs, long completeNs) {
    return new Operation(process, Kind.UPDATE, observed, written, version, invokeNs, completeNs);
  }

  /**
   * The same operation with an unknown outcome: it may take effect at any time after its call, or
   * never.
   */
  public Operation opened() {
    return new Operation(process, kind, UNKNOWN, written, UNKNOWN, invokeNs, OPEN);
  }

  boolean isOpen() {
    return completeNs == OPEN;
  }

  boolean writes() {
    return kind != Kind.READ;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("process ").append(process).append(": ");
    switch (kind) {
      case READ -> text.append("read ").append(known(observed));
      case WRITE -> text.append("wrote ").append(written);
      case UPDATE -> text.append("changed ").append(known(observed)).append(" to ").append(written);
    }
    if (version != UNKNOWN) {
      text.append(" (version ").append(version).append(')');
    }
    text.append(" from ").append(invokeNs).append(" to ");
    return text.append(isOpen() ? "an unknown time" : completeNs + " ns").toString();
  }

  private static String known(long value) {
    return value == UNKNOWN ? "?" : Long.toString(value);
  }
}
