// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The processes of the nodes, seen from the parent: {@link io.weft.plugin.workload.fleet.Fleet}
 * starts them, speaks with them, kills them, and leaves none behind.
 */
package io.weft.plugin.workload.fleet;
