// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.Channel;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SelectStrategyFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** The event loops and the kinds of channels that go with them. */
record EventLoops(
    EventLoopGroup group,
    boolean epoll,
    Class<? extends Channel> channel,
    Class<? extends ServerChannel> serverChannel) {

  private static final int GROWING_EVENT_ARRAY = 0;

  static EventLoops of(TcpSettings settings) {
    boolean epoll =
        switch (settings.eventLoop()) {
          case NIO -> false;
          case AUTO -> Epoll.isAvailable();
          case EPOLL -> {
            if (!Epoll.isAvailable()) {
              throw new WeftException(
                  TransportErrors.BIND_FAILED,
                  "event-loop = epoll, but its library does not load here; use auto or nio",
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
        ? new EventLoops(group, true, EpollSocketChannel.class, EpollServerSocketChannel.class)
        : new EventLoops(group, false, NioSocketChannel.class, NioServerSocketChannel.class);
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
