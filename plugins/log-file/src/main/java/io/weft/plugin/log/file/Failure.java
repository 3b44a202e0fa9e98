// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.api.WeftException;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.runtime.NoSpace;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Describes why a call of the file system failed. */
final class Failure {
  private Failure() {}

  /** The error for a failed call. */
  static WeftException of(String what, IOException cause) {
    boolean full = NoSpace.isReasonOf(cause);
    return new WeftException(
        full ? RedoErrors.LOG_FULL : RedoErrors.LOG_IO,
        "cannot "
            + what
            + ": "
            + reason(cause)
            + (full ? "; free some space" : "; check the device and the rights"),
        cause);
  }

  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case NoSuchFileException _ -> "no such file or directory";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }
}
