// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.api.ErrorCode;

/** The exit codes of the command. */
final class ExitCode {
  static final int DONE = 0;
  static final int FAILURE = 1;
  static final int MISTAKE = 2;

  private static final int FIRST_MISTAKE = 2001;
  private static final int LAST_MISTAKE = 2099;

  private ExitCode() {}

  /** The exit code after an error: mistakes in configurations have numbers of their own. */
  static int of(ErrorCode code) {
    return code.number() >= FIRST_MISTAKE && code.number() <= LAST_MISTAKE ? MISTAKE : FAILURE;
  }
}
