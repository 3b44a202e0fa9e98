// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.handler.ssl.OpenSsl;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.LogLines;
import io.weft.spi.transport.TransportErrors;
import io.weft.tcp.TestAuthority.NodeFiles;
import io.weft.tcp.tls.CertifiedNode;
import io.weft.tcp.tls.TlsSettings;
import io.weft.tcp.tls.TlsSettings.Mode;
import io.weft.tcp.tls.TlsSettings.Provider;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.operator.OutputEncryptor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A node with files that cannot be used does not start, and says all that is wrong with them. */
@Timeout(300)
class TlsFilesTest {
  private static final String CLUSTER = "a cluster/with \u00e9";
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir Path directory;
  private final List<Member> members = TestNode.members(1);
  private TestAuthority authority;
  private X509Bundle good;
  private NodeFiles files;

  @BeforeEach
  void makeGoodFiles() throws Exception {
    authority = new TestAuthority("ours");
    good = authority.node(CLUSTER, 0);
    files = new NodeFiles(directory).certificate(good).trusting(authority);
  }

  private void start() {
    try (TestNode node =
        new TestNode(TestNode.node(CLUSTER, members, 0, 1), TestNode.encrypted(files.settings()))
            .handling((from, header, payload) -> {})) {
      node.start();
    }
  }

