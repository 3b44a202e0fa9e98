// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

/** Tells a file system that is full, or a quota that is used up, from one that fails. */
public final class NoSpace {
  private NoSpace() {}

  /**
   * Whether a call of the file system failed for want of space. The JDK has no exception of its own
   * for this; these are the words of the C library, in English.
   */
  public static boolean isReasonOf(Exception failure) {
    String words = String.valueOf(failure.getMessage());
    return words.contains("No space left") || words.contains("uota exceeded");
  }
}
