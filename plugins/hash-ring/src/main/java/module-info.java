// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Spreads buckets over the members with a consistent-hash ring. */
module io.weft.plugin.hash.ring {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
