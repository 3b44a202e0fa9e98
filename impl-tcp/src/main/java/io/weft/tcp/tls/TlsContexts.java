// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Makes contexts of TLS by one provider, all with the same rules: TLS 1.3, and both sides prove who
 * they are.
 *
 * @param provider what computes TLS
 */
record TlsContexts(SslProvider provider) {
  private static final List<String> SUITES =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

  /** Most turns of a handshake with itself; it takes three. */
  private static final int MOST_TURNS = 16;

  /**
   * By the chosen provider.
   *
   * @throws WeftException {@code TLS_FILES} if it cannot be loaded
   */
  static TlsContexts of(TlsSettings.Provider chosen) {
    boolean loads = chosen != TlsSettings.Provider.JDK && OpenSsl.isAvailable();
    if (chosen == TlsSettings.Provider.OPENSSL && !loads) {
      throw new WeftException(
          TransportErrors.TLS_FILES,
          "weft.transport.tcp.tls.provider = openssl, but its native library cannot be loaded; use"
              + " auto or jdk",
          OpenSsl.unavailabilityCause());
    }
    return new TlsContexts(loads ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK);
  }

  /** For a connection that a caller has opened. To be released. */
  SslContext server(KeyManagerFactory keys, X509ExtendedTrustManager judge) throws SSLException {
    return made(SslContextBuilder.forServer(keys), judge);
  }

  /** For a connection that this node makes. To be released. */
  SslContext client(KeyManagerFactory keys, X509ExtendedTrustManager judge) throws SSLException {
    return made(
        SslContextBuilder.forClient()
            .keyManager(keys)
            .endpointIdentificationAlgorithm(null), // the gate compares another kind of name
        judge);
  }

  private SslContext made(SslContextBuilder builder, X509ExtendedTrustManager judge)
      throws SSLException {
    return builder
        .sslProvider(provider)
        .protocols(TlsGate.PROTOCOL)
        .ciphers(SUITES)
        .clientAuth(ClientAuth.REQUIRE)
        .trustManager(judge)
        .build();
  }

  /**
   * Makes a handshake of this node with itself. So a kind of key that the provider does not support
   * is found while files are checked, and not on the first connection.
   *
   * @throws GeneralSecurityException if it fails
   */
  void tryOut(KeyManagerFactory keys, X509ExtendedTrustManager judge, String algorithm)
      throws GeneralSecurityException {
    Optional<Throwable> failure;
    try {
      failure = handshake(client(keys, judge), server(keys, judge));
    } catch (SSLException e) {
      failure = Optional.of(e);
    }
    if (failure.isPresent()) {
      throw new GeneralSecurityException(
          this
              + " makes no connection with this key of "
              + algorithm
              + "; use a key of EC, on the curve P-256 or P-384, or of RSA ("
              + SafeText.reason(failure.get())
              + ")",
          failure.get());
    }
  }

  private static Optional<Throwable> handshake(SslContext client, SslContext server) {
    EmbeddedChannel caller = new EmbeddedChannel();
    EmbeddedChannel called = new EmbeddedChannel();
    try {
      SslHandler asks = client.newHandler(caller.alloc());
      SslHandler answers = server.newHandler(called.alloc());
      called.pipeline().addLast(answers, new Ignoring());
      caller.pipeline().addLast(asks, new Ignoring());
      for (int i = 0; i < MOST_TURNS && !isOver(asks, answers); i++) {
        pass(caller, called);
        pass(called, caller);
      }
      if (asks.handshakeFuture().isSuccess() && answers.handshakeFuture().isSuccess()) {
        return Optional.empty();
      }
      return Stream.of(answers, asks) // the second one to finish knows why
          .map(side -> side.handshakeFuture().cause())
          .filter(cause -> cause != null)
          .findFirst()
          .or(() -> Optional.of(new SSLException("no end of the handshake")));
    } finally {
      end(caller);
      end(called);
      ReferenceCountUtil.release(client);
      ReferenceCountUtil.release(server);
    }
  }

  private static boolean isOver(SslHandler asks, SslHandler answers) {
    return asks.handshakeFuture().isDone() && answers.handshakeFuture().isDone();
  }

  private static void pass(EmbeddedChannel from, EmbeddedChannel to) {
    for (Object sent = from.readOutbound(); sent != null; sent = from.readOutbound()) {
      if (to.isOpen()) {
        to.writeOneInbound(sent);
      } else {
        ReferenceCountUtil.release(sent);
      }
    }
    if (to.isOpen()) {
      to.flushInbound();
    }
  }

  /** Passes no exception on: what fails is in the future of the handshake. */
  private static final class Ignoring extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {}
  }

  private static void end(EmbeddedChannel channel) {
    channel.close();
    channel.releaseInbound();
    channel.releaseOutbound();
  }

  /** The name of the provider, as text. */
  @Override
  public String toString() {
    return provider == SslProvider.JDK ? "the JDK" : "BoringSSL";
  }
}
