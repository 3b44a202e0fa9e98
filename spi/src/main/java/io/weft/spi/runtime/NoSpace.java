// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

/**
 * Distinguishes a full file system, or an exhausted quota, from other I/O failures. Stateless and
 * thread-safe.
 */
public final class NoSpace {
  private NoSpace() {}

  /**
   * Whether a call of the file system failed for lack of space. The JDK has no exception for this
   * case. The method looks for the English messages of the C library.
   */
  public static boolean isReasonOf(Exception failure) {
    String words = String.valueOf(failure.getMessage());
    return words.contains("No space left") || words.contains("uota exceeded");
  }
}
