// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What all layers need of their node: whether the cache runs and may be trusted ({@link
 * io.weft.cachefusion.node.RunState}), executors that run one event at a time, bounds of what may
 * wait, counters, errors, and checks of invariants.
 */
package io.weft.cachefusion.node;
