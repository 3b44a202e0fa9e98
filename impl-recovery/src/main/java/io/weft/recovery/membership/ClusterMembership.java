// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.ClusterState;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.NodeState;
import io.weft.api.RecoveryProgress;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.recovery.replay.RecoveryRedoReader;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.Membership;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Setback;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Membership agreed over a {@link io.weft.spi.membership.ClusterRegistry}: brings the events of
 * node, transport and timers to the {@link ViewAgreement}, and hands each {@link Effect} to the
 * part that carries it out. The parts bring the answers back as events.
 *
 * <pre>
 *   MembershipOutcome   what the node learns: joined, left, or why it must stop
 *   MembershipStatus    states of cluster and nodes, for operators
 *   MembershipChannel   messages to and from the others
 *   RegistryReader      reads the newest record, compares its terms
 *   NextOverrides       adds the moved buckets to a proposed record
 *   ProposalWriter      checks the redo logs, writes a proposed record
 *   RequestBox          reads and answers requests to change the members
 *   LockQueries         asks whether a process has ended
 *   FinalRegistryCall   one more call of the registry before a stop
 *   NumberSupply        reserves system change numbers
 *   ViewInstaller       puts a view in force
 *   Fencing             shuts failed nodes out
 *   RedoRecovery        reads the redo of failed nodes, has the cache recover their blocks
 *   RedoRetention       keeps that redo until no node needs it
 *   RecoveryMonitor     phases, metrics and log lines of a recovery
 *   Checkpointer        keeps the own redo log short
 * </pre>
 *
 * <p>Thread-safe. All events run on one serial executor ({@link AgreementLoop}), and so do the
 * calls of the parts; everything that blocks runs on {@link BlockingLanes}.
 */
public final class ClusterMembership implements Membership {
  /** Its service on the transport. */
  public static final int SERVICE = 2;

  /** Later than all times of a node, far enough from overflow. */
  private static final long NEVER_NS = Long.MAX_VALUE / 4;

  private final OwnNode node;
  private final boolean witness;
  private final long heartbeatNs;
  private final NodeRuntime runtime;
  private final Views views;
  private final CoherentCache cache;

  private final MembershipLog log;
  private final MembershipOutcome outcome;
  private final AgreementClock clock;
  private final AgreementLoop loop;
  private final MembershipChannel channel;
  private final BlockingLanes lanes;

  private final MembershipStatus status;
  private final RegistryReader reader;
  private final NextOverrides overrides;
  private final ProposalWriter writer;
  private final RequestBox requests;
  private final LockQueries locks;
  private final FinalRegistryCall finalCall;
  private final NumberSupply numbers;
  private final Setback numbering;
  private final ViewInForce inForce;
  private final ViewInstaller installer;
  private final Fencing fencing;
  private final RedoRecovery recovery;
  private final RedoRetention retention;
  private final RecoveryTrack track = new RecoveryTrack();
  private final RecoveryMonitor monitor;
  private final Checkpointer checkpointer;

  /** Owned by the serial executor. */
  private final ClockWatch clockWatch;

