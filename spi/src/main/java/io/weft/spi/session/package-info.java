// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Exactly-once sessions between two nodes, without I/O, for every transport and the simulator.
 *
 * <p>A session joins two {@link io.weft.spi.session.SessionId}s and lasts over any number of
 * connections. Each direction has an {@link io.weft.spi.session.OutboundSession} at the sender and
 * an {@link io.weft.spi.session.InboundSession} at the receiver. A link must carry frames in order
 * while it is connected, and may lose the frames in transit when it breaks.
 *
 * <ol>
 *   <li>Connected: take {@code outbound.next()} while {@code hasNext()}, send it with {@code
 *       inbound.received()} as acknowledgement, and call {@code inbound.acknowledgementSent()}.
 *   <li>A frame arrives: call {@code outbound.acknowledge(...)}, then {@code inbound.arrive(...)},
 *       which decides.
 *   <li>Disconnected: nothing to do. Messages may still be offered.
 *   <li>Reconnected: both sides exchange {@code inbound.received()} and call {@code
 *       outbound.resumeFrom(peer's number)}.
 *   <li>The peer is lost, has left or has been evicted: call {@code outbound.end()} and drop both
 *       halves. There is never a second session between the same two incarnations.
 *   <li>A view is installed: call {@code inbound.unpark(epoch)}.
 * </ol>
 *
 * <p>A connection begins with a handshake: the caller says hello, the called node answers with a
 * welcome or a refusal ({@link io.weft.spi.session.HandshakeMessage}). {@link
 * io.weft.spi.session.CallerCheck} decides whether the caller is a node of this cluster ({@link
 * io.weft.spi.session.Terms}), and {@link io.weft.spi.session.PeerIncarnations} whether this
 * incarnation of it is accepted now.
 */
package io.weft.spi.session;
