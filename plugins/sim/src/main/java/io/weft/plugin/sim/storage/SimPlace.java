// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.spi.node.StoragePlace;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * A directory of a part of the storage: the shared one, or an empty one where it is not mounted.
 */
public final class SimPlace implements StoragePlace {
  /** What the storage consists of. */
  public enum Part {
    REGISTRY,
    LOGS,
    BLOCKS
  }

  private final String name;
  private final BooleanSupplier blank;
  private Optional<UUID> identity = Optional.empty();

  SimPlace(Part part, BooleanSupplier blank) {
    this.name = part.name().toLowerCase(Locale.ROOT);
    this.blank = blank;
  }

  @Override
  public String where() {
    return "the simulated " + name;
  }

  @Override
  public String key() {
    return "weft.sim." + name;
  }

  @Override
  public Optional<UUID> identity() {
    return identity;
  }

  @Override
  public boolean isBlank() {
    return blank.getAsBoolean();
  }

  @Override
  public UUID mark(UUID wanted) {
    identity = Optional.of(identity.orElse(wanted));
    return identity.get();
  }
}
