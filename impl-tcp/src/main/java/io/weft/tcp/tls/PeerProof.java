// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Checks the certificates of the peer of one connection, and keeps the ones that have passed. What
 * is kept is the proof that they were checked on this connection, and not on an earlier one that
 * TLS has resumed. Thread-safe.
 */
final class PeerProof extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager authorities;
  private volatile List<X509Certificate> proven = List.of();

  PeerProof(X509ExtendedTrustManager authorities) {
    this.authorities = authorities;
  }

  /** The certificates that have passed, that of the peer first; empty if none has. */
  List<X509Certificate> proven() {
    return proven;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    authorities.checkClientTrusted(chain, authType, engine);
    proven = List.of(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    authorities.checkServerTrusted(chain, authType, engine);
    proven = List.of(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw unexpected();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw unexpected();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw unexpected();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw unexpected();
  }

  private static CertificateException unexpected() {
    return new CertificateException("certificates are checked with the engine of the connection");
  }

  /** None: a caller is not told which authorities count. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
