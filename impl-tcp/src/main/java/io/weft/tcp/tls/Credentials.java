// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * What a node proves its identity with, and what it judges others by. Made of one reading of the
 * files, and only if all of them are good. Immutable.
 *
 * @param chain the certificate of this node, then its intermediate authorities
 * @param keys the private key with the chain, for TLS
 * @param authorities judges the certificates of peers
 * @param revoked lists of revoked certificates
 */
record Credentials(
    List<X509Certificate> chain,
    KeyManagerFactory keys,
    X509ExtendedTrustManager authorities,
    List<X509CRL> revoked) {
  /** How TLS calls the authentication of a peer if the kind of key plays no role. */
  private static final String ANY_KEY = "UNKNOWN";

  /** The algorithm of a key if the certificate is bad, so that it is not compared with it. */
  private static final String ANY = "EC";

  /** A step that may find that a file is bad. */
  private interface Step<T> {
    T take() throws GeneralSecurityException, IOException;
  }

  /**
   * Checks the files of a node.
   *
   * @param own what the certificate must be for
   * @throws WeftException {@code TLS_FILES} with everything that is wrong
   */
  static Credentials of(
      TlsFiles files, TlsSettings settings, CertifiedNode own, TlsContexts contexts, Instant now) {
    List<String> problems = new ArrayList<>(files.problems());
    Optional<List<X509Certificate>> chain =
        step(
            TlsSettings.CERTIFICATE_CHAIN,
            settings.certificateChain(),
            problems,
            () -> ownChain(files.chain(), own, now));
    Optional<PrivateKey> key =
        step(
            TlsSettings.PRIVATE_KEY,
            settings.privateKey(),
            problems,
            () ->
                Pem.privateKey(
                    files.key(),
                    files.password(),
                    chain.map(c -> c.getFirst().getPublicKey().getAlgorithm()).orElse(ANY)));
    Optional<List<X509Certificate>> anchors =
        step(
            TlsSettings.AUTHORITIES,
            settings.authorities(),
            problems,
            () -> Pem.certificates(files.authorities()));
    Optional<List<X509CRL>> lists =
        step(
            TlsSettings.REVOCATION_LIST,
            settings.revocationList(),
            problems,
            () -> revocationLists(files.revoked(), now));
    if (!problems.isEmpty()) {
      throw refused(problems);
    }
    Credentials made =
        step(
                TlsSettings.PRIVATE_KEY,
                settings.privateKey(),
                problems,
                () ->
                    joined(
                        chain.orElseThrow(),
                        key.orElseThrow(),
                        anchors.orElseThrow(),
                        lists.orElseThrow()))
            .orElseThrow(() -> refused(problems));
    step(
        TlsSettings.CERTIFICATE_CHAIN,
        settings.certificateChain(),
        problems,
        () -> usable(chain.orElseThrow(), anchors.orElseThrow()));
    step(
        TlsSettings.PRIVATE_KEY,
        settings.privateKey(),
        problems,
        () -> workable(made, anchors.orElseThrow(), contexts));
    if (!problems.isEmpty()) {
      throw refused(problems);
    }
    return made;
  }

  private static <T> Optional<T> step(
      String key, String file, List<String> problems, Step<T> step) {
    if (problems.stream().anyMatch(problem -> problem.startsWith(key + " = "))) {
      return Optional.empty(); // what is wrong with the file has been said
    }
    try {
      return Optional.of(step.take());
    } catch (GeneralSecurityException | IOException e) {
      problems.add(key + " = " + file + ": " + SafeText.of(String.valueOf(e.getMessage())));
      return Optional.empty();
    }
  }

  private static WeftException refused(List<String> problems) {
    return new WeftException(
        TransportErrors.TLS_FILES,
        problems.stream()
            .map(problem -> "weft.transport.tcp.tls." + problem)
            .collect(Collectors.joining("; ")));
  }

  private static List<X509Certificate> ownChain(byte[] pem, CertifiedNode own, Instant now)
      throws GeneralSecurityException, IOException {
    List<X509Certificate> chain = Pem.certificates(pem);
    X509Certificate first = chain.getFirst();
    inOrder(chain);
    CertifiedNode named = CertifiedNode.of(first);
    if (!named.equals(own)) {
      throw new CertificateException(
          "the certificate is for " + named + ", but this node is " + own);
    }
    if (now.isAfter(first.getNotAfter().toInstant())) {
      throw new CertificateException("it has expired at " + first.getNotAfter().toInstant());
    }
    if (now.isBefore(first.getNotBefore().toInstant())) {
      throw new CertificateException(
          "it is not valid before " + first.getNotBefore().toInstant() + "; check the clock");
    }
    return chain;
  }

  private static void inOrder(List<X509Certificate> chain) throws CertificateException {
    for (int i = 1; i < chain.size(); i++) {
      X509Certificate issued = chain.get(i - 1);
      if (!issued.getIssuerX500Principal().equals(chain.get(i).getSubjectX500Principal())) {
        throw new CertificateException(
            "certificate "
                + (i + 1)
                + " of the file, of "
                + chain.get(i).getSubjectX500Principal()
                + ", is not the issuer of the one before it; the certificate of the node comes"
                + " first, then each issuer");
      }
    }
  }

  private static List<X509CRL> revocationLists(Optional<byte[]> pem, Instant now)
      throws GeneralSecurityException {
    if (pem.isEmpty()) {
      return List.of();
    }
    List<X509CRL> lists = Pem.revocationLists(pem.get());
    for (X509CRL list : lists) {
      Optional<Instant> end = Optional.ofNullable(list.getNextUpdate()).map(Date::toInstant);
      if (end.isPresent() && now.isAfter(end.get())) {
        throw new CertificateException(
            "the list of "
                + list.getIssuerX500Principal()
                + " was to be replaced by "
                + end.get()
                + "; issue a new one, because no certificate passes against an old one");
      }
    }
    return lists;
  }

  private static Credentials joined(
      List<X509Certificate> chain,
      PrivateKey key,
      List<X509Certificate> anchors,
      List<X509CRL> lists)
      throws GeneralSecurityException, IOException {
    if (!Pem.fits(key, chain.getFirst().getPublicKey())) {
      throw new CertificateException(
          "it is not the key of the certificate in "
              + TlsSettings.CERTIFICATE_CHAIN
              + "; replace both files together");
    }
    char[] unused = new char[0];
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("node", key, unused, chain.toArray(X509Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
    keys.init(store, unused);
    return new Credentials(chain, keys, judge(anchors, lists), lists);
  }

  /** Judges certificates by authorities, and by lists of revoked ones if there are any. */
  private static X509ExtendedTrustManager judge(List<X509Certificate> anchors, List<X509CRL> lists)
      throws GeneralSecurityException {
    PKIXBuilderParameters parameters =
        new PKIXBuilderParameters(
            anchors.stream().map(a -> new TrustAnchor(a, null)).collect(Collectors.toSet()),
            new X509CertSelector());
    parameters.setRevocationEnabled(!lists.isEmpty());
    if (!lists.isEmpty()) {
      parameters.addCertStore(
          CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
      PKIXRevocationChecker checker =
          (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
      checker.setOptions(
          EnumSet.of(
              PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
      parameters.addCertPathChecker(checker);
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(new CertPathTrustManagerParameters(parameters));
    return Stream.of(factory.getTrustManagers())
        .filter(X509ExtendedTrustManager.class::isInstance)
        .map(X509ExtendedTrustManager.class::cast)
        .findFirst()
        .orElseThrow(() -> new GeneralSecurityException("this JDK has no X.509 trust manager"));
  }

  /**
   * Peers would accept the chain in both roles, if they trust the same authorities. Not judged by
   * the lists of revoked certificates: a revoked node must not keep an old list because of it.
   */
  private static Boolean usable(List<X509Certificate> chain, List<X509Certificate> anchors)
      throws GeneralSecurityException {
    X509Certificate[] certificates = chain.toArray(X509Certificate[]::new);
    X509ExtendedTrustManager peer = judge(anchors, List.of());
    inRole("client", () -> peer.checkClientTrusted(certificates, ANY_KEY));
    inRole("server", () -> peer.checkServerTrusted(certificates, ANY_KEY));
    return true;
  }

  /** Two nodes with this key could connect, if both had this provider of TLS. */
  private static Boolean workable(
      Credentials made, List<X509Certificate> anchors, TlsContexts contexts)
      throws GeneralSecurityException {
    String algorithm = made.chain().getFirst().getPublicKey().getAlgorithm();
    contexts.tryOut(made.keys(), judge(anchors, List.of()), algorithm);
    return true;
  }

  private interface Check {
    void run() throws CertificateException;
  }

  private static void inRole(String role, Check check) throws CertificateException {
    try {
      check.run();
    } catch (CertificateException e) {
      throw new CertificateException(
          "no node would accept it as a TLS "
              + role
              + ": "
              + SafeText.reason(e)
              + "; it must be issued by one of the authorities, for both clients and servers",
          e);
    }
  }

  /** Whether one of these certificates is in a list of its authority. */
  boolean isAnyRevoked(List<X509Certificate> certificates) {
    return certificates.stream()
        .anyMatch(
            certificate ->
                revoked.stream()
                    .anyMatch(
                        list ->
                            list.getIssuerX500Principal()
                                    .equals(certificate.getIssuerX500Principal())
                                && list.isRevoked(certificate)));
  }

  /** The end of a certificate of this node or of a list, if it is near. */
  Optional<Instant> nearEnd(Instant now) {
    Instant certificates = now.plus(14, ChronoUnit.DAYS);
    Instant lists = now.plus(1, ChronoUnit.DAYS);
    return Stream.concat(
            chain.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .filter(certificates::isAfter),
            revoked.stream()
                .map(X509CRL::getNextUpdate)
                .filter(end -> end != null && lists.isAfter(end.toInstant()))
                .map(Date::toInstant))
        .min(Instant::compareTo);
  }

  /** Names the certificate, without anything secret. */
  @Override
  public String toString() {
    X509Certificate own = chain.getFirst();
    return "certificate "
        + own.getSerialNumber().toString(16)
        + ", valid until "
        + own.getNotAfter().toInstant()
        + (revoked.isEmpty() ? "; revocation is not checked" : "");
  }
}
