// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.api.NodeId;

/**
 * One end of a session: a node in one of its lives. Sequence numbers never outlive it.
 *
 * @param node the node
 * @param incarnation grows with every start of the node
 */
public record SessionId(NodeId node, long incarnation) {}
