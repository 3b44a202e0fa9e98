// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The frame around the work of one run, in the parent: its plan, what it shows meanwhile, and what
 * it says at the end. {@link io.weft.plugin.workload.run.Run} holds it together.
 */
package io.weft.plugin.workload.run;
