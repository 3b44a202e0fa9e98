// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** What plugins implement. */
module io.weft.spi {
  requires transitive io.weft.api;
}
