// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.weft.api.WeftException;
import io.weft.spi.metrics.Counter;
import io.weft.spi.peer.LimitedLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Mutual TLS 1.3. Each connection has a context of its own, so there is no earlier session that it
 * could resume: each peer proves its certificate on each connection. The files are watched; new
 * ones count for new connections. A peer whose certificate has been revoked is cut off.
 */
public final class TlsProtection implements Protection {
  /** Longest wait for a last record of TLS when a connection is closed. */
  private static final long CLOSE_NOTIFY_MS = 200;

  private static final Logger LOG = System.getLogger(TlsProtection.class.getName());

  private final TlsSettings settings;
  private final CertifiedNode own;
  private final Duration handshakeTimeout;
  private final Counter failures;
  private final Counter reloads;
  private final TlsContexts contexts;
  private final TlsThreads threads;
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
    this.contexts = TlsContexts.of(settings.provider());
    this.files = TlsFiles.read(settings);
    this.credentials = Credentials.of(files, settings, own, contexts, Instant.now());
    this.threads = new TlsThreads();
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
      return new Plaintext(settings);
    }
    TlsProtection made = new TlsProtection(settings, own, handshakeTimeout, failures, reloads);
    made.warnOfEnd(Instant.now());
    made.watch(onThrown);
    return made;
  }

  // Files

  private void watch(Consumer<Throwable> onThrown) {
    threads.watch(
        () -> {
          try {
            reload();
          } catch (Throwable t) { // the executor would keep it to itself, and stop watching
            onThrown.accept(t);
          }
        },
        settings.reloadInterval().toMillis());
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
        credentials = Credentials.of(found, settings, own, contexts, now);
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
    add(channel, credentials, contexts::server, threads.callers(), Optional.empty());
  }

  @Override
  public void dialled(Channel channel, CertifiedNode peer) {
    add(channel, credentials, contexts::client, threads.dialled(), Optional.of(peer));
  }

  /** Makes the context of one side of a connection. */
  private interface Side {
    SslContext context(KeyManagerFactory keys, X509ExtendedTrustManager judge) throws SSLException;
  }

  private void add(
      Channel channel,
      Credentials present,
      Side side,
      Executor executor,
      Optional<CertifiedNode> expected) {
    PeerProof proof = new PeerProof(present.authorities());
    SslHandler tls = handler(channel, present, side, executor, proof);
    tls.setHandshakeTimeoutMillis(handshakeTimeout.toMillis());
    tls.setCloseNotifyFlushTimeoutMillis(CLOSE_NOTIFY_MS);
    channel
        .pipeline()
        .addLast(tls, new TlsGate(new Connections(present), channel, tls, proof, expected));
  }

  private static SslHandler handler(
      Channel channel, Credentials present, Side side, Executor executor, PeerProof proof) {
    try {
      SslContext context = side.context(present.keys(), proof);
      try {
        return context.newHandler(channel.alloc(), executor);
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
    threads.close();
  }

  @Override
  public String toString() {
    return "TLS 1.3 by " + contexts + " with " + credentials;
  }
}
