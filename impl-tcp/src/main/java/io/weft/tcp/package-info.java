// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Carries messages and block images between nodes over TCP.
 *
 * <p>Peers, sessions, outboxes, and when to dial are those of every transport ({@link
 * io.weft.spi.peer}); this package has the sockets.
 *
 * <h2>Concepts</h2>
 *
 * <ul>
 *   <li>A <em>connection</em> is the socket that currently carries the frames of a session. Its
 *       reading half is the {@link io.weft.tcp.Connection}, its writing half the {@link
 *       io.weft.tcp.Link}.
 *   <li>A connection begins with a <em>handshake</em>. {@link io.weft.tcp.HandshakeHandler}
 *       exchanges the messages; {@link io.weft.tcp.Dialling} makes the attempts of the dialling
 *       side, and {@link io.weft.tcp.Accepting} is the dialled side.
 *   <li>A connection may be <em>encrypted</em> ({@link io.weft.tcp.tls}). Then the handshake begins
 *       when the peer has proved with its certificate which node it is.
 *   <li>A <em>pending caller</em> is one whose hello has not arrived ({@link
 *       io.weft.tcp.ListeningSocket}). A caller that does not fit is refused with a reason, and
 *       counted ({@link io.weft.spi.peer.Refusals}).
 *   <li>An <em>event loop</em> is a thread that serves a number of sockets. A peer and all its
 *       connections belong to one loop ({@link io.weft.tcp.IoLoop}), so they need no locks.
 *   <li>A <em>read batch</em> is the frames of one read of a socket. Messages that their handlers
 *       send leave together at its end.
 * </ul>
 *
 * <h2>Layers</h2>
 *
 * <p>A class uses those below it. It calls a higher one through an interface of its own, named in
 * brackets.
 *
 * <pre>
 *   TcpTransport              starts and stops the others
 *   ListeningSocket           callers                       [Accepting.Introductions]
 *   TcpCarrier, Accepting     the sockets of a peer; callers that fit
 *   Dialling                  attempts to connect
 *   Connection                reads frames
 *   Link, IoLoop              writes frames; batches        [Link.Owner]
 *   HandshakeHandler          hello and welcome
 *   EventLoops                threads and options of sockets
 * </pre>
 *
 * <h2>The way of a message</h2>
 *
 * <ol>
 *   <li>{@link io.weft.spi.peer.Peers#send} puts it into the inbox of the peer's outbox. If the
 *       session has ended, the message is dropped and its payload released.
 *   <li>{@link io.weft.spi.peer.Outbox#signalQueued} has the outbox drained: by this thread if it
 *       is idle, otherwise by the thread that is draining it. On an event loop that handles a read
 *       batch, this waits for the end of the batch ({@link io.weft.tcp.IoLoop#flushLater}); with a
 *       {@code batch-window}, for the end of the window ({@link io.weft.tcp.BatchWindow}).
 *   <li>The draining thread moves messages from the inbox into the lanes of the outbound session
 *       ({@code Outbox.takeMessages}), where each waits after earlier messages of its own lane and
 *       after higher lanes. A message gets its sequence number when it is sent; the session keeps
 *       it until it is acknowledged.
 *   <li>{@link io.weft.tcp.Link#writeBatch} encodes the frames of a batch ({@link
 *       io.weft.spi.session.Frame}): headers in the staging buffer, payloads in their own memory.
 *       One call passes all of them to the kernel, through the {@link io.weft.tcp.DirectSocket} on
 *       this thread. The rest that the kernel does not accept goes through the channel, and the
 *       next batch waits for it ({@link io.weft.tcp.Link.Owner#unblock}).
 *   <li>At the receiver the event loop reads into the {@link io.weft.tcp.ReceiveBuffer}. {@link
 *       io.weft.tcp.Connection#receive} checks each complete frame. {@link
 *       io.weft.spi.peer.FrameReceiver#onFrame} advances the clock to its SCN, and passes its
 *       acknowledgement to the outbox of the other direction.
 *   <li>{@link io.weft.spi.session.InboundSession#arrive} decides by number and epoch ({@link
 *       io.weft.spi.session.Arrival}): deliver it; drop a duplicate or a message of an older view;
 *       park a message of a later view ({@link io.weft.spi.peer.PeerConnection.Holder#park}). A gap
 *       breaks the connection.
 *   <li>{@link io.weft.spi.peer.Services#deliver} calls the handler on the event loop, with header
 *       and payload in the receive buffer: they are valid until it returns. An exception of the
 *       handler stops the node.
 *   <li>The next frame of the other direction acknowledges the message; without one, a separate
 *       frame does after {@code acknowledge-delay} ({@link io.weft.spi.peer.ReadBatch}). The
 *       sender's outbox then releases the payload ({@code Outbox.release}).
 * </ol>
 *
 * <h2>The way of a session</h2>
 *
 * <ol>
 *   <li>{@link io.weft.spi.peer.Connecting} dials: {@link io.weft.tcp.Dialling} connects, and sends
 *       hello. At the other node {@link io.weft.tcp.ListeningSocket} adds a pending caller, and
 *       {@link io.weft.tcp.Accepting} checks protocol, settings and storage ({@link
 *       io.weft.spi.session.Terms}).
 *   <li>{@link io.weft.tcp.TcpCarrier#adopt} moves the connection to the event loop of its peer;
 *       the {@link io.weft.spi.peer.Peer} asks {@link
 *       io.weft.spi.session.PeerIncarnations#refusalOf}, and answers.
 *   <li>After the welcome, on both sides {@link io.weft.tcp.TcpCarrier#handOver} replaces the
 *       handshake by a {@code Connection}, and the session sends again what the other side has not
 *       received.
 *   <li>A broken connection ends at {@link io.weft.spi.peer.Peer#onDisconnected}: the session waits
 *       for {@code resume-time}, and the dialling side connects again.
 *   <li>The session ends when that time has passed, with a goodbye, when a later incarnation of the
 *       peer connects, or when the members evict the incarnation ({@link
 *       io.weft.spi.peer.Peers#evict}). {@link io.weft.spi.peer.GuardedListener} notifies the
 *       engine; messages not yet acknowledged are dropped.
 * </ol>
 *
 * <h2>Changes of view</h2>
 *
 * <p>{@link io.weft.spi.peer.Peers#viewInstalled} sends a barrier through all event loops, then
 * delivers the messages parked for the new view, and then reports that the older epochs are quiet.
 * The epoch of a frame is compared with the current epoch immediately before its handler runs.
 */
package io.weft.tcp;
