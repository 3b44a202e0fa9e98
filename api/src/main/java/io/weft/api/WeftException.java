// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * The exception for every error that Weft raises. The message names the object, the value and the
 * remedy.
 */
public final class WeftException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ErrorCode code;

  /** Creates an error without a cause. */
  public WeftException(ErrorCode code, String message) {
    super(message);
    this.code = code;
  }

  /** Creates an error with its cause. */
  public WeftException(ErrorCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** The code of this error. */
  public ErrorCode code() {
    return code;
  }

  @Override
  public String toString() {
    return code + ": " + getMessage();
  }
}
