// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

/** Which node masters which bucket. Thread-safe; one array read. */
public interface BucketMap {
  /** The node id of the master of {@code bucket}, 0 to 65,535. */
  int masterOfBucket(int bucket);

  /** The node id of the master of a block. */
  default int masterOf(int file, long number) {
    return masterOfBucket(Buckets.of(file, number));
  }

  /** How many buckets {@code node} masters. */
  int bucketsOf(int node);
}
