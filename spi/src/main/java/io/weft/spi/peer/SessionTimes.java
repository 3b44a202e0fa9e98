// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import java.time.Duration;

/**
 * The times of the sessions of a node.
 *
 * @param resume how long a session waits for a new connection
 * @param handshake longest time for connecting and for the handshake
 * @param goodbye longest wait for peers at a planned stop
 * @param acknowledgeDelay how long an acknowledgement waits for a message that carries it
 */
public record SessionTimes(
    Duration resume, Duration handshake, Duration goodbye, Duration acknowledgeDelay) {}
