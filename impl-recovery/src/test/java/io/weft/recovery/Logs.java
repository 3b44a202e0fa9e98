// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

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
final class Logs {
  static final String CLUSTER = "tests";
  static final LogId LOG = new LogId(1, 42);
  static final int SMALL = LogFormat.MIN_SEGMENT_BYTES;

  final AtomicLong clock = new AtomicLong(1);
  final List<WeftException> failures = new ArrayList<>();
  final Views views = Views.fixed(view());

  static View view() {
    return new View(new Epoch(1), List.of(new Member(new NodeId(1), "localhost", 1)));
  }

  RedoLogCore open(LogDevice device) {
    return open(device, LOG);
  }

  RedoLogCore open(LogDevice device, LogId log) {
    return open(device, log, RedoLogCore.Shape.of(SMALL, SMALL, ImageCompression.NONE));
  }

  RedoLogCore open(LogDevice device, LogId log, RedoLogCore.Shape shape) {
    RedoLogCore core =
        new RedoLogCore(device, log, CLUSTER, views, clock::get, () -> 1_000, shape, failures::add);
    core.open();
    return core;
  }

  /** What a scan sees of a record. */
  record Seen(long lsn, long end, LoggedRecord.Kind kind, long scn) {}

  static List<Seen> read(LogDevice device, LogId log) {
    List<Seen> seen = new ArrayList<>();
    LogScanner.scan(device, log, r -> seen.add(new Seen(r.lsn(), r.endLsn(), r.kind(), r.scn())));
    return seen;
  }

  static List<Seen> changes(LogDevice device, LogId log) {
    return read(device, log).stream()
        .filter(seen -> seen.kind() == LoggedRecord.Kind.CHANGE)
        .toList();
  }
}
