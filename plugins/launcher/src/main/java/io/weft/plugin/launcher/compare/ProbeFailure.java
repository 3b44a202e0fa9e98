// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

/** A plugin could not be measured. The message says why, for an operator. */
final class ProbeFailure extends Exception {
  private static final long serialVersionUID = 1;

  ProbeFailure(String message) {
    super(message);
  }

  ProbeFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
