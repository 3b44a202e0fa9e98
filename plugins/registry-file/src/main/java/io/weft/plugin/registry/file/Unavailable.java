// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.runtime.NoSpace;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Describes why a call of the file system failed. */
final class Unavailable {
  private Unavailable() {}

  static WeftException because(String what, Path path, Exception e) {
    return new WeftException(
        MembershipErrors.REGISTRY_UNAVAILABLE,
        "cannot "
            + what
            + " "
            + path
            + ": "
            + reason(e)
            + (NoSpace.isReasonOf(e)
                ? "; free some space"
                : "; weft.registry.file.directory must be a directory of shared storage that this"
                    + " user may read and write, with hard links and POSIX locks"),
        e);
  }

  /** The error for an intact file of a later format version. */
  static WeftException later(Path path, int format, int known) {
    return new WeftException(
        MembershipErrors.BAD_REGISTRY,
        path
            + " was written by a later version of Weft: it has format "
            + format
            + ", this version knows up to "
            + known
            + "; it is intact: run that version on this node, too");
  }

  /** Describes an exception; some of {@code java.nio.file} have a path and no text. */
  private static String reason(Exception e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case NoSuchFileException _ -> "no such file or directory";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      case IOException io when io.getMessage() != null -> io.getMessage();
      default -> e.toString();
    };
  }
}
