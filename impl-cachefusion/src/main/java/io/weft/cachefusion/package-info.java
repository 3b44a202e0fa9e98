// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Keeps cached blocks coherent by shipping them from memory to memory.
 *
 * <h2>Concepts</h2>
 *
 * <ul>
 *   <li>A <em>block</em> has content and a version. Each block has one <em>master</em>, the node
 *       whose {@link io.weft.cachefusion.protocol.Directory} knows its holders and runs one
 *       <em>transaction</em> for it at a time.
 *   <li>A node is a <em>holder</em> of a block, with a {@linkplain
 *       io.weft.cachefusion.protocol.CacheEntry.Right right} to read or to change it ({@link
 *       io.weft.cachefusion.protocol.Holder}); it is a <em>requester</em> while it asks for one
 *       ({@link io.weft.cachefusion.protocol.Requester}); and it is a <em>keeper</em> while it has
 *       a past image of it ({@link io.weft.cachefusion.protocol.Keeper}).
 *   <li>The image of a held block is in a <em>frame</em> of off-heap memory ({@link
 *       io.weft.cachefusion.frame.FramePool}). Its state word says what application threads may do;
 *       they <em>pin</em> it with one compare-and-set.
 *   <li>A <em>block lease</em> is a pin that an application holds. It belongs to a scope: a reading
 *       or a change ({@link io.weft.cachefusion.scope.LeaseScope}). The <em>membership lease</em>
 *       belongs to the node. After it has expired, content seen under block leases is not valid any
 *       more ({@link io.weft.cachefusion.node.RunState}).
 *   <li>Blocks are divided among <em>shards</em> by bucket. A {@link
 *       io.weft.cachefusion.shard.Shard} runs the events of its blocks one at a time, on the
 *       threads that submit them.
 *   <li>The state machines request messages and I/O through {@link
 *       io.weft.cachefusion.protocol.Effects}; the answers return as events. Every safety decision
 *       is a method of {@link io.weft.cachefusion.spec.Rules}, named after a rule of the
 *       specification.
 * </ul>
 *
 * <h2>Layers</h2>
 *
 * <p>Each layer is a package that uses only itself and the packages below it; {@code arch-tests}
 * enforces that. A lower layer calls a higher one through an interface of the lower layer: {@code
 * Waiters}, {@code Effects}, {@code Recoverer}, {@code Prefetcher}.
 *
 * <pre>
 *   io.weft.cachefusion   assembly, entry point, settings
 *   scope                 block leases of applications
 *   lock                  global locks; uses node and spec only
 *   recovery              rebuilds directories from reports, recovers blocks from redo
 *   shard                 events in, effects out
 *   storage               blocks on disk: writes, forces, saved images
 *   protocol              state machines and messages: no clock, thread, network or device
 *   frame                 off-heap memory and pins
 *   node                  executors, bounds, counters, whether the cache runs
 *   spec                  the rules by name, and the state that checkers see
 * </pre>
 *
 * <p>A public class of a layer is one that other layers may use. The module exports only this
 * package and {@code spec}.
 *
 * <h2>The way of a read miss</h2>
 *
 * <ol>
 *   <li>{@link io.weft.cachefusion.scope.LeaseScope#shared} checks the order of leases and tries to
 *       pin the block's frame. A local hit ends here. After a miss it makes a {@link
 *       io.weft.cachefusion.protocol.LeaseRequest} and waits ({@code ScopeWaiter}).
 *   <li>{@link io.weft.cachefusion.shard.Shard#acquire} submits it to the block's shard, where
 *       {@link io.weft.cachefusion.protocol.Leases} queues it and serves it at once if it can.
 *   <li>{@link io.weft.cachefusion.protocol.Requester} reserves a frame and sends a Request to the
 *       master; {@code ShardEffects} finds the master in the view's map ({@link
 *       io.weft.cachefusion.shard.ShardView}); it may be the same node.
 *   <li>{@link io.weft.cachefusion.protocol.Directory} begins a transaction, or queues the request
 *       behind the current one. If no node holds the block, it answers with a Grant from disk.
 *   <li>The requester reads the block itself: {@code Requester.recvGrant}, {@code
 *       ShardEffects.read}, {@link io.weft.cachefusion.storage.BlockStorage}. If a node holds the
 *       block, that holder ships it into the reserved frame instead ({@code Holder.recvForward},
 *       {@link io.weft.cachefusion.shard.Interconnect}, and at the requester {@code
 *       CacheFusion.takeImage}).
 *   <li>{@code Requester.onRead} completes the request: it links the frame and sends Done to the
 *       master. Then {@code Leases} pins the frame for each waiting caller and wakes it.
 * </ol>
 *
 * <h2>The way of a commit</h2>
 *
 * <ol>
 *   <li>{@link io.weft.cachefusion.scope.ChangeScope} lets the application write in place, into
 *       frames pinned exclusively, and saves the old bytes of the declared ranges for an abort.
 *   <li>{@code ChangeScope.apply} checks the membership lease, takes a system change number, and
 *       appends one redo record for all blocks ({@code RedoLog.append}).
 *   <li>It raises the versions, notes the record's LSN at each frame, and unpins. From here on the
 *       change has taken effect on this node. Another node can see it only after its redo is
 *       durable (R2).
 *   <li>{@code ScopeWaiter.awaitDurable} flushes the redo log, or waits for the thread that
 *       flushes. Then the membership lease is checked once more, and the commit is acknowledged.
 *   <li>Later {@link io.weft.cachefusion.protocol.WriteBack} writes the block and a force makes it
 *       clean: for a checkpoint, because its frame is needed, or at the request of a keeper.
 * </ol>
 *
 * <h2>The way of a recovery</h2>
 *
 * <ol>
 *   <li>{@link io.weft.cachefusion.recovery.DirectoryRebuild} installs the view in every shard:
 *       {@code Directory.install} keeps the entries that no open transaction and no node outside
 *       the view can have changed. {@code Requester} and {@code Holder} send open requests and
 *       releases again.
 *   <li>It asks every member what it holds of the other blocks. {@code Holdings} answers when the
 *       node's own writes of older views have ended ({@link
 *       io.weft.cachefusion.shard.OutsideWrites}).
 *   <li>When all members have reported, {@code Directory.rebuildBusy} serves blocks that were only
 *       busy. When the failed nodes have certainly stopped and their redo has been read, {@code
 *       Directory.rebuild} serves all blocks that a member holds or that no redo names.
 *   <li>The other blocks are recovered in the order of the redo strategy: {@link
 *       io.weft.cachefusion.recovery.BlockRecovery} reads the disk or a past image, applies redo,
 *       writes, forces, and serves. A block that cannot be recovered is quarantined ({@code
 *       QuarantineLooks}).
 * </ol>
 *
 * <h2>Extension points</h2>
 *
 * <p>Frames that another process maps fit below {@link io.weft.cachefusion.frame.FramePool}: only
 * {@code FrameImages} needs memory that can be mapped, because the records of frames stay in the
 * node's heap.
 */
package io.weft.cachefusion;
