// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Spreads buckets over the members by remainder. */
module io.weft.plugin.hash.modulo {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
