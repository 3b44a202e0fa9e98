// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The coherent block cache (GCS): directory, holders and requesters of the cache fusion protocol as
 * state machines, on sharded serial executors, over off-heap frames.
 *
 * <p>Start with the page of the package {@code io.weft.cachefusion}: the concepts, the layers, and
 * the way of one read, one commit and one recovery. The specification is in {@code src/spec}.
 *
 * <p>Two packages are exported, to the modules that run the cache without Guice: the entry point,
 * and {@code spec}, whose rules their tests break and whose state their checkers read. The other
 * packages are layers within the module. Their public classes are visible in this module only.
 */
module io.weft.cachefusion {
  requires com.google.guice;
  requires transitive io.weft.spi;
  requires jakarta.inject;
  requires org.jctools.core.jdk11;

  exports io.weft.cachefusion to
      io.weft.bench,
      io.weft.plugin.sim;
  exports io.weft.cachefusion.spec to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.cachefusion to
      com.google.guice,
      io.weft.plugin.assembly;
}
