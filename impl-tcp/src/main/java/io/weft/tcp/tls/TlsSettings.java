// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import io.weft.spi.plugin.ConfiguredPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of the encryption of the TCP transport; {@code reference.conf} explains each. An empty
 * path means that there is no such file.
 *
 * @param mode when connections are encrypted
 * @param provider what computes TLS
 * @param certificateChain file with the certificate of this node, then its intermediate authorities
 * @param privateKey file with the private key of that certificate
 * @param privateKeyPasswordFile file with the password of the private key, if that is encrypted
 * @param authorities file with the certificates of the authorities whose nodes are trusted
 * @param revocationList file with a list of revoked certificates of each authority
 * @param reloadInterval time between two checks of the files, 100 ms to 1 h
 */
public record TlsSettings(
    Mode mode,
    Provider provider,
    String certificateChain,
    String privateKey,
    String privateKeyPasswordFile,
    String authorities,
    String revocationList,
    Duration reloadInterval) {
  /** When connections are encrypted. */
  public enum Mode {
    /** With certificates, always; without, in plaintext, but only on the loopback interface. */
    AUTO,
    /** Always; the files must be set. */
    REQUIRED,
    /** Never, on any network. */
    PLAINTEXT
  }

  /** What computes TLS. */
  public enum Provider {
    /** BoringSSL if its library loads, otherwise the JDK. */
    AUTO,
    /** The JDK. */
    JDK,
    /** BoringSSL; start fails without it. */
    OPENSSL
  }

  /** The key of the certificates of this node. */
  static final String CERTIFICATE_CHAIN = "certificate-chain";

  /** The key of the private key. */
  static final String PRIVATE_KEY = "private-key";

  /** The key of the password of the private key. */
  static final String PASSWORD_FILE = "private-key-password-file";

  /** The key of the trusted authorities. */
  static final String AUTHORITIES = "authorities";

  /** The key of the revoked certificates. */
  static final String REVOCATION_LIST = "revocation-list";

  private static final Duration LEAST_INTERVAL = Duration.ofMillis(100);
  private static final Duration MOST_INTERVAL = Duration.ofHours(1);

  /** Checks all ranges, and that no file is missing. */
  public TlsSettings {
    if (reloadInterval.compareTo(LEAST_INTERVAL) < 0
        || reloadInterval.compareTo(MOST_INTERVAL) > 0) {
      throw new IllegalArgumentException(
          "reload-interval = " + reloadInterval.toMillis() + " ms is outside 100 ms to 1 h");
    }
    boolean needed = mode == Mode.REQUIRED;
    boolean any =
        !(certificateChain + privateKey + privateKeyPasswordFile + authorities + revocationList)
            .isBlank();
    file(CERTIFICATE_CHAIN, certificateChain, needed, any);
    file(PRIVATE_KEY, privateKey, needed, any);
    file(AUTHORITIES, authorities, needed, any);
    file(PASSWORD_FILE, privateKeyPasswordFile, false, false);
    file(REVOCATION_LIST, revocationList, false, false);
  }

  private static void file(String key, String path, boolean needed, boolean anyOther) {
    if (!path.isBlank()) {
      ConfiguredPath.of(key, path);
    } else if (needed) {
      throw new IllegalArgumentException(
          key + " is not set; with mode = required, name the file, or choose another mode");
    } else if (anyOther) {
      throw new IllegalArgumentException(
          key
              + " is not set, but other files of tls are; name certificate-chain, private-key and"
              + " authorities, or none of them");
    }
  }

  /** The defaults: no certificate, so plaintext on the loopback interface only. */
  public static TlsSettings none() {
    return new TlsSettings(Mode.AUTO, Provider.AUTO, "", "", "", "", "", Duration.ofSeconds(1));
  }

  /** Whether connections are encrypted. */
  boolean isOn() {
    return mode != Mode.PLAINTEXT && !certificateChain.isBlank();
  }

  /** The file that a key names; empty if it names none. */
  static Optional<Path> path(String key, String text) {
    return text.isBlank() ? Optional.empty() : Optional.of(ConfiguredPath.of(key, text));
  }
}
