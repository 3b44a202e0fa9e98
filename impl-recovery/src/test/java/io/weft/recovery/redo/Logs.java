// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.view.Views;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Makes logs for tests and keeps what they report. */
public final class Logs {
  public static final String CLUSTER = "tests";
  public static final LogId LOG = new LogId(1, 42);
  public static final int SMALL = LogFormat.MIN_SEGMENT_BYTES;

  public final AtomicLong clock = new AtomicLong(1);
  public final List<WeftException> failures = new ArrayList<>();
  public final Views views = Views.fixed(view());

  public static View view() {
    return new View(new Epoch(1), List.of(new Member(new NodeId(1), "localhost", 1)));
  }

  public RedoLogCore open(LogDevice device) {
    return open(device, LOG);
  }

  public RedoLogCore open(LogDevice device, LogId log) {
    return open(device, log, LogShape.of(SMALL, SMALL, ImageCompression.NONE));
  }

  public RedoLogCore open(LogDevice device, LogId log, LogShape shape) {
    RedoLogCore core =
        new RedoLogCore(device, log, CLUSTER, views, clock::get, () -> 1_000, shape, failures::add);
    core.open();
    return core;
  }

  /** What a scan sees of a record. */
  public record Seen(long lsn, long end, LoggedRecord.Kind kind, long scn) {}

  public static List<Seen> read(LogDevice device, LogId log) {
    List<Seen> seen = new ArrayList<>();
    LogScanner.scan(device, log, r -> seen.add(new Seen(r.lsn(), r.endLsn(), r.kind(), r.scn())));
    return seen;
  }

  public static List<Seen> changes(LogDevice device, LogId log) {
    return read(device, log).stream()
        .filter(seen -> seen.kind() == LoggedRecord.Kind.CHANGE)
        .toList();
  }
}
