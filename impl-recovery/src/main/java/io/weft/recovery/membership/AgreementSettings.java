// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import java.util.function.IntFunction;

/**
 * What {@link ViewAgreement} has to know. Times in nanoseconds.
 *
 * @param node this node
 * @param incarnation its life
 * @param witness whether it votes only
 * @param configured all nodes of the configuration, as a bitmap
 * @param leaseNs length of a lease, the same at all nodes
 * @param driftPercent how much the clocks of two nodes may differ in speed
 * @param heartbeatNs interval of the heartbeats
 * @param formWaitNs how long a quorum waits for the other nodes at a cold start
 * @param registryNs interval of the looks at the registry
 * @param registry what and where the registry is, for people
 * @param logs what and where the redo logs are, for people
 * @param names names nodes for people, with their addresses
 */
record AgreementSettings(
    int node,
    long incarnation,
    boolean witness,
    long configured,
    long leaseNs,
    int driftPercent,
    long heartbeatNs,
    long formWaitNs,
    long registryNs,
    String registry,
    String logs,
    IntFunction<String> names) {}
