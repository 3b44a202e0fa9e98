// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Carries messages and block images between the processes of one host over shared memory.
 *
 * <h2>Concepts</h2>
 *
 * <ul>
 *   <li>The <em>directory of the cluster</em> is on a file system in memory. Its nodes find each
 *       other there ({@link io.weft.shm.ClusterDirectory}). An incarnation of a node has a lock
 *       file, by which others see that its process lives, and a page, through which they call and
 *       wake it ({@link io.weft.shm.NodePage}, {@link io.weft.shm.FileName}).
 *   <li>A <em>call</em> is a file that one node makes for another: a new connection. The called
 *       node maps it and deletes the file at once ({@link io.weft.shm.Wire}). What remains is
 *       memory that two processes share, and that the system frees when both have ended.
 *   <li>A connection has a <em>ring</em> for each direction, with one producer and one consumer
 *       ({@link io.weft.shm.Ring}, {@link io.weft.shm.RingWriter}, {@link io.weft.shm.RingReader}).
 *   <li>Sessions, the handshake, and which incarnation is accepted are the same as of every
 *       transport ({@link io.weft.spi.session}), and so are peers, outboxes, and when to dial
 *       ({@link io.weft.spi.peer}).
 *   <li>One <em>receiving thread</em> polls all rings, and sleeps on a futex when nothing comes
 *       ({@link io.weft.shm.ShmLoop}, {@link io.weft.shm.Futex}).
 * </ul>
 *
 * <h2>Layers</h2>
 *
 * <p>A class uses those below it. It calls a higher one through an interface of its own, named in
 * brackets.
 *
 * <pre>
 *   ShmTransport                starts and stops the others
 *   Calls                       callers                       [CallScreening.Introductions]
 *   RingCarrier, CallScreening  the connections of a peer; callers that fit
 *   RingDialling                attempts to connect
 *   RingConnection              reads frames
 *   RingLink                    writes frames
 *   RingHandshake               hello and welcome
 *   ShmLoop                     the receiving thread          [ShmLoop.Source]
 *   MessageReader, RingReader, RingWriter          records; fragments
 *   NodePlace, Wire, NodePage, ClusterDirectory    files
 *   Futex, Words                words of shared memory
 * </pre>
 *
 * <h2>The way of a message</h2>
 *
 * <ol>
 *   <li>{@link io.weft.spi.peer.Peers#send} queues it in the outbox of the peer, whose draining
 *       thread takes it into the lanes of the session, as over TCP.
 *   <li>{@link io.weft.shm.RingLink#writeBatch} encodes the frame in place in the ring and copies
 *       the payload there: the first copy. If there is no room, the frame and all behind it wait,
 *       and the peer is asked to report when it has made some.
 *   <li>The sender looks whether the peer sleeps, and wakes it.
 *   <li>{@link io.weft.shm.RingConnection#poll} of the peer finds the frame, and {@link
 *       io.weft.spi.peer.Services#deliver} calls the handler with header and payload where they lie
 *       in the ring. The engine copies an image from there into its frame: the second copy, and the
 *       last.
 *   <li>When the handler has returned, the record is zeroed and its room given back. The next frame
 *       of the other direction acknowledges the message, and the sender releases its payload.
 * </ol>
 *
 * <h2>When a process ends</h2>
 *
 * <p>A process that closes its end says so in the connection. One that is killed cannot, but its
 * lock is free: the receiving thread of each peer looks every 10 ms, with 15 connections or more
 * less often. What the killed process had written completely is still handled, then the connection
 * counts as broken, as a reset socket does, and its files are deleted. A paused process keeps its
 * lock: its ring fills, and messages for it wait in the session, within its bounds.
 *
 * <p>The memory of a connection stays mapped until both halves have given it up, the receiving one
 * on the receiving thread and the writing one on the thread that drains the outbox, after the
 * connection was detached from it. Every access to mapped memory is checked by the segment it goes
 * through; an access that came too late would be an exception and not a read of other memory.
 *
 * <h2>What holds up what</h2>
 *
 * <p>A handler runs on the receiving thread, so a slow one holds back all peers: their messages and
 * the look whether they live. It may not block ({@link io.weft.spi.transport.MessageHandler}).
 * Otherwise each connection has its turn after 32 messages, and tasks give way to connections after
 * 64. A call makes its file on the receiving thread, too: about 1 ms for rings of 1 MiB, more for
 * larger ones.
 */
package io.weft.shm;
