// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import java.lang.ref.WeakReference;
import java.util.function.Predicate;

/**
 * The last few scopes that a thread has made, to tell it that it waits for itself. Used by that
 * thread; keeps nothing alive.
 */
final class RecentScopes {
  private static final int MOST = 8;

  @SuppressWarnings({"unchecked", "rawtypes"}) // there are no generic arrays
  private final WeakReference<LeaseScope>[] scopes = new WeakReference[MOST];

  private int next;

  void add(LeaseScope scope) {
    scopes[next] = new WeakReference<>(scope);
    next = (next + 1) % MOST;
  }

  boolean anyMatch(Predicate<LeaseScope> condition) {
    for (WeakReference<LeaseScope> each : scopes) {
      LeaseScope scope = each == null ? null : each.get();
      if (scope != null && condition.test(scope)) {
        return true;
      }
    }
    return false;
  }
}
