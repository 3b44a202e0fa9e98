// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Carries messages and block images between nodes over TCP. */
module io.weft.tcp {
  requires com.google.guice;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.tcnative.classes.openssl; // for io.netty.handler
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires io.weft.spi;
  requires jakarta.inject;
  requires org.jctools.core.jdk11;

  opens io.weft.tcp to
      com.google.guice,
      io.weft.plugin.assembly;
  opens io.weft.tcp.tls to
      io.weft.plugin.assembly;
}
