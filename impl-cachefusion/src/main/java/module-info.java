// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Keeps cached blocks coherent by shipping them from memory to memory. */
module io.weft.cachefusion {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
  requires org.agrona;
  requires org.jctools.core.jdk11;
}
