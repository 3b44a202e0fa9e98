// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Redo log, checkpoints, membership and instance recovery.
 *
 * <ul>
 *   <li>{@code io.weft.recovery.redo}: the redo log of a node, its format, and how a log is read;
 *   <li>{@code io.weft.recovery.replay}: the redo of failed nodes, indexed by block;
 *   <li>{@code io.weft.recovery.membership}: views, leases, fences, and the steps of a recovery.
 * </ul>
 *
 * <p>Each uses only those before it.
 */
module io.weft.recovery {
  requires com.google.guice;
  requires transitive io.weft.spi;
  requires jakarta.inject;
  requires org.lz4.java;

  exports io.weft.recovery.membership to
      io.weft.plugin.sim;
  exports io.weft.recovery.redo to
      io.weft.bench,
      io.weft.plugin.launcher,
      io.weft.plugin.sim;
  exports io.weft.recovery.replay to
      io.weft.bench,
      io.weft.plugin.launcher,
      io.weft.plugin.sim;

  opens io.weft.recovery.membership to
      com.google.guice,
      io.weft.plugin.assembly;
  opens io.weft.recovery.redo to
      com.google.guice,
      io.weft.plugin.assembly;
}
