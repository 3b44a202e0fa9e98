// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import io.weft.cachefusion.spec.Rules;
import io.weft.spi.runtime.NodeRuntime;

/**
 * The services of the node that every part of the cache uses.
 *
 * @param self id of this node
 * @param runtime time, threads and timers
 * @param bursts gathers the messages of consecutive events
 * @param run the state of the cache: open, draining or stopped
 * @param the rules of the specification
 * @param counters the counters of this cache
 */
public record NodeServices(
    int self,
    NodeRuntime runtime,
    SerialExecutor.Bursts bursts,
    RunState run,
    Rules rules,
    CacheCounters counters) {}
