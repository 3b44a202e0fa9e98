// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import java.util.Optional;

/**
 * The parameters of a demo.
 *
 * @param seconds duration of the work
 * @param accounts number of accounts, 1 or more
 * @param counters number of hot counters, 1 to 10,000
 * @param threads of each node
 * @param victim the node that is killed and restarted, if any
 */
public record DemoPlan(
    int seconds, int accounts, int counters, int threads, Optional<Integer> victim) {}
