// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** The lines of one logger, from the time when this is made until it is closed. */
final class LogLines extends Handler implements AutoCloseable {
  private final Queue<String> texts = new ConcurrentLinkedQueue<>();
  private final Logger logger;
  private final Level former;

  LogLines(String name) {
    logger = Logger.getLogger(name);
    former = logger.getLevel();
    logger.setLevel(Level.INFO);
    logger.addHandler(this);
  }

  boolean has(String part) {
    return texts.stream().anyMatch(text -> text.contains(part));
  }

  @Override
  public void publish(LogRecord line) {
    texts.add(new SimpleFormatter().formatMessage(line));
  }

  @Override
  public String toString() {
    return String.join("\n", texts);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setLevel(former);
  }
}
