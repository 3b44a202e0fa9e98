// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Counters and latency recorders. */
package io.weft.spi.metrics;
