// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.WeftException;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A part of a node without the node, as a plugin makes it: for measurements and tools. It has what
 * every part of a node can have (settings, runtime, metrics, file system, clock, storage identity)
 * and a fixed view of all configured members; it has no other plugins. Used by one thread.
 *
 * @param <T> the interface that the plugin fills
 */
public final class LonePart<T> implements AutoCloseable {
  private final T part;
  private final FirstFailure failure;
  private final Wiring wiring;
  private final PluginCalls calls;

  LonePart(T part, FirstFailure failure, Wiring wiring, PluginCalls calls) {
    this.part = part;
    this.failure = failure;
    this.wiring = wiring;
    this.calls = calls;
  }

  /** The part, behind the guard that it has in a node; not opened and not started. */
  public T part() {
    return part;
  }

  /** Completes with the reason for which the part would have stopped its node. */
  public CompletionStage<WeftException> failure() {
    return failure.first().minimalCompletionStage();
  }

  /**
   * Closes the part, and what was made for it.
   *
   * @throws WeftException {@link AssemblyErrors#PLUGIN_FAILED} if something could not be closed
   */
  @Override
  public void close() {
    List<Exception> failures = wiring.close();
    calls.close();
    if (!failures.isEmpty()) {
      throw new WeftException(
          AssemblyErrors.PLUGIN_FAILED,
          "it could not be closed: " + failures.getFirst().getMessage(),
          failures.getFirst());
    }
  }
}
