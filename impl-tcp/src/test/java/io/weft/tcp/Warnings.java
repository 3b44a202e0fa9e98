// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** The warnings of one class, from the time when this is made until it is closed. */
final class Warnings extends Handler implements AutoCloseable {
  final Queue<String> texts = new ConcurrentLinkedQueue<>();
  private final Logger logger;
  private final Level former;

  Warnings(Class<?> of) {
    logger = Logger.getLogger(of.getName());
    former = logger.getLevel();
    logger.setLevel(Level.WARNING);
    logger.addHandler(this);
  }

  @Override
  public void publish(LogRecord line) {
    if (line.getLevel().intValue() >= Level.WARNING.intValue()) {
      texts.add(new SimpleFormatter().formatMessage(line));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setLevel(former);
  }
}
