// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Reads certificates, lists of revoked certificates and private keys in PEM. Stateless. */
final class Pem {
  /** How a private key signs in a trial, by its algorithm. */
  private static final Map<String, String> SIGNATURES =
      Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA", "EdDSA", "EdDSA");

  /** The line that begins a private key: what kind it is. */
  private static final Pattern BEGIN = Pattern.compile("-----BEGIN (|[A-Z]+ )PRIVATE KEY-----");

  /** A private key in PKCS #8: what kind it is, and its bytes in Base64. */
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN (|[A-Z]+ )PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END");

  private static final String ENCRYPTED = "ENCRYPTED ";

  /** The object identifier of the scheme PBES2 (RFC 8018). */
  private static final String PBES2 = "1.2.840.113549.1.5.13";

  private Pem() {}

  /** The certificates of a file, in its order; there is at least one. */
  static List<X509Certificate> certificates(byte[] pem) throws GeneralSecurityException {
    List<X509Certificate> all =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem))
            .stream()
            .map(X509Certificate.class::cast)
            .toList();
    if (all.isEmpty()) {
      throw new GeneralSecurityException("it has no certificate in PEM");
    }
    return all;
  }

  /** The lists of revoked certificates of a file; there is at least one. */
  static List<X509CRL> revocationLists(byte[] pem) throws GeneralSecurityException {
    List<X509CRL> all =
        CertificateFactory.getInstance("X.509").generateCRLs(new ByteArrayInputStream(pem)).stream()
            .map(X509CRL.class::cast)
            .toList();
    if (all.isEmpty()) {
      throw new GeneralSecurityException("it has no list of revoked certificates in PEM");
    }
    return all;
  }

  /**
   * The private key of a file, in PKCS #8.
   *
   * @param algorithm of the key that is expected
   */
  static PrivateKey privateKey(byte[] pem, Optional<byte[]> password, String algorithm)
      throws GeneralSecurityException {
    String text = new String(pem, StandardCharsets.ISO_8859_1);
    Matcher begin = BEGIN.matcher(text);
    if (!begin.find()) {
      throw new KeyException("it has no private key in PEM (BEGIN PRIVATE KEY)");
    }
    String kind = begin.group(1);
    if (!kind.isEmpty() && !kind.equals(ENCRYPTED)) {
      throw new KeyException(
          "it is not in PKCS #8; convert it with: openssl pkcs8 -topk8 -in OLD -out NEW");
    }
    Matcher block = KEY.matcher(text);
    if (!block.find(begin.start())) {
      throw new KeyException("its private key is cut off, or is no Base64");
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(block.group(2));
      return KeyFactory.getInstance(algorithm)
          .generatePrivate(
              kind.isEmpty() ? new PKCS8EncodedKeySpec(der) : decrypted(der, password));
    } catch (IllegalArgumentException | InvalidKeySpecException e) {
      throw new KeyException("it has no key for a certificate with a key of " + algorithm, e);
    }
  }

  private static KeySpec decrypted(byte[] der, Optional<byte[]> password)
      throws GeneralSecurityException {
    if (password.isEmpty()) {
      throw new KeyException("it is encrypted; set " + TlsSettings.PASSWORD_FILE);
    }
    char[] word = new String(password.get(), StandardCharsets.UTF_8).strip().toCharArray();
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
      // For the scheme PBES2, the name of the algorithm is only in the text of its parameters.
      String scheme =
          info.getAlgName().startsWith("PBES2") || info.getAlgName().equals(PBES2)
              ? info.getAlgParameters().toString()
              : info.getAlgName();
      Cipher cipher = Cipher.getInstance(scheme);
      cipher.init(
          Cipher.DECRYPT_MODE,
          SecretKeyFactory.getInstance(scheme).generateSecret(new PBEKeySpec(word)),
          info.getAlgParameters());
      return info.getKeySpec(cipher);
    } catch (IOException | GeneralSecurityException e) {
      throw new KeyException(
          "it cannot be decrypted; check "
              + TlsSettings.PASSWORD_FILE
              + ", or encrypt it in a way that this JDK knows: openssl pkcs8 -topk8 -v2 aes256",
          e);
    } finally {
      Arrays.fill(word, ' ');
    }
  }

  /** Whether a private key belongs to a public key: whether one verifies what the other signs. */
  static boolean fits(PrivateKey key, PublicKey published) throws GeneralSecurityException {
    String algorithm = published.getAlgorithm();
    Signature signature = Signature.getInstance(SIGNATURES.getOrDefault(algorithm, algorithm));
    byte[] text = {1, 2, 3};
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(published);
    signature.update(text);
    return signature.verify(signed);
  }
}
