// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

/** The map from buckets to their masters. Thread-safe. A look-up is one array read. */
public interface BucketMap {
  /** The node id of the master of {@code bucket}; buckets are numbered 0 to 65,535. */
  int masterOfBucket(int bucket);

  /** The node id of the master of a block. */
  default int masterOf(int file, long number) {
    return masterOfBucket(Buckets.of(file, number));
  }

  /** The number of buckets that {@code node} masters. */
  int bucketsOf(int node);
}
