// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** The entry point of the workloads: {@link io.weft.plugin.workload.Workloads}. */
package io.weft.plugin.workload;