  private void assertRefused(String... parts) {
    WeftException e = assertThrows(WeftException.class, this::start);
    assertEquals(TransportErrors.TLS_FILES, e.code());
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  @Test
  void aNameWithAnyCharactersIsWrittenWithPercents() {
    assertEquals(
        "weft://a%20cluster%2Fwith%20%C3%A9/node/0", CertifiedNode.of(CLUSTER, 0).toString());
    start();
  }

  /** How files are spoilt. */
  private interface Spoil {
    void spoil(TlsFilesTest test) throws Exception;
  }

  private record Bad(String name, Spoil spoil, String... reasons) {
    @Override
    public String toString() {
      return name;
    }
  }

  private X509Bundle named(UnaryOperator<CertificateBuilder> change) throws Exception {
    URI name = URI.create(CertifiedNode.of(CLUSTER, 0).toString());
    return authority.issue(b -> change.apply(b.addSanUriName(name)));
  }

  static List<Bad> bad() {
    return List.of(
        new Bad("no file", t -> Files.delete(t.files.path("chain.pem")), "there is no such file"),
        new Bad("a directory", TlsFilesTest::putDirectory, "private-key", "cannot be read"),
        new Bad(
            "empty",
            t -> t.files.write("chain.pem", "").write("authorities.pem", ""),
            "certificate-chain",
            "authorities",
            "no certificate in PEM"),
        new Bad("garbage", t -> t.files.write("key.pem", "garbage"), "no private key in PEM"),
        new Bad(
            "a key in another format",
            t -> t.files.write("key.pem", "-----BEGIN RSA PRIVATE KEY-----\nMII=\n-----END RSA"),
            "openssl pkcs8 -topk8"),
        new Bad(
            "the key of another certificate",
            t -> t.files.write("key.pem", t.authority.node(CLUSTER, 0).getPrivateKeyPEM()),
            "private-key",
            "is not the key of the certificate"),
        new Bad(
            "a key of another algorithm",
            t -> t.files.write("key.pem", t.named(b -> b.rsa2048()).getPrivateKeyPEM()),
            "private-key"),
        new Bad(
            "a key that others may read",
            t ->
                Files.setPosixFilePermissions(
                    t.files.path("key.pem"), PosixFilePermissions.fromString("rw-r--r--")),
            "every user of this machine may read or change it",
            "chmod 600"),
        new Bad(
            "a node of another id",
            t -> t.files.certificate(t.authority.node(CLUSTER, 1)),
            "is for weft://a%20cluster%2Fwith%20%C3%A9/node/1, but this node is weft://"),
        new Bad(
            "a node of another cluster",
            t -> t.files.certificate(t.authority.node("x", 0)),
            "is for weft://x/node/0"),
        new Bad(
            "no node", t -> t.files.certificate(t.authority.issue(b -> b)), "weft://CLUSTER/node"),
        new Bad(
            "expired",
            t ->
                t.files.certificate(
                    t.named(b -> b.notAfter(Instant.now().minus(Duration.ofHours(1))))),
            "it has expired at"),
        new Bad(
            "not yet valid",
            t -> t.files.certificate(t.named(b -> b.notBefore(Instant.now().plus(DAY)))),
            "it is not valid before"),
        new Bad(
            "of another authority",
            t -> t.files.trusting(new TestAuthority("theirs")),
            "no node would accept it",
            "no trusted authority"),
        new Bad(
            "for servers only",
            t -> t.files.certificate(t.named(b -> b.addExtendedKeyUsageServerAuth())),
            "as a TLS client"),
        new Bad(
            "for clients only",
            t -> t.files.certificate(t.named(b -> b.addExtendedKeyUsageClientAuth())),
            "as a TLS server"),
        new Bad(
            "an old list",
            t ->
                t.files.revoked(
                    t.authority.revokingUntil(Instant.now().minus(Duration.ofHours(1)))),
            "revocation-list",
            "issue a new one"),
        new Bad(
            "a key in an encrypted form of old",
            t ->
                t.files.write(
                    "key.pem",
                    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                        + "DEK-Info: AES-256-CBC,00\n\nMII=\n-----END RSA PRIVATE KEY-----"),
            "openssl pkcs8 -topk8"),
        new Bad(
            "half a key",
            t -> t.files.write("key.pem", "-----BEGIN PRIVATE KEY-----\nMII"),
            "cut off"),
        new Bad("issuer first", t -> t.writeChain(t.authority.pem() + t.pem()), "comes first"),
        new Bad(
            "with another authority behind",
            t -> t.writeChain(t.pem() + new TestAuthority("theirs").pem()),
            "certificate-chain",
            "certificate 2 of the file, of CN=theirs, is not the issuer"),
        new Bad(
            "authorities that others may change",
            t ->
                Files.setPosixFilePermissions(
                    t.files.path("authorities.pem"), PosixFilePermissions.fromString("rw-r--rw-")),
            "authorities",
            "chmod o-w"),
        new Bad("a key of Ed25519", t -> t.useOpenSsl(ed25519()), "EdDSA", "P-256", "private-key"),
        new Bad("an empty list", t -> t.files.revoked(""), "no list of revoked certificates"));
  }

  private static CertificateBuilder.Algorithm ed25519() {
    return CertificateBuilder.Algorithm.ed25519;
  }

  private String pem() {
    return good.getCertificatePEM();
  }

  private void writeChain(String pem) throws Exception {
    files.write("chain.pem", pem);
  }

  /** With that library only such keys are refused; the JDK supports them. */
  private void useOpenSsl(CertificateBuilder.Algorithm algorithm) throws Exception {
    assumeTrue(OpenSsl.isAvailable());
    files =
        new NodeFiles(directory, Provider.OPENSSL)
            .certificate(named(b -> b.algorithm(algorithm)))
            .trusting(authority);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ecp256", "ecp384", "rsa2048", "ed25519"})
  void theJdkTakesManyKindsOfKeys(String algorithm) throws Exception {
    files.certificate(named(b -> b.algorithm(CertificateBuilder.Algorithm.valueOf(algorithm))));
    start();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ecp256", "ecp384", "rsa2048"})
  void theNativeLibraryTakesKeysOfEcAndRsa(String algorithm) throws Exception {
    useOpenSsl(CertificateBuilder.Algorithm.valueOf(algorithm));
    start();
  }

  @Test
  void linesMayEndAsOnWindows() throws Exception {
    for (String name : List.of("chain.pem", "key.pem", "authorities.pem")) {
      String text = Files.readString(files.path(name));
      files.write(name, "\uFEFF" + text.replaceAll("\r?\n", "\r\n"));
    }
    start();
  }

  @Test
  void linksToFilesAreFollowed() throws Exception {
    Path real = directory.resolve("real.pem");
    Files.move(files.path("key.pem"), real);
    Files.createSymbolicLink(files.path("key.pem"), real);
    start();
    Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-r-----"));
    start();
    Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-r--r--"));
    assertRefused("every user of this machine may read");
  }

  @Test
  void aMissingFileHidesNothingThatIsWrongWithOthers() throws Exception {
    Files.delete(files.path("chain.pem"));
    files.write("key.pem", "garbage").revoked("garbage");
    assertRefused("there is no such file", "no private key in PEM", "tls.revocation-list = ");
  }

  @Test
  void filesThatPlaintextLeavesUnusedAreNamed() {
    TlsSettings set = files.settings();
    TlsSettings plaintext =
        new TlsSettings(
            Mode.PLAINTEXT,
            set.provider(),
            set.certificateChain(),
            set.privateKey(),
            "",
            set.authorities(),
            "",
            set.reloadInterval());
    try (LogLines lines = new LogLines("io.weft.tcp.tls.Plaintext");
        TestNode node =
            new TestNode(TestNode.node(CLUSTER, members, 0, 1), TestNode.encrypted(plaintext))
                .handling((from, header, payload) -> {})) {
      node.start();
      assertTrue(lines.warnings().getFirst().contains("NOT USED"), lines::toString);
    }
  }

  private void putDirectory() throws Exception {
    Files.delete(files.path("key.pem"));
    Files.createDirectory(
        files.path("key.pem"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void badFilesAreRefusedAtTheStart(Bad bad) throws Exception {
    bad.spoil.spoil(this);
    assertRefused(bad.reasons);
  }

  @Test
  void allThatIsWrongIsSaidAtOnce() throws Exception {
    files.write("key.pem", "garbage").write("authorities.pem", "garbage").revoked("garbage");
    files.certificate(authority.node(CLUSTER, 7)).write("key.pem", "garbage");
    assertRefused(
        "tls.certificate-chain = ",
        "tls.private-key = ",
        "tls.authorities = ",
        "tls.revocation-list = ");
  }

  @ParameterizedTest
  @CsvSource({"secret,", "wrong, check private-key-password-file", "'', set private-key-password"})
  void anEncryptedKeyNeedsItsPassword(String password, String reason) throws Exception {
    OutputEncryptor encryptor =
        new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
            .setProvider(new BouncyCastleProvider())
            .setPRF(PKCS8Generator.PRF_HMACSHA256)
            .setPassword("secret".toCharArray())
            .build();
    StringWriter pem = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(pem)) {
      writer.writeObject(new JcaPKCS8Generator(good.getKeyPair().getPrivate(), encryptor));
    }
    files.write("key.pem", pem.toString());
    if (!password.isEmpty()) {
      files.write("password", password + "\n");
    }
    if (reason == null) {
      start();
    } else {
      assertRefused(reason);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "REQUIRED, '', k, a, certificate-chain is not set; with mode = required",
    "REQUIRED, c, '', a, private-key is not set; with mode = required",
    "AUTO, c, k, '', authorities is not set",
    "AUTO, '', '', a, certificate-chain is not set"
  })
  void settingsWithAFileMissingAreRefused(
      Mode mode, String chain, String key, String authorities, String reason) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new TlsSettings(
                    mode, Provider.AUTO, chain, key, "", authorities, "", Duration.ofSeconds(1)));
    assertTrue(e.getMessage().startsWith(reason), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(longs = {99, 3_600_001})
  void theIntervalHasARange(long ms) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new TlsSettings(
                    Mode.AUTO, Provider.AUTO, "", "", "", "", "", Duration.ofMillis(ms)));
    assertEquals("reload-interval = " + ms + " ms is outside 100 ms to 1 h", e.getMessage());
  }
}
