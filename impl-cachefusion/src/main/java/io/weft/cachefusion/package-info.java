// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Keeps cached blocks coherent by shipping them from memory to memory.
 *
 * <h2>Concepts</h2>
 *
 * <ul>
 *   <li>A <em>block</em> has content and a version. Each block has one <em>master</em>, the node
 *       whose {@link io.weft.cachefusion.protocol.Directory} knows who holds it and lets one
 *       <em>transaction</em> for it run at a time.
 *   <li>A node is a <em>holder</em> of a block, with a {@linkplain
 *       io.weft.cachefusion.protocol.CacheEntry.Right right} to read or to change it ({@link
 *       io.weft.cachefusion.protocol.Holder}); it is a <em>requester</em> while it asks for one
 *       ({@link io.weft.cachefusion.protocol.Requester}); and it is a <em>keeper</em> while it has
 *       a past image of it ({@link io.weft.cachefusion.protocol.Keeper}).
 *   <li>The image of a held block is in a <em>frame</em> of off-heap memory ({@link
 *       io.weft.cachefusion.frame.FramePool}). Its state word says what application threads may do;
 *       they <em>pin</em> it with one compare-and-set.
 *   <li>A <em>block lease</em> is a pin in the hands of an application. It belongs to a scope, a
 *       reading or a change ({@link io.weft.cachefusion.scope.LeaseScope}). The <em>membership
 *       lease</em> is the node's: while it has expired, nothing that block leases show counts
 *       ({@link io.weft.cachefusion.node.RunState}).
 *   <li>Blocks are dealt to <em>shards</em> by bucket. A {@link io.weft.cachefusion.shard.Shard}
 *       runs the events of its blocks one at a time, on the threads that bring them.
 *   <li>What the machines want done, they ask {@link io.weft.cachefusion.protocol.Effects} for; the
 *       answers come back as events. What they may do is decided by the {@link
 *       io.weft.cachefusion.spec.Rules} of the specification.
 * </ul>
 *
 * <h2>Layers</h2>
 *
 * <p>Each is a package, and uses itself and those below it; {@code arch-tests} enforces that. A
 * higher layer that a lower one has to tell something is known to it as an interface of the lower
 * one: {@code Waiters}, {@code Effects}, {@code Recoverer}, {@code Prefetcher}.
 *
 * <pre>
 *   io.weft.cachefusion   puts the parts together; the entrance; settings
 *   scope                 block leases of applications
 *   recovery              directories from what members hold, blocks from redo
 *   shard                 events in, effects out
 *   storage               blocks on disk: written, forced, kept beside their places
 *   protocol              state machines and messages: no clock, thread, network or device
 *   frame                 off-heap memory and pins
 *   node                  executors, bounds, counters, whether the cache runs
 *   spec                  the rules by name, and the state that checkers see
 * </pre>
 *
 * <p>One package would need no class to be public. But fifty classes of eight subjects in one
 * folder do not show where a thought begins, and the compiler would not show who uses whom: what is
 * public in a layer is what others may use of it. The module exports none of it but this package
 * and {@code spec}.
 *
 * <h2>The way of a read miss</h2>
 *
 * <ol>
 *   <li>{@link io.weft.cachefusion.scope.LeaseScope#shared} checks the order of leases and tries to
 *       pin the block's frame. A local hit ends here. Else it makes a {@link
 *       io.weft.cachefusion.protocol.LeaseRequest} and waits ({@code ScopeWaiter}).
 *   <li>{@link io.weft.cachefusion.shard.Shard#acquire} brings it to the block's shard, where
 *       {@link io.weft.cachefusion.protocol.Leases} queues it and looks what can be done at once.
 *   <li>{@link io.weft.cachefusion.protocol.Requester} reserves a frame and sends a Request to the
 *       master; {@code ShardEffects} knows which node that is from the view's map ({@link
 *       io.weft.cachefusion.shard.ShardView}), and a node may be its own master.
 *   <li>{@link io.weft.cachefusion.protocol.Directory} begins a transaction, or queues the request
 *       behind the one under way. If nobody holds the block, it answers with a Grant from disk.
 *   <li>The requester reads the block itself: {@code Requester.recvGrant}, {@code
 *       ShardEffects.read}, {@link io.weft.cachefusion.storage.BlockStorage}. Had somebody held the
 *       block, a holder would have shipped it into the reserved frame instead ({@code
 *       Holder.recvForward}, {@link io.weft.cachefusion.shard.Interconnect}, and at the requester
 *       {@code CacheFusion.takeImage}).
 *   <li>{@code Requester.onRead} finds the request complete, links the frame, sends Done to the
 *       master, and has the waiting callers served: {@code Leases} pins the frame for each of them
 *       and wakes it.
 * </ol>
 *
 * <h2>The way of a commit</h2>
 *
 * <ol>
 *   <li>{@link io.weft.cachefusion.scope.ChangeScope} has written in place, into frames pinned
 *       exclusively, and kept the old bytes of the declared ranges.
 *   <li>{@code ChangeScope.apply} checks the membership lease, takes a system change number, and
 *       appends one redo record for all blocks ({@code RedoLog.append}).
 *   <li>It raises the versions, notes the record's LSN at each frame, and unpins. From here on the
 *       change has taken effect on this node; another node gets to see it only when its redo is
 *       durable (R2).
 *   <li>{@code ScopeWaiter.awaitDurable} flushes the redo log or waits for whoever does; then the
 *       membership lease is checked once more, and the commit is acknowledged.
 *   <li>Sooner or later {@link io.weft.cachefusion.protocol.WriteBack} writes the block, and a
 *       force makes it clean: for a checkpoint, because its frame is needed, or because a keeper
 *       asks.
 * </ol>
 *
 * <h2>The way of a recovery</h2>
 *
 * <ol>
 *   <li>{@link io.weft.cachefusion.recovery.DirectoryRebuild} installs the view in every shard:
 *       {@code Directory.install} keeps the entries that nothing under way and no outsider has
 *       touched, {@code Requester} and {@code Holder} send open requests and releases again.
 *   <li>It asks every member what it has of the rest; {@code Holdings} answers when the node's own
 *       writes of older views have ended ({@link io.weft.cachefusion.shard.OutsideWrites}).
 *   <li>When all have reported, {@code Directory.rebuildBusy} serves what was merely busy. When the
 *       failed nodes have stopped and their redo is there, {@code Directory.rebuild} serves all
 *       that somebody holds or that no redo names.
 *   <li>The others are recovered one by one, in the order of the redo strategy: {@link
 *       io.weft.cachefusion.recovery.BlockRecovery} reads the disk or a past image, applies redo,
 *       writes, forces, and serves. One that cannot be recovered is quarantined ({@code
 *       QuarantineLooks}).
 * </ol>
 *
 * <h2>Where more will go</h2>
 *
 * <p>A lock service (GES) will be a package beside {@code protocol}, with machines of its own: it
 * shares masters, views, shards' executors and the rebuild of directories with the blocks, and none
 * of their states. Frames that another process maps will come below {@link
 * io.weft.cachefusion.frame.FramePool}: only {@code FrameImages} has to come from memory that can
 * be mapped, since the records of frames stay in the node's heap.
 */
package io.weft.cachefusion;
