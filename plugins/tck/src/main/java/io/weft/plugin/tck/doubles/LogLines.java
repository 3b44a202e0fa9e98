// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;

/**
 * What some loggers say at level INFO and above, from the time when this is made until it is
 * closed. Thread-safe.
 */
public final class LogLines implements AutoCloseable {
  private record Former(Logger logger, Level level) {}

  private record Line(Level level, String text) {}

  private final Queue<Line> lines = new ConcurrentLinkedQueue<>();
  private final Handler handler = new Collecting();
  private final List<Former> formers;

  /** Listens to the loggers of these names. */
  public LogLines(String... names) {
    formers =
        Stream.of(names)
            .map(Logger::getLogger)
            .map(logger -> new Former(logger, logger.getLevel()))
            .toList();
    for (Former former : formers) {
      former.logger.setLevel(Level.INFO);
      former.logger.addHandler(handler);
    }
  }

  private final class Collecting extends Handler {
    @Override
    public void publish(LogRecord line) {
      if (line.getLevel().intValue() >= Level.INFO.intValue()) {
        lines.add(new Line(line.getLevel(), new SimpleFormatter().formatMessage(line)));
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  /** Those so far, in the order in which they were said. */
  public List<String> texts() {
    return lines.stream().map(Line::text).toList();
  }

  /** Those so far that are warnings or worse. */
  public List<String> warnings() {
    return lines.stream()
        .filter(line -> line.level.intValue() >= Level.WARNING.intValue())
        .map(Line::text)
        .toList();
  }

  /** Those so far with that part. */
  public List<String> with(String part) {
    return texts().stream().filter(text -> text.contains(part)).toList();
  }

  /** Whether there is one with that part. */
  public boolean has(String part) {
    return !with(part).isEmpty();
  }

  @Override
  public String toString() {
    return String.join("\n", texts());
  }

  @Override
  public void close() {
    for (Former former : formers) {
      former.logger.removeHandler(handler);
      former.logger.setLevel(former.level);
    }
  }
}
