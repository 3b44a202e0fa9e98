// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import java.util.Map;

/**
 * What a run was like.
 *
 * @param failures calls of users that failed
 * @param virtualNs how long it has taken in virtual time
 * @param hash over all that has happened, in its order
 * @param reordered messages that have overtaken others
 * @param resent frames that were sent again
 * @param disconnects connections that broke
 * @param counts of what happened to nodes and devices, by name
 */
public record RunResult(
    long seed,
    int operations,
    int failures,
    long steps,
    long virtualNs,
    long hash,
    long reordered,
    long resent,
    long disconnects,
    Map<String, Long> counts) {
  public RunResult {
    counts = Map.copyOf(counts);
  }
}
