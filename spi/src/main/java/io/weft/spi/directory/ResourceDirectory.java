// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

/**
 * Tells who masters a block in the installed view. Thread-safe; one array read.
 *
 * <p>Rule RD-1: all nodes of a view agree. Rule RD-2: never blocks, never allocates.
 */
public interface ResourceDirectory {
  /** The node id of the master of {@code bucket}, 0 to 65,535. */
  int masterOfBucket(int bucket);

  /** The node id of the master of a block. */
  default int masterOf(int file, long number) {
    return masterOfBucket(Buckets.of(file, number));
  }

  /** How many buckets {@code node} masters. */
  int bucketsOf(int node);
}
