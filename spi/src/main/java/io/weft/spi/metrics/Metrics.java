// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.metrics;

import java.util.Map;

/**
 * Creates and lists the node's counters and recorders.
 *
 * <ul>
 *   <li>Rule MT-1: names are dotted kebab-case, for example {@code cache-fusion.disk-reads}; other
 *       names are refused with {@link IllegalArgumentException}.
 *   <li>Rule MT-2: two calls with the same name return the same object, on any thread.
 *   <li>Rule MT-3: descriptions are one sentence; an empty one is refused.
 * </ul>
 */
public interface Metrics {
  /** The counter of that name; created by the first call. */
  Counter counter(String name, String description);

  /** The recorder of that name; created by the first call. */
  Recorder recorder(String name, String description);

  /** All counters by name. */
  Map<String, Counter> counters();

  /** All recorders by name. */
  Map<String, Recorder> recorders();
}
