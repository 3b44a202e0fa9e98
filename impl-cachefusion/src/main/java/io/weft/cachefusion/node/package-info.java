// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What all layers use of their node: the state of the cache ({@link
 * io.weft.cachefusion.node.RunState}), executors that run one event at a time, bounds of queues,
 * counters, errors, and invariant checks.
 */
package io.weft.cachefusion.node;
