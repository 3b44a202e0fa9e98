// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.cachefusion.protocol.Leases;
import java.lang.ref.WeakReference;
import java.util.function.Predicate;

/**
 * The last few scopes that a thread has made, to detect that the thread waits for itself. Used by
 * that thread only; holds weak references.
 */
final class RecentScopes {
  /** Scopes remembered; with deeper nesting the thread gets a time-out instead. */
  private static final int MOST = 8;

  /** The leases of a scope. */
  interface Leases {
    /** Whether the calling thread holds the block in a mode that conflicts with {@code access}. */
    boolean conflictsWith(BlockId block, Access access);
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // there are no generic arrays
  private final WeakReference<Leases>[] scopes = new WeakReference[MOST];

  private int next;

  void add(Leases scope) {
    scopes[next] = new WeakReference<>(scope);
    next = (next + 1) % MOST;
  }

  boolean anyMatch(Predicate<Leases> condition) {
    for (WeakReference<Leases> each : scopes) {
      Leases scope = each == null ? null : each.get();
      if (scope != null && condition.test(scope)) {
        return true;
      }
    }
    return false;
  }
}
