// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.weft.api.WeftException;
import io.weft.spi.metrics.Counter;
import io.weft.spi.peer.LimitedLog;
import io.weft.spi.transport.TransportErrors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;

/**
 * Mutual TLS 1.3. Each connection has a context of its own, so there is no earlier session that it
 * could resume: each peer proves its certificate on each connection. The files are watched; new
 * ones count for new connections. A peer whose certificate has been revoked is cut off.
 */
public final class TlsProtection implements Protection {
  private static final List<String> SUITES =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

  /** Threads that read files and compute handshakes, so that event loops do neither. */
  private static final int THREADS = 2;

  /** Longest wait for a last record of TLS when a connection is closed. */
  private static final long CLOSE_NOTIFY_MS = 200;

  private static final Logger LOG = System.getLogger(TlsProtection.class.getName());

  private final TlsSettings settings;
  private final CertifiedNode own;
  private final Duration handshakeTimeout;
  private final Counter failures;
  private final Counter reloads;
  private final SslProvider provider;
  private final ScheduledThreadPoolExecutor executor;
  private final LimitedLog badFiles = new LimitedLog(System::nanoTime);
  private final Set<TlsGate> admitted = ConcurrentHashMap.newKeySet();

  /** The files that {@link #credentials} were made of. Guarded by this. */
  private TlsFiles files;

  private volatile Credentials credentials;
  private volatile Instant warnedOfEnd = Instant.EPOCH;

  private TlsProtection(
      TlsSettings settings,
      CertifiedNode own,
      Duration handshakeTimeout,
      Counter failures,
      Counter reloads) {
    this.settings = settings;
    this.own = own;
    this.handshakeTimeout = handshakeTimeout;
    this.failures = failures;
    this.reloads = reloads;
    this.provider = providerOf(settings.provider());
    this.files = TlsFiles.read(settings);
    this.credentials = Credentials.of(files, settings, own, Instant.now());
    this.executor = new ScheduledThreadPoolExecutor(THREADS, TlsProtection::daemon);
  }

