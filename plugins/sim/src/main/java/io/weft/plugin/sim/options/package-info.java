// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a seed decides before the run begins ({@link io.weft.plugin.sim.options.SimOptions}): sizes,
 * the conduct of devices, what users do, and what goes wrong.
 */
package io.weft.plugin.sim.options;
