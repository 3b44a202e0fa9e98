// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import java.util.function.Consumer;

/** A scope of block leases that works for an owner of locks. */
public interface AttachedScope {
  /** The scope works for this owner from now on. On the scope's thread. */
  void worksFor(Owner owner);

  /** Lists the open leases, as far as the calling thread may read them. */
  void leases(Consumer<HeldLease> to);
}
