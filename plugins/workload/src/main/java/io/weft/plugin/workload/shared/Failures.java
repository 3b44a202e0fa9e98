// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What an error is behind its wrappings. */
public final class Failures {
  private Failures() {}

  /** The error without the wrappings of futures. */
  public static Throwable unwrapped(Throwable error) {
    Throwable inner = error;
    while ((inner instanceof CompletionException || inner instanceof ExecutionException)
        && inner.getCause() != null) {
      inner = inner.getCause();
    }
    return inner;
  }

  /** The error as something that can be thrown from anywhere. */
  public static RuntimeException asUnchecked(Throwable error) {
    return switch (unwrapped(error)) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      case Throwable e -> new IllegalStateException(e);
    };
  }

  /** Its stable code; errors of other origin get their class name. */
  public static String codeOf(Throwable error) {
    return error instanceof WeftException e ? codeText(e.code()) : error.getClass().getName();
  }

  private static String codeText(ErrorCode code) {
    return code.toString();
  }
}
