// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What both sides of a workload share: the lines that parent and nodes exchange, blocks with one
 * value, latencies, time, errors.
 */
package io.weft.plugin.workload.shared;
