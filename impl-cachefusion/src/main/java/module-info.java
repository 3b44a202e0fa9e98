// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The coherent block cache (GCS): directory, holders and requesters of the cache fusion protocol as
 * state machines, on sharded serial executors, over off-heap frames.
 *
 * <p>Reading order: {@code CacheFusionMessage}, {@code Directory}, {@code Holder}, {@code
 * Requester}, {@code Shard}, {@code CacheFusion}. The specification is in {@code src/spec}.
 */
module io.weft.cachefusion {
  requires com.google.guice;
  requires transitive io.weft.spi;
  requires jakarta.inject;
  requires org.jctools.core.jdk11;

  exports io.weft.cachefusion to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.cachefusion to
      com.google.guice,
      io.weft.plugin.assembly;
}
