// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import java.util.Collection;

/**
 * The reports of all members after a view change, as far as they are about one shard.
 *
 * @param held locks in which members have a mode
 * @param known what former masters knew
 */
record LockReports(Collection<From> held, Collection<LockMessage.Known> known) {
  /** A lock in which the node {@code from} has a mode. */
  record From(int from, LockMessage.Held held) {}
}
