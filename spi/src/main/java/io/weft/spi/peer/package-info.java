// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** What transports share around the peers of a node: handlers, listener, and stopping the node. */
package io.weft.spi.peer;
