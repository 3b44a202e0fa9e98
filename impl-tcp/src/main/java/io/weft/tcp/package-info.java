// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Carries messages and block images between nodes over TCP.
 *
 * <h2>Concepts</h2>
 *
 * <ul>
 *   <li>A <em>peer</em> is another configured node ({@link io.weft.tcp.Peer}), member of the view
 *       or not. It has one <em>life</em> after the other, each with a greater incarnation; {@link
 *       io.weft.tcp.Lives} knows which of them are over, and who is welcome.
 *   <li>A <em>session</em> joins one life of either node and makes delivery exactly once, over any
 *       number of connections ({@link io.weft.spi.session}). {@link io.weft.tcp.PeerSession} holds
 *       its two halves: the {@link io.weft.tcp.Outbox} around an {@link
 *       io.weft.spi.session.OutboundSession}, and an {@link io.weft.spi.session.InboundSession}.
 *   <li>A <em>connection</em> is a socket that carries the frames of a session at the moment. Its
 *       reading half is the {@link io.weft.tcp.Connection}, its writing half the {@link
 *       io.weft.tcp.Link}.
 *   <li>Before frames flow there is a <em>handshake</em>: hello, then welcome or a refusal ({@link
 *       io.weft.tcp.HandshakeMessage}). {@link io.weft.tcp.HandshakeHandler} exchanges it, {@link
 *       io.weft.tcp.Dialling} is the side that speaks first, {@link io.weft.tcp.Accepting} the one
 *       that was called.
 *   <li>A <em>stranger</em> is a caller that has not introduced itself ({@link
 *       io.weft.tcp.ListeningSocket}); who does not fit is told so, and counted ({@link
 *       io.weft.tcp.Refusals}).
 *   <li>An <em>event loop</em> is a thread that serves some sockets. A peer and all its connections
 *       belong to one loop ({@link io.weft.tcp.IoLoop}), so they need no locks.
 *   <li>A <em>read batch</em> is what one read of a socket has brought. What handlers send
 *       meanwhile leaves together when it ends. A <em>burst</em> is the same for any other thread
 *       ({@link io.weft.spi.transport.Transport#beginBurst}).
 * </ul>
 *
 * <h2>Who knows whom</h2>
 *
 * <p>A class knows those below it. What it has to tell a higher one, it says in an interface of its
 * own, named in brackets.
 *
 * <pre>
 *   TcpTransport              starts and ends all of it, begins every message
 *   ListeningSocket           callers                       [Accepting.Introductions]
 *   PeerTable, Peer               sessions begin and end
 *   PeerSession, Dialling     what is kept; how it is found [Dialling.Seeker]
 *   Connection                reads frames                  [Connection.Holder]
 *   Outbox                    takes messages of all threads
 *   Link, IoLoop              writes frames; batches        [Link.Owner, IoLoop.Batched, .Owing]
 *   Refusals                  who is told why not
 *   HandshakeHandler          hello and welcome             [HandshakeHandler.Side]
 *   Lives, Services, News     state; handlers; listener
 *   LocalNode, NodeStop       this node, and its end
 *   EventLoops                threads and options of sockets
 * </pre>
 *
 * <h2>The way of a message</h2>
 *
 * <ol>
 *   <li>{@link io.weft.tcp.TcpTransport#send} puts it into the inbox of the peer's outbox. If the
 *       session has ended it is dropped, and its payload given back.
 *   <li>{@link io.weft.tcp.Outbox#signalQueued} sees to it that somebody runs the outbox: this
 *       thread on the spot if nobody is in, otherwise whoever is. On an event loop that handles a
 *       read batch it waits for the end of the batch ({@link io.weft.tcp.IoLoop#flushLater}); with
 *       a {@code batch-window}, for the end of that.
 *   <li>Whoever is in moves messages from the inbox into the lanes of the outbound session ({@code
 *       Outbox.takeMessages}), where each waits behind those of its own and of higher lanes. As
 *       soon as it goes to the wire it gets its sequence number; the session keeps it until it is
 *       acknowledged.
 *   <li>{@link io.weft.tcp.Link#writeBatch} encodes the frames of a batch ({@link
 *       io.weft.spi.session.Frame}): headers into the staging buffer, payloads from where they lie.
 *       One call gives all to the kernel, through the {@link io.weft.tcp.DirectSocket} on this
 *       thread. What the kernel does not take goes through the channel, and nothing else leaves
 *       before it has ({@link io.weft.tcp.Link.Owner#unblock}).
 *   <li>At the other end the event loop reads into the {@link io.weft.tcp.ReceiveBuffer}. {@link
 *       io.weft.tcp.Connection#receive} checks each complete frame, lets the clock see its SCN, and
 *       gives its acknowledgement to the outbox of the other direction.
 *   <li>{@link io.weft.spi.session.InboundSession#arrive} decides by number and epoch ({@link
 *       io.weft.spi.session.Arrival}): deliver; drop a duplicate, or what belongs to an older view;
 *       keep what belongs to a view to come ({@link io.weft.tcp.PeerSession#park}). A gap breaks
 *       the connection.
 *   <li>{@link io.weft.tcp.Services#deliver} calls the handler on the event loop, with header and
 *       payload in the receive buffer: they are valid until it returns. What it throws stops the
 *       node.
 *   <li>The next frame of the other direction acknowledges the message; if there is none, a frame
 *       of its own does after {@code acknowledge-delay} ({@link
 *       io.weft.tcp.IoLoop#acknowledgeLater}). The sender's outbox then gives the payload back
 *       ({@code Outbox.release}).
 * </ol>
 *
 * <h2>The way of a session</h2>
 *
 * <ol>
 *   <li>{@link io.weft.tcp.Dialling} connects and says hello; at the other node {@link
 *       io.weft.tcp.ListeningSocket} counts a stranger, and {@link io.weft.tcp.Accepting} checks
 *       protocol, settings and storage ({@link io.weft.spi.session.Terms}).
 *   <li>{@link io.weft.tcp.PeerTable#introduce} moves the connection to the event loop of its peer;
 *       {@link io.weft.tcp.Peer#onHello} asks {@link io.weft.tcp.Lives#refusalOf}, and answers.
 *   <li>After the welcome either side has {@link io.weft.tcp.PeerSession#carryOn} put a {@code
 *       Connection} in the place of the handshake, and {@link io.weft.tcp.PeerSession#resume} sends
 *       again what the other side had not received.
 *   <li>A broken connection ends at {@link io.weft.tcp.Peer#onDisconnected}: the session waits for
 *       {@code resume-time}, and the side that dials looks for the peer again.
 *   <li>The session ends when that time is over, with a goodbye, when a later life shows itself, or
 *       when the members evict the life ({@link io.weft.tcp.Peer#evict}). {@link io.weft.tcp.News}
 *       tells the engine; messages not yet acknowledged are dropped.
 * </ol>
 *
 * <h2>Changes of view</h2>
 *
 * <p>{@link io.weft.tcp.TcpTransport#viewInstalled} sends a barrier through all event loops ({@link
 * io.weft.tcp.PeerTable#onLoops}), then delivers what came before its view, and then reports that
 * the older epochs are quiet: a frame is judged by the epoch in force where and when its handler
 * would run.
 */
package io.weft.tcp;
