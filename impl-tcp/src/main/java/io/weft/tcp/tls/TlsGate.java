// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Stands behind TLS in the pipeline of one connection, and lets nothing pass until the peer has
 * proved to be a node. Then it fires the {@link CertifiedNode}. Whatever TLS reports is passed on
 * as a {@link TlsException}. Owned by the event loop of the channel.
 */
final class TlsGate extends ChannelInboundHandlerAdapter {
  /** Who is told of connections. Called on the event loop of the channel. */
  interface Keeper {
    /**
     * A peer has proved who it is.
     *
     * @return whether that still counts: whether the files are those by which it was judged
     */
    boolean admit(TlsGate gate);

    /** The connection has ended. */
    void forget(TlsGate gate);

    /** TLS has failed on the connection; called at most once. */
    void onFailed();
  }

  /** The only version of TLS that passes. */
  static final String PROTOCOL = "TLSv1.3";

  private final Keeper keeper;
  private final Channel channel;
  private final SslHandler tls;
  private final PeerProof proof;
  private final Optional<CertifiedNode> expected;
  private boolean open;
  private boolean failed;

  /**
   * Creates the gate of a connection.
   *
   * @param expected the node that must answer; empty for a caller, whose hello is compared later
   */
  TlsGate(
      Keeper keeper,
      Channel channel,
      SslHandler tls,
      PeerProof proof,
      Optional<CertifiedNode> expected) {
    this.keeper = keeper;
    this.channel = channel;
    this.tls = tls;
    this.proof = proof;
    this.expected = expected;
  }

  /** The certificates of the peer, its own first; empty before it has proved who it is. */
  List<X509Certificate> certificates() {
    return proof.proven();
  }

  /** Closes the connection; any thread. */
  void close() {
    channel.close();
  }

  /** The address of the peer, as text for the log. */
  String address() {
    return String.valueOf(channel.remoteAddress());
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent end) {
      if (end.isSuccess()) {
        pass(ctx);
      } else {
        fail(ctx, end.cause());
      }
    } else if (event instanceof SslCloseCompletionEvent) {
      ctx.close(); // the peer sends nothing any more
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  private void pass(ChannelHandlerContext ctx) {
    CertifiedNode peer;
    try {
      peer = provenPeer();
    } catch (SSLException | TlsException e) {
      fail(ctx, e);
      return;
    }
    if (!keeper.admit(this)) {
      fail(ctx, new TlsException("was judged by files of TLS that have changed meanwhile"));
      return;
    }
    open = true;
    ctx.fireUserEventTriggered(peer);
  }

  /** Checks once more what TLS should have checked; then whom the certificate is for. */
  private CertifiedNode provenPeer() throws SSLPeerUnverifiedException, TlsException {
    SSLSession session = tls.engine().getSession();
    if (!session.getProtocol().equals(PROTOCOL)) {
      throw new TlsException("speaks " + session.getProtocol() + ", not TLS 1.3");
    }
    List<X509Certificate> proven = proof.proven();
    if (proven.isEmpty() || !session.getPeerCertificates()[0].equals(proven.getFirst())) {
      throw new TlsException("presented no certificate on this connection");
    }
    CertifiedNode peer;
    try {
      peer = CertifiedNode.of(proven.getFirst());
    } catch (TlsException e) {
      throw new TlsException("presented a certificate for no node: " + e.getMessage());
    }
    if (expected.isPresent() && !expected.get().equals(peer)) {
      throw new TlsException(
          "presented the certificate of "
              + peer
              + ", expected was "
              + expected.get()
              + "; check the addresses of the members, and the certificate of that node");
    }
    return peer;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object read) {
    if (open) {
      ctx.fireChannelRead(read);
    } else {
      ReferenceCountUtil.release(read);
      fail(ctx, new TlsException("sent data before it had proved who it is"));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (open && !isOfTls(cause)) {
      ctx.fireExceptionCaught(cause); // of the socket
    } else {
      fail(ctx, cause);
    }
  }

  private static boolean isOfTls(Throwable cause) {
    return cause instanceof SSLException || cause.getCause() instanceof SSLException;
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    keeper.forget(this);
    ctx.fireChannelInactive();
  }

  private void fail(ChannelHandlerContext ctx, Throwable cause) {
    if (!failed) {
      failed = true;
      keeper.onFailed();
      ctx.fireExceptionCaught(new TlsException(SafeText.reason(cause)));
    }
    open = false;
    ctx.close();
  }
}
