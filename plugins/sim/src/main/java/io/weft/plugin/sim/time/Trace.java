// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

import java.util.Locale;
import java.util.function.Function;

/**
 * What happened last, and a hash over everything that happened. Recording costs a few stores; text
 * is made only on request.
 */
public final class Trace {
  /** What can happen. */
  public enum What {
    /** A message left; detail: its header. */
    SENT,
    /** A frame reached the peer's session. */
    ARRIVED,
    /** A message was handed to the engine; detail: its header. */
    DELIVERED,
    /** The sender learnt that the peer has everything up to a sequence number. */
    ACKNOWLEDGED,
    /** A connection broke. */
    DISCONNECTED,
    /** A connection came back. */
    CONNECTED,
    /** A read was handed to the store. */
    READ_STARTED,
    /** A read ended. */
    READ_DONE,
    /** A read failed. */
    READ_FAILED,
    /** A write was handed to the store. */
    WRITE_STARTED,
    /** A write took effect. */
    WRITE_DONE,
    /** A change was appended to the redo log. */
    APPENDED,
    /** Redo became durable. */
    DURABLE,
    /** A timer or blocking task of the engine ran. */
    TASK,
    /** An actor asked for a lease. */
    ASKED,
    /** An actor got a lease. */
    LEASED,
    /** An actor gave a lease back. */
    CLOSED,
    /** An actor declared a range and wrote it. */
    WROTE,
    /** An actor committed. */
    COMMITTED,
    /** A commit was acknowledged. */
    ACKED_COMMIT,
    /** An actor aborted. */
    ABORTED,
    /** An actor does not wait for a block any longer. */
    GAVE_UP,
    /** An actor's call failed; detail: the error. */
    FAILED,
    /** An actor asked for a prefetch. */
    PREFETCH,
    /** An actor asked for a write-back, or it ended. */
    WRITE_BACK,
    /** A node was asked to give up everything, or has. */
    DRAIN,
    /** A node has learnt that a peer has left. */
    GOODBYE,
    /** A log is not found any more; a: its incarnation. */
    VANISHED,
    /** A process ended. */
    DIED,
    /** A process began. */
    STARTED,
    /** A process stopped by itself; detail: why. */
    STOPPED,
    /** A call of the registry began (a: 0), had its effect (1) or returned (2). */
    REGISTRY,
    /** A process stood still. */
    PAUSED,
    /** A process went on. */
    RESUMED,
    /** A direction between two nodes was cut. */
    CUT,
    /** It was mended. */
    MENDED,
    /** A session was given up. */
    LOST,
    /** A node refused a process from there on. */
    EVICTED,
    /** A message came before its view. */
    PARKED,
    /** A message of an older epoch was dropped; detail: its header. */
    DROPPED,
    /** A block was torn on disk. */
    TORN,
    /** A write was refused. */
    REFUSED,
    /** A process was fenced off at the storage. */
    FENCED,
    /** The storage was forced. */
    FORCED,
    /** A block lost what had not been forced. */
    POWER_LOST,
    /** The shared storage was full, or was not any more. */
    STORAGE_FULL,
    /** Versions from one on were lost with their writer. */
    NEVER_HAPPENED,
    /** Bytes were written to a log. */
    LOG_WRITTEN,
    /** The end of a log was looked for; detail: what it is like. */
    SCANNED,
    /** Redo was given up. */
    FORGOTTEN,
    /** A step of a view change; detail: which. */
    VIEW
  }

  /** How many events are kept. */
  public static final int KEPT = 512;

  private static final int MASK = KEPT - 1;
  private static final What[] WHATS = What.values();

  private final long[] times = new long[KEPT];
  private final int[] kinds = new int[KEPT];
  private final int[] nodes = new int[KEPT];
  private final long[] as = new long[KEPT];
  private final long[] bs = new long[KEPT];
  private final Object[] details = new Object[KEPT];
  private long count;
  private long hash = 0x9E3779B97F4A7C15L;

  Trace() {}

  void add(long time, What what, int node, long a, long b) {
    add(time, what, node, a, b, "");
  }

  void add(long time, What what, int node, long a, long b, Object detail) {
    int at = (int) count & MASK;
    times[at] = time;
    kinds[at] = what.ordinal();
    nodes[at] = node;
    as[at] = a;
    bs[at] = b;
    details[at] = detail;
    count++;
    mix(time);
    mix(((long) what.ordinal() << 32) | node);
    mix(a);
    mix(b);
  }

  /** Lets a value take part in the hash. */
  void mix(long value) {
    hash = (hash ^ value) * 0xFF51AFD7ED558CCDL;
    hash ^= hash >>> 32;
  }

  /** How many events happened. */
  public long count() {
    return count;
  }

  /** A hash over all events: equal runs have equal hashes. */
  public long hash() {
    return hash;
  }

  /** The last events as text, oldest first. */
  public String last(int most, Function<Object, String> detailText) {
    StringBuilder text = new StringBuilder();
    for (long i = Math.max(0, count - Math.min(most, KEPT)); i < count; i++) {
      int at = (int) i & MASK;
      text.append(
          String.format(
              Locale.ROOT,
              "%12.3f us  n%d  %-13s %6d %6d  %s%n",
              times[at] / 1e3,
              nodes[at],
              WHATS[kinds[at]],
              as[at],
              bs[at],
              detailText.apply(details[at])));
    }
    return text.toString();
  }
}
