// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Unwraps errors. */
public final class Failures {
  private Failures() {}

  /** The error without the wrapping exceptions of futures. */
  public static Throwable unwrapped(Throwable error) {
    Throwable inner = error;
    while ((inner instanceof CompletionException || inner instanceof ExecutionException)
        && inner.getCause() != null) {
      inner = inner.getCause();
    }
    return inner;
  }

  /** The error as an unchecked exception. */
  public static RuntimeException asUnchecked(Throwable error) {
    return switch (unwrapped(error)) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      case Throwable e -> new IllegalStateException(e);
    };
  }

  /** The error code; the class name for other exceptions. */
  public static String codeOf(Throwable error) {
    return error instanceof WeftException e ? codeText(e.code()) : error.getClass().getName();
  }

  private static String codeText(ErrorCode code) {
    return code.toString();
  }
}
