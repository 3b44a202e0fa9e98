// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

/** The same with the smallest rings: they are often full, and long messages are divided. */
final class SmallRingContractTest extends ShmTransportContractTest {
  @Override
  protected int ringBytes() {
    return Ring.MIN_BYTES;
  }
}
