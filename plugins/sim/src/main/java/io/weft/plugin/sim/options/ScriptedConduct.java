// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.options;

import io.weft.plugin.sim.time.Delay;

/**
 * How the scripted membership behaves.
 *
 * @param leaseNs how long a lease is
 * @param marginNs how much longer an evictor waits
 * @param step until a member takes the next step
 */
public record ScriptedConduct(long leaseNs, long marginNs, Delay step) {}
