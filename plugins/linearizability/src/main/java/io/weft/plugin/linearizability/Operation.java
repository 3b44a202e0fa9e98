// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

/**
 * What one process did to one register. A register starts with value 0 in version 0, and every
 * write gives it a new value and the next version; versions need not be reported.
 *
 * @param process who did it; only for messages
 * @param kind what was done
 * @param observed the value found, {@link #UNKNOWN} if it is not known, or the kind observes none
 * @param written the value put; meaningless for a read
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

  /** The completion of an operation that may have happened, may yet happen, or never will. */
  public static final long OPEN = Long.MAX_VALUE;

  /** What an operation does. */
  public enum Kind {
    /** Looks. */
    READ,
    /** Puts a value without looking. */
    WRITE,
    /** Looks and puts a value, as one step. */
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
   * A look and a write in one step, that returned.
   *
   * @param observed the value before, or {@link #UNKNOWN}
   * @param version that it made, or {@link #UNKNOWN}
   */
  public static Operation update(
      int process, long observed, long written, long version, long invokeNs, long completeNs) {
    return new Operation(process, Kind.UPDATE, observed, written, version, invokeNs, completeNs);
  }

  /**
   * The same operation, had its answer never come: it may have happened at any time after its call,
   * may yet happen, or never will.
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
