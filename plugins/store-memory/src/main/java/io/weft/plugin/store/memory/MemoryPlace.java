// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

import io.weft.spi.node.StoragePlace;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The place of a storage in the memory of this process, which no other process can use. */
record MemoryPlace(String name) implements StoragePlace {
  @Override
  public String where() {
    return "the storage \"" + name + "\" in the memory of process " + process().pid();
  }

  @Override
  public String key() {
    return "weft.store.memory.name";
  }

  @Override
  public Optional<UUID> identity() {
    String started = process().info().startInstant().map(Instant::toString).orElse("");
    // A copy of this class in another module layer has blocks of its own.
    int copy = System.identityHashCode(SharedBlocks.class);
    String text = process().pid() + " " + started + " " + copy + " " + name;
    return Optional.of(UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public boolean isBlank() {
    return true;
  }

  @Override
  public UUID mark(UUID identity) {
    return identity().orElseThrow();
  }

  @Override
  public boolean outlivesProcess() {
    return false;
  }

  private static ProcessHandle process() {
    return ProcessHandle.current();
  }
}
