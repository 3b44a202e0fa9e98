// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockOwner;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * The scopes that work for an owner, as far as it remembers them: those that were attached last.
 * Does not keep scopes alive that the application has forgotten. Thread-safe.
 */
final class AttachedScopes {
  /** The last one last; replaced as a whole. */
  private volatile List<WeakReference<AttachedScope>> scopes = List.of();

  synchronized void add(AttachedScope scope) {
    if (scopes.stream().anyMatch(each -> each.refersTo(scope))) {
      return;
    }
    List<WeakReference<AttachedScope>> all = new ArrayList<>(scopes);
    all.removeIf(each -> each.refersTo(null));
    if (all.size() == LockOwner.MAX_SCOPES) {
      all.removeFirst();
    }
    all.add(new WeakReference<>(scope));
    scopes = List.copyOf(all);
  }

  synchronized void remove(AttachedScope scope) {
    scopes = scopes.stream().filter(each -> !each.refersTo(scope)).toList();
  }

  synchronized void clear() {
    scopes = List.of();
  }

  /** The leases of all scopes that the calling thread may read. */
  List<HeldLease> leases() {
    List<WeakReference<AttachedScope>> all = scopes;
    if (all.isEmpty()) {
      return List.of();
    }
    List<HeldLease> held = new ArrayList<>();
    for (WeakReference<AttachedScope> each : all) {
      AttachedScope scope = each.get();
      if (scope != null) {
        scope.leases(held::add);
      }
    }
    return held;
  }
}
