// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Runs whole clusters in one thread, in virtual time, from a seed. */
module io.weft.plugin.sim {
  requires io.weft.cachefusion;
  requires io.weft.grd;
  requires io.weft.plugin.hash.ring;
  requires io.weft.spi;
}
