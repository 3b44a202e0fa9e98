// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The processes of the nodes, as seen from the parent: {@link io.weft.plugin.workload.fleet.Fleet}
 * starts them, exchanges messages with them, kills them, and leaves none running.
 */
package io.weft.plugin.workload.fleet;
