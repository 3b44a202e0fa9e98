// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import io.weft.cachefusion.spec.Rules;
import io.weft.spi.runtime.NodeRuntime;

/**
 * What every part of the cache may use of its node.
 *
 * @param self number of this node, 0 to 63
 * @param runtime time, threads and timers
 * @param bursts where the messages of several events in a row are gathered
 * @param run whether the cache runs
 * @param rules of the specification
 * @param counters what happens is counted here
 */
public record NodeServices(
    int self,
    NodeRuntime runtime,
    SerialExecutor.Bursts bursts,
    RunState run,
    Rules rules,
    CacheCounters counters) {}
