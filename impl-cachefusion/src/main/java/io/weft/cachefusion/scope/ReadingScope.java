// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.scope;

import io.weft.api.ReadConsistency;
import io.weft.api.Reading;

/** A scope of shared leases. */
public final class ReadingScope extends LeaseScope implements Reading {
  private final ReadConsistency consistency;

  public ReadingScope(ScopeContext context, ReadConsistency consistency) {
    super(context, consistency == ReadConsistency.STRICT);
    this.consistency = consistency;
  }

  @Override
  public ReadConsistency consistency() {
    return consistency;
  }

  @Override
  public void close() {
    boolean held = holdsAny();
    unpinAll();
    if (held) {
      run.checkMembershipLease();
    }
  }
}
