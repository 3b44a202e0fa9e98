// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.weft.api.Member;
import io.weft.spi.peer.Connecting;
import io.weft.tcp.tls.CertifiedNode;

/** Connects to one peer: one socket for each attempt. Owned by the peer's event loop. */
final class Dialling implements Connecting.Dialler<HandshakeHandler> {
  private final TcpSettings settings;
  private final IoLoop loop;
  private final EventLoops loops;
  private final String clusterName;

  Dialling(TcpSettings settings, String clusterName, IoLoop loop, EventLoops loops) {
    this.settings = settings;
    this.clusterName = clusterName;
    this.loop = loop;
    this.loops = loops;
  }

  @Override
  public void dial(Connecting<HandshakeHandler>.Attempt attempt) {
    ReceiveBuffer receive = new ReceiveBuffer();
    Bootstrap bootstrap = loops.dialling(loop.eventLoop(), settings);
    bootstrap.handler(
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            loop.guarded(
                () ->
                    prepare(channel)); // Netty would only log an exception, and dialling would end
          }

          private void prepare(Channel channel) {
            loops
                .protection()
                .dialled(channel, CertifiedNode.of(clusterName, attempt.member().id().value()));
            boolean encrypted = loops.protection().isEncrypted();
            DecryptedReads.receive(channel, receive, encrypted);
            channel
                .pipeline()
                .addLast(
                    new HandshakeHandler(
                        attempt,
                        channel,
                        receive,
                        settings.handshakeTimeout(),
                        encrypted,
                        loop::onThrown));
          }
        });
    Member address = attempt.nextAddress();
    ChannelFuture connecting = bootstrap.connect(address.host(), address.port());
    connecting.channel().closeFuture().addListener(f -> receive.free());
    connecting.addListener(
        loop.listener(
            connected -> {
              if (!connected.isSuccess()) {
                attempt.onUnreachable(
                    address + " cannot be reached: " + connected.cause().getMessage(),
                    "cannot connect to " + address + ": " + connected.cause());
              }
            }));
  }
}
