// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Exactly-once sessions between two nodes, without I/O, for every transport and the simulator.
 *
 * <p>A session joins two {@link io.weft.spi.session.SessionId}s and lives over any number of
 * connections. Each direction has an {@link io.weft.spi.session.OutboundSession} at the sender and
 * an {@link io.weft.spi.session.InboundSession} at the receiver; a link only has to carry frames in
 * order while it stands, and may lose whatever is under way when it breaks.
 *
 * <ol>
 *   <li>Connected: take {@code outbound.next()} while {@code hasNext()}, send it with {@code
 *       inbound.received()} as acknowledgement, tell {@code inbound.acknowledgementSent()}.
 *   <li>A frame comes: {@code outbound.acknowledge(...)}, then {@code inbound.arrive(...)} decides.
 *   <li>Disconnected: nothing to do; messages go on being offered.
 *   <li>Reconnected: both sides exchange {@code inbound.received()} and call {@code
 *       outbound.resumeFrom(peer's number)}.
 *   <li>Lost, gone or evicted: {@code outbound.end()}, and both halves are dropped. A session that
 *       has ended is never begun again between the same two lives.
 *   <li>A view is installed: {@code inbound.unpark(epoch)}.
 * </ol>
 */
package io.weft.spi.session;
