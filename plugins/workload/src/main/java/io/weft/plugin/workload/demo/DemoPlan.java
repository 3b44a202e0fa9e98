// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import java.util.Optional;

/**
 * What a demo is like.
 *
 * @param seconds how long the nodes work
 * @param accounts how many there are, 1 or more
 * @param counters how many hot counters there are, 1 to 10,000
 * @param threads of each node
 * @param victim the node that is killed and comes back, if one is
 */
public record DemoPlan(
    int seconds, int accounts, int counters, int threads, Optional<Integer> victim) {}
