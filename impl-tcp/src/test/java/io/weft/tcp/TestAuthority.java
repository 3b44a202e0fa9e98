// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import io.weft.tcp.tls.CertifiedNode;
import io.weft.tcp.tls.TlsSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority that issues certificates of nodes, made for one test. */
final class TestAuthority {
  private static final Duration DAY = Duration.ofDays(1);

  private final X509Bundle root;

  TestAuthority(String name) throws Exception {
    root =
        new CertificateBuilder()
            .subject("CN=" + name)
            .setIsCertificateAuthority(true)
            .setKeyUsage(true, KeyUsage.keyCertSign, KeyUsage.cRLSign)
            .ecp256()
            .buildSelfSigned();
  }

  String pem() {
    return root.getCertificatePEM();
  }

  /** The certificate of a node, good in every respect. */
  X509Bundle node(String cluster, int id) throws Exception {
    return issue(b -> b.addSanUriName(URI.create(CertifiedNode.of(cluster, id).toString())));
  }

  /** A certificate without a name, unless it is changed. */
  X509Bundle issue(UnaryOperator<CertificateBuilder> change) throws Exception {
    CertificateBuilder builder =
        new CertificateBuilder()
            .subject("CN=node")
            .ecp256()
            .notBefore(Instant.now().minus(DAY))
            .notAfter(Instant.now().plus(DAY.multipliedBy(365)))
            .setKeyUsage(true, KeyUsage.digitalSignature);
    return change.apply(builder).buildIssuedBy(root);
  }

  /** A list of revoked certificates. */
  String revoking(X509Bundle... revoked) throws Exception {
    return revokingUntil(Instant.now().plus(DAY), revoked);
  }

  String revokingUntil(Instant end, X509Bundle... revoked) throws Exception {
    Instant now = Instant.now();
    X509v2CRLBuilder list =
        new X509v2CRLBuilder(
            X500Name.getInstance(root.getCertificate().getSubjectX500Principal().getEncoded()),
            Date.from(now.minus(DAY.multipliedBy(2))));
    list.setNextUpdate(Date.from(end));
    for (X509Bundle certificate : revoked) {
      list.addCRLEntry(
          certificate.getCertificate().getSerialNumber(),
          Date.from(now.minus(DAY)),
          CRLReason.keyCompromise);
    }
    byte[] der =
        list.build(
                new JcaContentSignerBuilder("SHA256withECDSA")
                    .build(root.getKeyPair().getPrivate()))
            .getEncoded();
    return "-----BEGIN X509 CRL-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END X509 CRL-----\n";
  }

  /** The files of one node in a directory of its own, with a short interval between checks. */
  record NodeFiles(Path directory, TlsSettings.Provider provider) {
    NodeFiles(Path directory) {
      this(directory, TlsSettings.Provider.JDK);
    }

    NodeFiles certificate(X509Bundle certificate) throws IOException {
      // In this order a check between the two finds a key that does not fit, and goes on.
      write("chain.pem", certificate.getCertificatePathPEM());
      return write("key.pem", certificate.getPrivateKeyPEM());
    }

    NodeFiles trusting(TestAuthority... authorities) throws IOException {
      StringBuilder all = new StringBuilder();
      for (TestAuthority authority : authorities) {
        all.append(authority.pem());
      }
      return write("authorities.pem", all.toString());
    }

    NodeFiles revoked(String list) throws IOException {
      return write("revoked.pem", list);
    }

    NodeFiles write(String name, String text) throws IOException {
      Files.createDirectories(directory);
      Path fresh =
          Files.createTempFile(
              directory,
              name,
              ".new",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(fresh, text);
      Files.move(fresh, path(name), StandardCopyOption.ATOMIC_MOVE);
      return this;
    }

    Path path(String name) {
      return directory.resolve(name);
    }

    TlsSettings settings() {
      return new TlsSettings(
          TlsSettings.Mode.AUTO,
          provider,
          path("chain.pem").toString(),
          path("key.pem").toString(),
          existing("password"),
          path("authorities.pem").toString(),
          existing("revoked.pem"),
          Duration.ofMillis(100));
    }

    private String existing(String name) {
      return Files.exists(path(name)) ? path(name).toString() : "";
    }
  }
}
