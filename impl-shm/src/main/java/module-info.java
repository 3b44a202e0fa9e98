// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Carries messages and block images between the processes of one host over shared memory. */
module io.weft.shm {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
  requires org.jctools.core.jdk11;

  opens io.weft.shm to
      com.google.guice,
      io.weft.plugin.assembly;
}
