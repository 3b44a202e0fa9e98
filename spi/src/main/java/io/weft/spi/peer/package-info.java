// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What transports share around the peers of a node: everything but how bytes travel. A transport
 * supplies a {@link io.weft.spi.peer.Carrier} for each peer, its {@link io.weft.spi.peer.PeerLoop},
 * and its {@link io.weft.spi.peer.Handshake}, {@link io.weft.spi.peer.PeerConnection} and {@link
 * io.weft.spi.peer.FrameLink}.
 *
 * <h2>Concepts</h2>
 *
 * <ul>
 *   <li>A <em>peer</em> is another node of the cluster ({@link io.weft.spi.peer.Peer}), member of
 *       the view or not. Each of its runs is an <em>incarnation</em> with a larger number than the
 *       one before; {@link io.weft.spi.session.PeerIncarnations} has the ended ones, and decides
 *       which is accepted.
 *   <li>A <em>session</em> connects one incarnation of either node, and delivers each message
 *       exactly once over any number of connections ({@link io.weft.spi.session}). {@code
 *       PeerSession} holds its two halves: the {@link io.weft.spi.peer.Outbox} around an {@link
 *       io.weft.spi.session.OutboundSession}, and an {@link io.weft.spi.session.InboundSession}.
 *   <li>A <em>connection</em> carries the frames of a session until it breaks. It begins with a
 *       <em>handshake</em>: hello, then welcome or refusal ({@link
 *       io.weft.spi.session.HandshakeMessage}). {@link io.weft.spi.peer.Connecting} says when to
 *       dial, and is the dialling side.
 *   <li>A <em>loop</em> is a thread to which a peer and all its connections belong, so they need no
 *       locks.
 *   <li>Messages sent by handlers of one batch of arrivals leave together at its end. A
 *       <em>burst</em> does the same for any other thread ({@link
 *       io.weft.spi.transport.Transport#beginBurst}).
 * </ul>
 *
 * <h2>Layers</h2>
 *
 * <p>A class uses those below it. It calls a higher one through an interface of its own, named in
 * brackets.
 *
 * <pre>
 *   Peers                     all peers: messages to them, decisions about them
 *   PeerTable, Peer           sessions begin and end
 *   PeerSession               messages kept
 *   Carrier                   how bytes travel
 *   Connecting                when to dial                     [Connecting.Seeker, Dialler]
 *   FrameReceiver             handles and acknowledges frames
 *   PeerConnection            reads frames                     [PeerConnection.Holder]
 *   Outbox                    accepts messages from all threads [Outbox.Window]
 *   FrameLink                 writes frames
 *   Refusals                  refused callers
 *   HandshakeSide, Handshake  hello and welcome
 *   ReadBatch                 what leaves at the end of a batch
 *   PeerLoop                  the thread of a peer             [PeerLoop.Batched, Unacknowledged]
 *   LocalNode, Services, GuardedListener, NodeStop   this node; handlers; listener; stopping
 * </pre>
 */
package io.weft.spi.peer;
