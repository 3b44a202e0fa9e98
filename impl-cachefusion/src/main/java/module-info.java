// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The coherent block cache (GCS): directory, holders and requesters of the cache fusion protocol as
 * state machines, on sharded serial executors, over off-heap frames.
 *
 * <p>Start with the page of the package {@code io.weft.cachefusion}: the concepts, the layers, and
 * the way of one read, one commit and one recovery. The specification is in {@code src/spec}.
 *
 * <p>Exported to those who drive the cache without Guice: the entrance, and with {@code spec} what
 * their checkers break and look at. The other packages are layers of the inside; what is public in
 * them is public to this module only.
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