  /** Makes a node that is no member yet, and registers its service with the transport. */
  @Inject
  public ClusterMembership(
      MembershipSettings settings,
      OwnNode node,
      SharedStorage storage,
      BlockService blocks,
      FailureDetector detector,
      RecoveryRedoReader redoReader,
      AgreementRules rules) {
    this.node = node;
    witness = settings.witness();
    heartbeatNs = settings.heartbeat().toNanos();
    runtime = node.runtime();
    views = node.views();
    cache = blocks.cache();
    long leaseNs = settings.lease().toNanos();

    log = new MembershipLog(node);
    outcome = new MembershipOutcome(node, log);
    clock = new AgreementClock(runtime);
    clockWatch = new ClockWatch(leaseNs / 100 * settings.drift());
    status = new MembershipStatus(node.settings(), cache, clock, outcome);
    Serial serial = new Serial(runtime, outcome::onThrown);
    ViewAgreement agreement =
        new ViewAgreement(
            AgreementSettings.of(settings, node.settings(), storage, rules), detector);
    loop = new AgreementLoop(serial, clock, agreement, this::carryOut, this::publish);
    lanes = BlockingLanes.of(runtime);
    inForce = new ViewInForce(loop, track, outcome);

    DoubtfulRegistry registry = new DoubtfulRegistry(storage.registry());
    ViewRecordCodec recordCodec =
        new ViewRecordCodec(
            node.settings().clusterName(), node.settings().agreed(), storage.identity());
    ViewRecords records = new ViewRecords(registry, recordCodec);
    FailedNodeLogs logs =
        new FailedNodeLogs(storage.logs(), blocks.redo().survivesProcess(), redoReader);
    numbers = new NumberSupply(registry, blocks.clock(), lanes.registry(), loop, log);
    numbering = log.setback();
    requests = new RequestBox(registry, node.views(), loop, lanes.registry(), outcome, log);
    reader =
        new RegistryReader(
            node, registry, storage.identity(), records, rules, loop, lanes.registry(), outcome);
    overrides = new NextOverrides(blocks, log);
    writer = new ProposalWriter(records, logs, rules, numbers, lanes, loop, outcome, log);
    locks = new LockQueries(runtime, registry, lanes.locks(), loop, log);
    finalCall = new FinalRegistryCall(runtime, registry, lanes.registry(), leaseNs, outcome, log);

    monitor = new RecoveryMonitor(node, loop, cache, track, outcome, log);
    installer = new ViewInstaller(node, witness, blocks, loop, inForce, outcome, log);
    long killAfterNs = settings.kill() ? leaseNs / 2 : NEVER_NS;
    fencing =
        new Fencing(
            runtime,
            lanes.fencing(),
            clock,
            new SharedStorage(registry, storage.logs(), storage.blocks(), storage.identity()),
            killAfterNs,
            loop,
            inForce,
            log);
    recovery = new RedoRecovery(runtime, lanes.redo(), logs, blocks, loop, inForce, monitor, log);
    retention =
        new RedoRetention(runtime, lanes.storage(), logs, cache, loop, inForce, monitor, log);
    checkpointer =
        new Checkpointer(clock::now, cache, blocks.redo(), serial, lanes.storage(), settings);

    channel = new MembershipChannel(node.transport(), new MembershipCodec(recordCodec));
    channel.receive(this::onMessage);
  }

  // ---- life cycle

  @Override
  public CompletionStage<View> join() {
    lanes.registry().execute(this::joinNumbered);
    return outcome.joined();
  }

  /** A node joins only when its system change numbers are above all earlier ones. Blocks. */
  private void joinNumbered() {
    try {
      numbers.begin();
      loop.execute(
          (agreement, now) -> {
            agreement.join(now);
            beatLater();
          });
    } catch (WeftException e) {
      if (e.code().equals(MembershipErrors.REGISTRY_UNAVAILABLE)) {
        loop.execute((_, _) -> joinLater(e));
      } else {
        outcome.stop(e);
      }
    }
  }

  private void joinLater(WeftException e) {
    status.waitsToStart("its system change numbers: " + e.getMessage());
    long delay =
        numbering.met(
            () ->
                log.line(
                    "does not ask to join yet, it has no system change numbers: "
                        + e.getMessage()));
    runtime.schedule(delay, () -> lanes.registry().execute(this::joinNumbered));
  }

  @Override
  public CompletionStage<Void> leave() {
    loop.execute(ViewAgreement::leave);
    return outcome.left();
  }

  @Override
  public void close() {
    loop.close();
  }

  /** For checkers: reserves so many system change numbers at a time; before {@link #join}. */
  public void reserveInStridesOf(long count) {
    numbers.strides(count);
  }

  /** For checkers: the nodes that vote in the newest view that this node knows. */
  public NodeSet electors() {
    return status.electors();
  }

  // ---- status

  @Override
  public ClusterState clusterState() {
    return status.clusterState();
  }

  @Override
  public AgreedMembers members() {
    return status.members();
  }

  @Override
  public NodeState stateOf(NodeId node) {
    return status.stateOf(node);
  }

  @Override
  public Optional<RecoveryProgress> recovery() {
    return track.progress();
  }

  @Override
  public Joining joining() {
    return status.joining();
  }

  private void publish(ViewAgreement agreement, long now) {
    if (agreement.hasChanged()) {
      status.publish(agreement, now, inForce.redoTrouble());
    }
  }

  // ---- events of the transport

