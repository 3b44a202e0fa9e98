// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The interfaces and types that plugins implement and use, with one package for each subject.
 * Depends on the API only. Has no third-party types in its signatures.
 */
module io.weft.spi {
  requires transitive io.weft.api;

  exports io.weft.spi.cache;
  exports io.weft.spi.directory;
  exports io.weft.spi.faults;
  exports io.weft.spi.membership;
  exports io.weft.spi.metrics;
  exports io.weft.spi.node;
  exports io.weft.spi.peer;
  exports io.weft.spi.plugin;
  exports io.weft.spi.recovery;
  exports io.weft.spi.redo;
  exports io.weft.spi.runtime;
  exports io.weft.spi.session;
  exports io.weft.spi.storage;
  exports io.weft.spi.store;
  exports io.weft.spi.transport;
  exports io.weft.spi.view;
}
