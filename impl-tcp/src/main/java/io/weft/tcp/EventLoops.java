// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SelectStrategyFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.tls.Protection;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The event loops, with the matching channel classes, socket options and protection of connections.
 */
record EventLoops(
    EventLoopGroup group,
    boolean epoll,
    Class<? extends Channel> channel,
    Class<? extends ServerChannel> serverChannel,
    Protection protection) {

  /** Argument of the epoll handler: its event array grows on demand. */
  private static final int GROWING_EVENT_ARRAY = 0;

  /** Connections that the kernel queues before they are accepted. */
  private static final int BACKLOG = 128;

  /** Watermarks of a channel's write queue: 256 KiB and 1 MiB. */
  private static final WriteBufferWaterMark PENDING_BYTES =
      new WriteBufferWaterMark(256 << 10, 1 << 20);

  /** Starts the loops; {@code protection} ends with them. */
  static EventLoops of(TcpSettings settings, Protection protection) {
    boolean epoll =
        switch (settings.eventLoop()) {
          case NIO -> false;
          case AUTO -> Epoll.isAvailable();
          case EPOLL -> {
            if (!Epoll.isAvailable()) {
              throw new WeftException(
                  TransportErrors.BIND_FAILED,
                  "event-loop = epoll, but its native library cannot be loaded; use auto or nio",
                  Epoll.unavailabilityCause());
            }
            yield true;
          }
        };
    long spinNs = settings.spin().toNanos();
    SelectStrategyFactory strategy =
        spinNs == 0 ? DefaultSelectStrategyFactory.INSTANCE : () -> new SpinSelectStrategy(spinNs);
    IoHandlerFactory handler =
        epoll
            ? EpollIoHandler.newFactory(GROWING_EVENT_ARRAY, strategy)
            : NioIoHandler.newFactory(SelectorProvider.provider(), strategy);
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(settings.ioThreads(), daemonThreads(), handler);
    return epoll
        ? new EventLoops(
            group, true, EpollSocketChannel.class, EpollServerSocketChannel.class, protection)
        : new EventLoops(
            group, false, NioSocketChannel.class, NioServerSocketChannel.class, protection);
  }

  /** A bootstrap for the listening socket; the caller adds the handler of connections. */
  ServerBootstrap listening(TcpSettings settings) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(serverChannel)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, PENDING_BYTES);
    if (settings.receiveBuffer().bytes()
        > 0) { // accepted sockets inherit it; it must be set before a caller connects
      bootstrap.option(ChannelOption.SO_RCVBUF, (int) settings.receiveBuffer().bytes());
    }
    if (settings.sendBuffer().bytes() > 0) {
      bootstrap.childOption(ChannelOption.SO_SNDBUF, (int) settings.sendBuffer().bytes());
    }
    if (epoll) {
      bootstrap.childOption(
          EpollChannelOption.TCP_USER_TIMEOUT, (int) settings.stallTime().toMillis());
    }
    return bootstrap;
  }

  /** A bootstrap for one connection on {@code loop}; the caller adds the handler. */
  Bootstrap dialling(EventLoop loop, TcpSettings settings) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(channel)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, PENDING_BYTES)
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) settings.handshakeTimeout().toMillis());
    if (settings.sendBuffer().bytes() > 0) {
      bootstrap.option(ChannelOption.SO_SNDBUF, (int) settings.sendBuffer().bytes());
    }
    if (settings.receiveBuffer().bytes() > 0) {
      bootstrap.option(ChannelOption.SO_RCVBUF, (int) settings.receiveBuffer().bytes());
    }
    if (epoll) {
      bootstrap.option(EpollChannelOption.TCP_USER_TIMEOUT, (int) settings.stallTime().toMillis());
    }
    return bootstrap;
  }

  private static ThreadFactory daemonThreads() {
    AtomicInteger next = new AtomicInteger(1);
    return task -> {
      Thread thread = new Thread(task, "weft-tcp-" + next.getAndIncrement());
      thread.setDaemon(true);
      return thread;
    };
  }
}
