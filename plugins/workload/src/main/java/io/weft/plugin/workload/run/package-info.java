// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The environment of one run in the parent: its plan, progress and verdict. {@link
 * io.weft.plugin.workload.run.Run} is the central class.
 */
package io.weft.plugin.workload.run;
