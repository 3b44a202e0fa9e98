// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

/** What follows a bucket to its next master: the global locks. */
@FunctionalInterface
public interface BucketFollower {
  /**
   * A bucket has another master, as this node has just learnt, or has become itself. Called on the
   * executor of the bucket's shard, before the node tells others.
   *
   * @param epoch of the view
   * @param number of the move
   */
  void onMoved(long epoch, int bucket, int master, int number);
}
