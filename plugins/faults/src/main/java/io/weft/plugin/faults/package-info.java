// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Injected faults of a machine: {@link io.weft.plugin.faults.FaultyMachine} is the entry point. */
package io.weft.plugin.faults;
