// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;

/**
 * Texts for the log about what a peer has sent. A peer chooses the names in its certificates, so
 * they may contain lines that look like other entries of the log. A peer's bytes may contain
 * secrets: a hello in plaintext has the identity of the storage. Stateless.
 */
final class SafeText {
  /** Longest text, in characters. */
  private static final int LONGEST = 300;

  /** Most causes of an exception that are looked at. */
  private static final int MOST_CAUSES = 16;

  private SafeText() {}

  /** The text with everything replaced that is no printable ASCII character, and cut off. */
  static String of(String text) {
    StringBuilder safe = new StringBuilder();
    text.chars().limit(LONGEST).forEach(c -> safe.append(c < ' ' || c > '~' ? '?' : (char) c));
    return text.length() > LONGEST ? safe + "..." : safe.toString();
  }

  /** Why TLS has failed, as a sentence whose subject is the peer. */
  static String reason(Throwable thrown) {
    Throwable last = thrown;
    Throwable at = thrown;
    for (int i = 0; i < MOST_CAUSES && at != null; i++) {
      Optional<String> known = known(at);
      if (known.isPresent()) {
        return known.get();
      }
      last = at;
      at = at.getCause();
    }
    return "TLS failed: " + last.getClass().getSimpleName() + ": " + of("" + last.getMessage());
  }

  private static Optional<String> known(Throwable thrown) {
    return switch (thrown) {
      case TlsException own -> Optional.of(own.getMessage());
      case NotSslRecordException _ ->
          Optional.of(
              "does not speak TLS; if it is a node, set weft.transport.tcp.tls alike on all nodes");
      case SslHandshakeTimeoutException _ ->
          Optional.of("did not finish the TLS handshake within handshake-timeout");
      case ClosedChannelException _ ->
          Optional.of(
              "closed the connection during the TLS handshake; perhaps it does not speak TLS");
      case RejectedExecutionException _ ->
          Optional.of("called while too many TLS handshakes were waiting");
      case CertificateExpiredException _ -> Optional.of("presented a certificate that has expired");
      case CertificateNotYetValidException _ ->
          Optional.of("presented a certificate that is not valid yet; check the clocks");
      case CertPathValidatorException e
          when e.getReason() == CertPathValidatorException.BasicReason.REVOKED ->
          Optional.of("presented a certificate that is revoked");
      default -> ofMessage(String.valueOf(thrown.getMessage()));
    };
  }

  private static Optional<String> ofMessage(String message) {
    String lower = message.toLowerCase(Locale.ROOT);
    if (lower.contains("empty client certificate chain")
        || lower.contains("peer_did_not_return_a_certificate")) {
      return Optional.of("presented no certificate");
    } else if (lower.contains("unable to find valid certification path")) {
      return Optional.of("presented a certificate that no trusted authority has issued");
    }
    return Optional.empty();
  }
}
