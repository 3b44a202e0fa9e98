// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * No encryption. What is sent and received stays on this host, unless the settings say otherwise.
 */
final class Plaintext implements Protection {
  private static final Logger LOG = System.getLogger(Plaintext.class.getName());
  private static final String REMEDY =
      "set weft.transport.tcp.tls.certificate-chain, private-key and authorities, or accept it with"
          + " weft.transport.tcp.tls.mode = plaintext";

  /** Whether plaintext may leave this host. */
  private final boolean everywhere;

  /** Whether the settings name files that are not used. */
  private final boolean filesUnused;

  Plaintext(TlsSettings settings) {
    this.everywhere = settings.mode() == TlsSettings.Mode.PLAINTEXT;
    this.filesUnused = !settings.certificateChain().isBlank();
  }

  @Override
  public boolean isEncrypted() {
    return false;
  }

  @Override
  public void checkListening(InetSocketAddress address) {
    if (filesUnused) {
      LOG.log(
          Level.WARNING,
          "weft.transport.tcp.tls names certificates, but they are NOT USED, because mode ="
              + " plaintext; set mode = required to encrypt");
    }
    if (address.isUnresolved() || address.getAddress().isLoopbackAddress()) {
      return; // who listens at an unknown host fails a moment later, with the reason
    }
    if (!everywhere) {
      throw new WeftException(
          TransportErrors.TLS_REQUIRED,
          address.getHostString()
              + " can be reached from other machines, and this node has no certificate: whoever"
              + " reaches it could read and change all blocks; "
              + REMEDY);
    }
    LOG.log(
        Level.WARNING,
        "the interconnect at {0} is NOT ENCRYPTED, and callers are not authenticated: whoever can"
            + " read or change its traffic can read and change all blocks. Use a network that"
            + " nobody else reaches, or set weft.transport.tcp.tls.certificate-chain, private-key"
            + " and authorities",
        address.getHostString());
  }

  @Override
  public void accepted(Channel channel) {} // checkListening has decided

  @Override
  public void dialled(Channel channel, CertifiedNode peer) {
    if (!everywhere) {
      channel.pipeline().addLast(new OnThisHost());
    }
  }

  /** Ends a connection that leaves this host before anything is sent. */
  private static final class OnThisHost extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      if (isOnThisHost(ctx.channel().remoteAddress(), ctx.channel().localAddress())) {
        ctx.fireChannelActive();
      } else {
        ctx.fireExceptionCaught(
            new TlsException("is on another machine, and this node has no certificate; " + REMEDY));
        ctx.close();
      }
    }

    private static boolean isOnThisHost(SocketAddress remote, SocketAddress local) {
      if (remote instanceof InetSocketAddress there && local instanceof InetSocketAddress here) {
        InetAddress to = there.getAddress();
        return to.isLoopbackAddress() || to.equals(here.getAddress());
      }
      return false;
    }
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "not encrypted";
  }
}
