// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.cluster;

import io.weft.plugin.sim.options.Mistake;
import io.weft.plugin.sim.storage.SimRegistry;
import java.util.HashMap;
import java.util.Map;

/** What operators have got wrong, by node: it has its effect when the node starts. */
public final class Mistakes {
  private final SimRegistry registry;
  private final Map<Integer, Mistake> mistakes = new HashMap<>();

  Mistakes(SimRegistry registry) {
    this.registry = registry;
  }

  /** From here on a node starts with something wrong, or with nothing. */
  public void make(int id, Mistake mistake) {
    mistakes.put(id, mistake);
  }

  /** All mistakes are noticed. */
  void clear() {
    mistakes.clear();
  }

  /** What is wrong when a node starts; nothing is missing before there is a storage. */
  Mistake of(int id) {
    Mistake mistake = mistakes.getOrDefault(id, Mistake.NONE);
    return registry.accepted() == 0 && !mistake.otherSettings() ? Mistake.NONE : mistake;
  }
}
