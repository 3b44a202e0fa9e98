// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.api.NodeId;

/**
 * One end of a session: one incarnation of a node. Sequence numbers are valid only between two such
 * ends.
 *
 * @param node the id of the node
 * @param incarnation a number that grows with every start of the node
 */
public record SessionId(NodeId node, long incarnation) {}
