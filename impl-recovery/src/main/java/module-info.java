// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Redo log, checkpoints, membership and instance recovery. */
module io.weft.recovery {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
