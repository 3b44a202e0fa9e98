// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * The stable number and name of an error. Numbers are never reused. Bands: 1000 core, 2000
 * configuration and assembly, 3000 interconnect, 4000 storage, 5000 cache fusion, 6000 redo log and
 * redo (6100 to 6199: workloads of the {@code weft} command), 7000 membership, 8000 global locks
 * (8500 to 8699: mastership), 9000 and above third parties.
 *
 * @param number 1000 or larger
 * @param name upper-case words joined by underscores
 * @param category what the caller can do
 */
public record ErrorCode(int number, String name, Category category) {
  /** Rejects numbers below 1000. */
  public ErrorCode {
    if (number < 1000) {
      throw new IllegalArgumentException("error number " + number + " is below 1000");
    }
  }

  @Override
  public String toString() {
    return "WEFT-" + number + " " + name;
  }
}
