// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * {@code weft demo}: transfers between accounts and hot counters. {@link
 * io.weft.plugin.workload.demo.DemoRun} is the parent's part, {@link
 * io.weft.plugin.workload.demo.DemoJob} that of a node.
 */
package io.weft.plugin.workload.demo;
