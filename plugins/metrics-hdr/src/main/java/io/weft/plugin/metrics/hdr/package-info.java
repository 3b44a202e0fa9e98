// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Counts events and records latencies in HdrHistogram. */
package io.weft.plugin.metrics.hdr;
