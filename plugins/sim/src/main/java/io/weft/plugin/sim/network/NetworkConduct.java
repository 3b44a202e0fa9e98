// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.plugin.sim.time.Delay;

/**
 * How a simulated network behaves.
 *
 * @param link from one session to the other, in order
 * @param reorder from the session to the engine, in any order
 * @param acknowledge until the receiver's session acknowledges
 * @param connected how long a connection lasts; {@link Delay#NONE}: for ever
 * @param broken until it comes back
 * @param resumeNs how long a session outlives its connection
 */
public record NetworkConduct(
    Delay link, Delay reorder, Delay acknowledge, Delay connected, Delay broken, long resumeNs) {}
