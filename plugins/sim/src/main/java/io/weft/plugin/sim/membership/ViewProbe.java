// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.membership;

import io.weft.plugin.sim.node.SimNode;
import java.util.Optional;

/** Sees every step of a view change as it is done. */
@FunctionalInterface
public interface ViewProbe {
  /** {@code node} has done a step, or the whole view has if there is none. */
  void onStep(ViewStep step, long epoch, Optional<SimNode> node);
}
