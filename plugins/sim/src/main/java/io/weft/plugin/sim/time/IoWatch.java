// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

/**
 * Sees every call of a node to a device, right before it takes effect and right after. Called
 * inside the call: code that kills the node there throws a {@link Crash} then.
 */
@FunctionalInterface
public interface IoWatch {
  /** Sees nothing. */
  IoWatch NONE = (io, process, done) -> {};

  /** What a node does with its devices. */
  enum Io {
    BLOCK_READ,
    /** A write is handed over. */
    BLOCK_WRITE,
    /** The writer hears that a write has landed, or was refused. */
    BLOCK_WRITTEN,
    BLOCK_FENCE,
    BLOCK_FORCE,
    LOG_LIST,
    LOG_CREATE,
    LOG_READ,
    LOG_WRITE,
    LOG_FORCE,
    LOG_RELEASE,
    LOG_SEAL,
    LOG_DELETE,
    REGISTRY_READ,
    REGISTRY_PROPOSE,
    REGISTRY_ASK
  }

  /**
   * A call begins or has taken effect.
   *
   * @param done false before the effect, true after it; what has none is only seen done
   */
  void onIo(Io io, SimProcess process, boolean done);
}