  /**
   * The protection that the settings choose, with all files read and checked.
   *
   * @param own the identity of this node
   * @param handshakeTimeout longest time for the handshake of TLS
   * @param failures counts connections on which TLS has failed
   * @param reloads counts changes of the files that count since then
   * @param onThrown called on any thread with an exception that is a defect
   * @throws WeftException {@code TLS_FILES} with everything that is wrong with the files
   */
  public static Protection of(
      TlsSettings settings,
      CertifiedNode own,
      Duration handshakeTimeout,
      Counter failures,
      Counter reloads,
      Consumer<Throwable> onThrown) {
    if (!settings.isOn()) {
      return new Plaintext(settings.mode() == TlsSettings.Mode.PLAINTEXT);
    }
    TlsProtection made = new TlsProtection(settings, own, handshakeTimeout, failures, reloads);
    made.warnOfEnd(Instant.now());
    made.watch(onThrown);
    return made;
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "weft-tcp-tls");
    thread.setDaemon(true);
    return thread;
  }

  private static SslProvider providerOf(TlsSettings.Provider chosen) {
    boolean loads = chosen != TlsSettings.Provider.JDK && OpenSsl.isAvailable();
    if (chosen == TlsSettings.Provider.OPENSSL && !loads) {
      throw new WeftException(
          TransportErrors.TLS_FILES,
          "weft.transport.tcp.tls.provider = openssl, but its native library cannot be loaded; use"
              + " auto or jdk",
          OpenSsl.unavailabilityCause());
    }
    return loads ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK;
  }

  // Files

  private void watch(Consumer<Throwable> onThrown) {
    executor.setRemoveOnCancelPolicy(true);
    long ms = settings.reloadInterval().toMillis();
    executor.scheduleWithFixedDelay(
        () -> {
          try {
            reload();
          } catch (Throwable t) { // the executor would keep it to itself, and stop watching
            onThrown.accept(t);
          }
        },
        ms,
        ms,
        TimeUnit.MILLISECONDS);
  }

  /**
   * Reads the files, and uses them from now on if they have changed and are good. Cuts off peers
   * whose certificate is revoked now. Blocks.
   */
  public synchronized void reload() {
    TlsFiles found = TlsFiles.read(settings);
    Instant now = Instant.now();
    if (!found.isSameAs(files)) {
      try {
        credentials = Credentials.of(found, settings, own, now);
        files = found;
        warnedOfEnd = Instant.EPOCH;
        reloads.increment();
        LOG.log(Level.INFO, "{0} uses the changed files of TLS: {1}", own, credentials);
        cutOffRevoked();
      } catch (WeftException e) {
        badFiles.warn(
            LOG,
            "the changed files of TLS are NOT used, the earlier ones stay in use until these are"
                + " good: "
                + e.getMessage());
      }
    }
    warnOfEnd(now);
  }

  private void cutOffRevoked() {
    Credentials present = credentials;
    for (TlsGate gate : admitted) {
      if (present.isAnyRevoked(gate.certificates())) {
        LOG.log(
            Level.WARNING,
            "the connection with {0} is closed: the certificate of the peer has been revoked",
            gate.address());
        gate.close();
      }
    }
  }

  /** Warns once a day if a certificate of this node or a list is about to end. */
  private void warnOfEnd(Instant now) {
    Optional<Instant> end = credentials.nearEnd(now);
    if (end.isPresent() && now.isAfter(warnedOfEnd.plus(1, ChronoUnit.DAYS))) {
      warnedOfEnd = now;
      LOG.log(
          Level.WARNING,
          "a certificate or list of revoked certificates of {0} ends at {1}; without a new one, no"
              + " connection is made after that",
          own,
          end.get());
    }
  }

  // Connections

  @Override
  public boolean isEncrypted() {
    return true;
  }

  @Override
  public void checkListening(InetSocketAddress address) {} // anywhere

  @Override
  public void accepted(Channel channel) {
    Credentials present = credentials;
    add(channel, SslContextBuilder.forServer(present.keys()), present, Optional.empty());
  }

  @Override
  public void dialled(Channel channel, CertifiedNode peer) {
    Credentials present = credentials;
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .keyManager(present.keys())
            .endpointIdentificationAlgorithm(null); // the gate compares another kind of name
    add(channel, builder, present, Optional.of(peer));
  }

  private void add(
      Channel channel,
      SslContextBuilder builder,
      Credentials present,
      Optional<CertifiedNode> expected) {
    PeerProof proof = new PeerProof(present.authorities());
    SslHandler tls = handler(builder, proof, channel.alloc());
    tls.setHandshakeTimeoutMillis(handshakeTimeout.toMillis());
    tls.setCloseNotifyFlushTimeoutMillis(CLOSE_NOTIFY_MS);
    channel
        .pipeline()
        .addLast(tls, new TlsGate(new Connections(present), channel, tls, proof, expected));
  }

  private SslHandler handler(SslContextBuilder builder, PeerProof proof, ByteBufAllocator alloc) {
    try {
      SslContext context =
          builder
              .sslProvider(provider)
              .protocols(TlsGate.PROTOCOL)
              .ciphers(SUITES)
              .clientAuth(ClientAuth.REQUIRE)
              .trustManager(proof)
              .build();
      try {
        return context.newHandler(alloc, executor);
      } finally {
        ReferenceCountUtil.release(context); // the handler keeps it as long as needed
      }
    } catch (SSLException e) {
      throw new IllegalStateException("files that were checked cannot be used", e);
    }
  }

  /** Keeps a connection whose peer has been judged by the given credentials. */
  private final class Connections implements TlsGate.Keeper {
    private final Credentials judge;

    Connections(Credentials judge) {
      this.judge = judge;
    }

    @Override
    public boolean admit(TlsGate gate) {
      admitted.add(gate); // first, so that a list that comes now is not missed
      return credentials == judge;
    }

    @Override
    public void forget(TlsGate gate) {
      admitted.remove(gate);
    }

    @Override
    public void onFailed() {
      failures.increment();
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }

  @Override
  public String toString() {
    return "TLS 1.3 by "
        + (provider == SslProvider.JDK ? "the JDK" : "BoringSSL")
        + " with "
        + credentials;
  }
}
