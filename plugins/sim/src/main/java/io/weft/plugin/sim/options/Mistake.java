// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.options;

import io.weft.plugin.sim.storage.SimPlace;
import io.weft.spi.node.ClusterSettings;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * What an operator has got wrong when a node starts.
 *
 * @param away parts of the storage that are not mounted: there is an empty directory instead
 * @param otherSettings whether a setting has another value than on the other nodes
 */
public record Mistake(Set<SimPlace.Part> away, boolean otherSettings) {
  /** Everything is as it should be. */
  public static final Mistake NONE = new Mistake(Set.of(), false);

  /** A setting has another value. */
  public static final Mistake SETTINGS = new Mistake(Set.of(), true);

  public Mistake {
    away = Set.copyOf(away);
  }

  /** One part is not mounted, or several. */
  public static Mistake storage(SplittableRandom random) {
    SimPlace.Part[] parts = SimPlace.Part.values();
    int some = 1 + random.nextInt((1 << parts.length) - 1);
    Set<SimPlace.Part> away = EnumSet.noneOf(SimPlace.Part.class);
    for (SimPlace.Part part : parts) {
      if ((some & 1 << part.ordinal()) != 0) {
        away.add(part);
      }
    }
    return new Mistake(away, false);
  }

  public boolean hasAway(SimPlace.Part part) {
    return away.contains(part);
  }

  /** The node finds nothing at all: only {@code weft.storage-id} tells that from a first start. */
  public boolean hasNothing() {
    return away.size() == SimPlace.Part.values().length;
  }

  /** The settings that must be alike on all nodes. */
  public ClusterSettings settings() {
    return new ClusterSettings(
        new TreeMap<>(Map.of("weft.sim.setting", otherSettings ? "other" : "usual")));
  }
}
