// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Faults of a machine: {@link io.weft.plugin.faults.FaultyMachine} is the way in. */
package io.weft.plugin.faults;
