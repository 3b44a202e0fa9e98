// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.metrics;

import java.util.Map;

/**
 * Makes and lists the node's counters and recorders.
 *
 * <p>Rule MT-1: names are dotted kebab-case, for example {@code cache-fusion.disk-reads}. Rule
 * MT-2: asking twice for a name returns the same object. Rule MT-3: descriptions are one sentence.
 */
public interface Metrics {
  /** The counter of that name. */
  Counter counter(String name, String description);

  /** The recorder of that name. */
  Recorder recorder(String name, String description);

  /** All counters by name. */
  Map<String, Counter> counters();

  /** All recorders by name. */
  Map<String, Recorder> recorders();
}