  @Override
  public void onConnected(NodeId peer, long incarnation) {
    loop.execute((agreement, now) -> agreement.onConnected(peer.value(), incarnation, now));
  }

  @Override
  public void onDisconnected(NodeId peer, long incarnation) {
    loop.execute((agreement, now) -> agreement.onDisconnected(peer.value(), incarnation, now));
  }

  @Override
  public void onGoodbye(NodeId peer, long incarnation) {
    loop.execute((agreement, now) -> agreement.onGoodbye(peer.value(), incarnation, now));
  }

  @Override
  public void onLost(NodeId peer, long incarnation, WeftException reason) {
    loop.execute((agreement, now) -> agreement.onLost(peer.value(), incarnation, now));
  }

  private void onMessage(int from, MembershipMessage message) {
    if (message.isForeign()) {
      loop.execute(ViewAgreement::onForeignMessage);
    } else {
      loop.execute(
          (agreement, now) -> {
            agreement.onMessage(from, message, now);
            numbers.refill(); // the transport has observed the sender's clock
          });
    }
  }

  // ---- heartbeats

  private void beatLater() {
    runtime.schedule(
        heartbeatNs,
        () -> {
          if (!loop.isClosed()) {
            cache.look();
            loop.executeBriefly(this::beat);
            beatLater();
          }
        });
  }

  private void beat(ViewAgreement agreement, long now) {
    lookAtClocks(agreement, now);
    if (views.isLeaseRevoked()) {
      agreement.onLeaseRevoked();
    }
    agreement.tick(now);
    numbers.refill();
    if (views.epoch() != Views.NO_EPOCH && !track.isUnderWay() && !witness) {
      checkpointer.tick();
    }
  }

  private void lookAtClocks(ViewAgreement agreement, long now) {
    long stoodStill = clockWatch.stoodStillNs(now, runtime.wallMillis());
    if (stoodStill > 0) {
      agreement.onClockStoodStill(now);
      log.info(
          "the wall clock has gone on by %d ms more than the monotonic clock: it was set, or this"
              + " machine stood still; reads the registry before its turn",
          stoodStill / 1_000_000);
    }
  }

  // ---- effects

  private void carryOut(ViewAgreement agreement, Effect effect) {
    switch (effect) {
      case Effect.Send e -> channel.send(e.to(), e.message());
      case Effect.ReadRegistry _ ->
          reader.read(agreement.leadsChanges() ? requests::pending : List::of);
      case Effect.Contact e -> node.transport().contacts(e.list().members());
      case Effect.AnswerRequest e -> requests.give(e);
      case Effect.CheckLogs e -> writer.checkLogs(e.proposal());
      case Effect.Propose e -> overrides.complete(e, record -> writer.propose(e, record));
      case Effect.AskStopped e -> locks.askStopped(e);
      case Effect.LookAtLock e -> locks.lookAtLock(e.incarnation());
      case Effect.DistrustLocks e -> locks.distrust(e.why());
      case Effect.Install e -> install(e.record());
      case Effect.Fence e -> fencing.fence(e);
      case Effect.Rebuild e when witness -> recovery.skip(e);
      case Effect.Rebuild e -> recovery.recover(e);
      case Effect.Complete e -> retention.complete(e.record());
      case Effect.DeleteLogs e -> retention.deleteLogs(e.record());
      case Effect.ExtendLease e -> views.lease(clock.bootTime(e.untilNs()));
      case Effect.Left _ -> outcome.leave();
      case Effect.Stop e -> stop(agreement, e);
      case Effect.Note e -> monitor.note(e);
    }
  }

  private void install(ViewRecord record) {
    monitor.begin(record.epoch(), loop.now());
    checkpointer.onView();
    installer.install(record);
    monitor.watch();
  }

  private void stop(ViewAgreement agreement, Effect.Stop e) {
    if (e.code().equals(MembershipErrors.OLD_INCARNATION)) {
      long last = agreement.known().map(record -> record.incarnation(node.id())).orElse(0L);
      finalCall.stopOldIncarnation(e, last);
    } else if (e.code().equals(MembershipErrors.NOT_FORMED)) {
      finalCall.stopUnformed(e, agreement.mayRun());
    } else {
      outcome.stop(new WeftException(e.code(), log.line(e.why())));
    }
  }
}
