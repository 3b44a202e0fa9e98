// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.membership.ClusterRegistry;
import java.util.Optional;

/**
 * The view records in the registry. Its methods block, and throw the exceptions of the registry.
 * Immutable.
 */
final class ViewRecords {
  private final ClusterRegistry registry;
  private final ViewRecordCodec codec;

  ViewRecords(ClusterRegistry registry, ViewRecordCodec codec) {
    this.registry = registry;
    this.codec = codec;
  }

  Optional<ViewRecord> newest() {
    return registry.latest().map(entry -> codec.decode(entry.record()));
  }

  /** Whether the registry has accepted this record as the next one. */
  boolean propose(ViewRecord record) {
    return registry.propose(record.epoch(), codec.encode(record));
  }

  /** Whether the registry has a record of an epoch, or of a later one. */
  boolean hasReached(long epoch) {
    return registry.latest().filter(entry -> entry.epoch() >= epoch).isPresent();
  }
}
