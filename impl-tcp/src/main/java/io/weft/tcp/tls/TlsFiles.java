// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The bytes of all files of a node, read at one time, and what was wrong while they were read. Two
 * readings are compared by their bytes: file times are too coarse, and links may be turned to other
 * files. Immutable.
 *
 * @param chain of the certificates of the node
 * @param key the private key
 * @param password of the private key, if it has one
 * @param authorities the trusted ones
 * @param revoked the lists of revoked certificates, if there are any
 * @param problems files that cannot be used, one sentence each
 */
record TlsFiles(
    byte[] chain,
    byte[] key,
    Optional<byte[]> password,
    byte[] authorities,
    Optional<byte[]> revoked,
    List<String> problems) {
  /** Longest file: 1 MiB, except that a list of revoked certificates may be 64 times as long. */
  private static final long MOST_BYTES = 1L << 20;

  private static final int LISTS = 64;

  private static final Set<PosixFilePermission> OF_OTHERS =
      Set.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);

  private static final Set<PosixFilePermission> CHANGE_BY_OTHERS =
      Set.of(PosixFilePermission.OTHERS_WRITE);

  /** Reads all files. Blocks. */
  static TlsFiles read(TlsSettings settings) {
    List<String> problems = new ArrayList<>();
    return new TlsFiles(
        file(TlsSettings.CERTIFICATE_CHAIN, settings.certificateChain(), false, problems)
            .orElse(new byte[0]),
        file(TlsSettings.PRIVATE_KEY, settings.privateKey(), true, problems).orElse(new byte[0]),
        file(TlsSettings.PASSWORD_FILE, settings.privateKeyPasswordFile(), true, problems),
        file(TlsSettings.AUTHORITIES, settings.authorities(), false, problems).orElse(new byte[0]),
        file(TlsSettings.REVOCATION_LIST, settings.revocationList(), false, problems),
        List.copyOf(problems));
  }

  private static Optional<byte[]> file(
      String key, String text, boolean secret, List<String> problems) {
    Optional<Path> path = TlsSettings.path(key, text);
    if (path.isEmpty()) {
      return Optional.empty();
    }
    try {
      long most = key.equals(TlsSettings.REVOCATION_LIST) ? LISTS * MOST_BYTES : MOST_BYTES;
      if (Files.size(path.get()) > most) {
        throw new IOException("it is longer than " + most + " bytes");
      }
      if (!Files.isRegularFile(path.get())) {
        throw new IOException("it is no regular file"); // reading it may not end
      }
      if (secret && isOpenToOthers(path.get(), OF_OTHERS)) {
        problems.add(
            key
                + " = "
                + path.get()
                + ": every user of this machine may read or change it; run chmod 600 on it, and"
                + " replace the key if another user may have read it");
      } else if (isOpenToOthers(path.get(), CHANGE_BY_OTHERS)) {
        problems.add(
            key
                + " = "
                + path.get()
                + ": every user of this machine may change it, and so decide whom this node trusts;"
                + " run chmod o-w on it, and check what it has");
      }
      return Optional.of(Files.readAllBytes(path.get()));
    } catch (IOException e) {
      problems.add(key + " = " + path.get() + ": " + why(e));
      return Optional.of(new byte[0]);
    }
  }

  private static boolean isOpenToOthers(Path path, Set<PosixFilePermission> forbidden)
      throws IOException {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix")
        && Files.getPosixFilePermissions(path).stream().anyMatch(forbidden::contains);
  }

  private static String why(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "there is no such file";
      case AccessDeniedException _ -> "this user may not read it";
      default -> "cannot be read: " + e.getMessage();
    };
  }

  /** Whether another reading has found the same. */
  boolean isSameAs(TlsFiles other) {
    return Arrays.equals(chain, other.chain)
        && Arrays.equals(key, other.key)
        && Arrays.equals(password.orElse(null), other.password.orElse(null))
        && Arrays.equals(authorities, other.authorities)
        && Arrays.equals(revoked.orElse(null), other.revoked.orElse(null))
        && problems.equals(other.problems);
  }

  /** Does not show what is in the files. */
  @Override
  public String toString() {
    return "files of TLS, " + problems.size() + " problems";
  }
}
