// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Which nodes belong to the cluster, and the steps of a recovery up to the moment when the cache
 * has the redo. Reads the logs of others through {@link io.weft.recovery.replay.RecoveryRedoReader}
 * (made from {@link io.weft.recovery.replay.SealedLogs} by {@code MembershipModule}) and {@link
 * io.weft.recovery.redo.LogScanner}, and knows nothing else of them.
 *
 * <p>An <em>incarnation</em> ({@code NodeIncarnation}) is one run of a node. A <em>view record</em>
 * ({@code ViewRecord}) says for one epoch how each node stands ({@code EntryState}); the
 * {@linkplain io.weft.spi.membership.ClusterRegistry registry} accepts one of each epoch. A node
 * acts as a member under its <em>lease</em> ({@code MembershipLease}). A node that is out is
 * <em>fenced</em> ({@code Fencing}): it has stopped for certain, the store refuses it, its log is
 * sealed.
 *
 * <p>{@code ViewAgreement} decides: events in, {@code Effect}s out, no clock, no thread, no I/O. It
 * hands each event to one of its parts, and then lets each part do what is due. {@link
 * io.weft.recovery.membership.ClusterMembership} brings it the events, and passes each effect to
 * the class that carries it out. All events run on one serial executor ({@code AgreementLoop});
 * calls that block run on {@code BlockingLanes}. The way from a suspicion to the end of a recovery,
 * in methods of these and in effects:
 *
 * <ol>
 *   <li>{@code onLost}, {@code onDisconnected}, or a failure detector that suspects: {@code
 *       Suspicions.look}; {@code AskStopped} asks the registry whether the incarnation has ended.
 *   <li>{@code NextView.reform} says which nodes go and which come; {@code Election.propose} at the
 *       lowest member that stays makes a {@code Proposal}; {@code Election.onVote} counts by {@code
 *       QuorumRule}; {@code CheckLogs} looks for a registry that was set back ({@code
 *       LostRegistry}) and logs that have vanished ({@code MissingLogs}); {@code Propose} writes
 *       the record.
 *   <li>{@code ViewAgreement.adopt} at every member, by announcement or from the registry; {@code
 *       Install} puts the view in force: views, transport, directory, cache.
 *   <li>{@code Fence} at the proposer: certain stop, fence, seal. {@code fenced} in its status
 *       tells the others.
 *   <li>{@code Rebuild} at every member: {@link io.weft.recovery.replay.RecoveryRedoReader#read},
 *       the system change number moves to the largest one found, the cache gets the redo and
 *       recovers.
 *   <li>{@code RecoveryBarrier.follow} is the barrier: all have {@code recovered}, then {@code
 *       Complete}, in which each writes back what depends on that redo; all have {@code saved},
 *       then {@code DeleteLogs} at the proposer.
 * </ol>
 *
 * <p>A failure at any step is the next epoch, which does all of it again. Why this is safe is in
 * docs/protocols/membership.md.
 */
package io.weft.recovery.membership;
