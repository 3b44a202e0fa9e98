// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.BlockId;
import io.weft.api.ClusterState;
import io.weft.api.CoreErrors;
import io.weft.api.Epoch;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.NodeState;
import io.weft.api.RecoveryProgress;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.recovery.replay.RecoveryRedoReader;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.Membership;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.runtime.BlockingLane;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Setback;
import io.weft.spi.session.LamportClock;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Membership agreed over a {@link ClusterRegistry}: brings the events of transport, registry, cache
 * and timers to a {@link ViewAgreement}, and does what it wants done. Thread-safe; all events run
 * on one serial executor, everything that blocks on lanes of {@link NodeRuntime#blocking}.
 */
public final class ClusterMembership implements Membership {
  /** Its service on the transport. */
  public static final int SERVICE = 2;

  private static final Logger LOG = System.getLogger("io.weft.membership");

  /** How often a recovery under way is looked at. */
  private static final long WATCH_NS = 5_000_000;

  /** A log may vanish while it is read, if a former leader is just deleting what nobody needs. */
  private static final int READ_ATTEMPTS = 3;

  /** Between two attempts to read a damaged log that somebody may mend meanwhile. */
  private static final long MENDED_NS = 5_000_000_000L;

  /** One line a minute tells that a recovery waits. */
  private static final int ATTEMPTS_PER_LINE = 12;

  /** Quarantined blocks that a message names. */
  private static final int BLOCKS_NAMED = 16;

  private static final long READ_AGAIN_NS = 50_000_000;

  /** Beyond all times of a node, far enough from overflow. */
  private static final long NEVER_NS = Long.MAX_VALUE / 4;

  private final NodeSettings node;
  private final int self;
  private final boolean witness;
  private final long killAfterNs;
  private final long heartbeatNs;
  private final long lastAnswerNs;
  private final NodeRuntime runtime;
  private final Views views;
  private final Transport transport;
  private final ResourceDirectory directory;
  private final CoherentCache cache;
  private final BlockStore store;
  private final LogDevice logDevice;
  private final boolean survives;
  private final DoubtfulRegistry registry;
  private final LamportClock clock;
  private final NodeFailure failure;
  private final StorageIdentity storage;
  private final RecoveryRedoReader deadRedo;
  private final AgreementRules rules;

  private final long originNs;
  private final ClockWatch clockWatch;
  private final ViewRecordCodec records;
  private final MembershipCodec codec;
  private final Serial serial;

  /*
   * Lanes for calls that block, one for each thing that they wait for. So a registry that hangs
   * does not keep logs from being read, and a log device that hangs costs no lease. Views that
   * follow each other while a log is read take no further threads.
   */
  private final BlockingLane registryLane;
  private final BlockingLane askingLane;
  private final BlockingLane fencingLane;
  private final BlockingLane listingLane;
  private final BlockingLane redoLane;
  private final BlockingLane storageLane;

  private final ViewAgreement agreement;
  private final Checkpointer checkpointer;
  private final ReservedNumbers numbers;
  private final RecoveryTrack track = new RecoveryTrack();
  private final NodeStates states = new NodeStates();
  private final Setback proposing;
  private final Setback numbering;
  private final CompletableFuture<View> joined = new CompletableFuture<>();
  private final CompletableFuture<Void> left = new CompletableFuture<>();

  private final Counter total;
  private final Counter successful;
  private final Counter failed;
  private final Counter redoRecords;
  private final Counter blocksRecovered;
  private final Recorder time;

  private volatile ClusterState clusterState = ClusterState.INITIALIZING;
  private volatile Joining joining = Joining.UNKNOWN;

  /** Why the redo of failed nodes cannot be had at present; empty if it can. */
  private volatile Optional<String> trouble = Optional.empty();

  private volatile boolean closed;
  private volatile long epoch;

  /** Time of the newest event; owned by the serial executor. */
  private long eventNs;

  // Of the view in force; owned by the serial executor.
  private volatile OwnBuckets ownBuckets = OwnBuckets.ALL;
  private volatile List<BlockId> keptFor = List.of();
  private boolean redoGiven;
  private boolean served;
  private int deadLogsRead;
  private boolean watching;
  private boolean reserving;

  /** Makes a node that is no member yet, and registers its service with the transport. */
  @Inject
  public ClusterMembership(
      MembershipSettings settings,
      NodeSettings node,
      NodeRuntime runtime,
      Views views,
      Transport transport,
      ResourceDirectory directory,
      CoherentCache cache,
      BlockStore store,
      RedoLog redoLog,
      LogDevice logDevice,
      ClusterRegistry registry,
      FailureDetector detector,
      LamportClock clock,
      Metrics metrics,
      NodeFailure failure,
      StorageIdentity storage,
      RecoveryRedoReader deadRedo,
      AgreementRules rules) {
    this.node = node;
    this.self = node.nodeId().value();
    this.witness = settings.witness();
    this.killAfterNs = settings.kill() ? settings.lease().toNanos() / 2 : NEVER_NS;
    this.heartbeatNs = settings.heartbeat().toNanos();
    this.lastAnswerNs = settings.lease().toNanos();
    this.runtime = runtime;
    this.views = views;
    this.transport = transport;
    this.directory = directory;
    this.cache = cache;
    this.store = store;
    this.logDevice = logDevice;
    this.survives = redoLog.survivesProcess();
    this.registry = new DoubtfulRegistry(registry);
    this.clock = clock;
    this.failure = failure;
    this.storage = storage;
    this.deadRedo = deadRedo;
    this.rules = rules;
    originNs = runtime.bootTime();
    clockWatch = new ClockWatch(settings.lease().toNanos() / 100 * settings.drift());
    records = new ViewRecordCodec(node.clusterName(), node.agreed(), storage);
    proposing = new Setback(LOG, runtime::nanoTime);
    numbering = new Setback(LOG, runtime::nanoTime);
    codec = new MembershipCodec(records);
    serial = new Serial(runtime, this::onThrown);
    registryLane = new BlockingLane(runtime.blocking(), 1);
    askingLane = new BlockingLane(runtime.blocking(), 1);
    fencingLane = new BlockingLane(runtime.blocking(), 1);
    listingLane = new BlockingLane(runtime.blocking(), 1);
    redoLane = new BlockingLane(runtime.blocking(), 1);
    storageLane = new BlockingLane(runtime.blocking(), 1);
    agreement = new ViewAgreement(agreementSettings(settings, node, registry, logDevice), detector);
    checkpointer = new Checkpointer(this::now, cache, redoLog, serial, storageLane, settings);
    numbers = new ReservedNumbers(registry, clock, () -> event(_ -> reserveAhead()));
    total = metrics.counter("recovery.total", "View changes that this node has begun.");
    successful = metrics.counter("recovery.successful", "View changes that came to their end.");
    failed = metrics.counter("recovery.failed", "View changes overtaken by another one.");
    redoRecords = metrics.counter("recovery.redo-records", "Records of dead nodes read.");
    blocksRecovered =
        metrics.counter("recovery.blocks-recovered", "Blocks brought up to date from redo here.");
    time = metrics.recorder("recovery.time", "Time from the detection to the end of recovery.");
    transport.register(
        SERVICE,
        (from, header, _) -> {
          MembershipMessage message = codec.decode(header);
          if (isForeign(message)) {
            event(agreement::onForeignMessage);
          } else {
            event(
                now -> {
                  agreement.onMessage(from, message, now);
                  reserveAhead(); // the transport has observed the sender's clock
                });
          }
        });
  }

  private static AgreementSettings agreementSettings(
      MembershipSettings settings,
      NodeSettings node,
      ClusterRegistry registry,
      LogDevice logDevice) {
    long configured = 0;
    for (Member member : node.members()) {
      configured |= 1L << member.id().value();
    }
    long lease = settings.lease().toNanos();
    return new AgreementSettings(
        node.nodeId().value(),
        node.incarnation(),
        settings.witness(),
        configured,
        lease,
        settings.drift(),
        settings.heartbeat().toNanos(),
        settings.formWait().toNanos(),
        lease / 4,
        registry.place().map(StoragePlace::where).orElse("registry " + registry.name()),
        logDevice.place().map(StoragePlace::where).orElse("log device " + logDevice.name()),
        id -> name(node, id));
  }

  private static String name(NodeSettings node, int id) {
    return node.members().stream()
        .filter(member -> member.id().value() == id)
        .findFirst()
        .map(member -> "n" + id + " at " + member.host() + ":" + member.port())
        .orElse("n" + id + ", which is not in weft.members any more,");
  }

  private boolean isConfigured(int id) {
    return node.members().stream().anyMatch(member -> member.id().value() == id);
  }

  // ---- what the node asks for

  @Override
  public CompletionStage<View> join() {
    registryLane.execute(this::joinNumbered);
    return joined.minimalCompletionStage();
  }

  /** Nobody may become a member before its numbers are above all earlier ones; blocks. */
  private void joinNumbered() {
    try {
      numbers.begin();
      event(
          now -> {
            agreement.join(now);
            beat();
          });
    } catch (WeftException e) {
      onRegistryError(e, _ -> joinLater(e));
    }
  }

  private void joinLater(WeftException e) {
    joining = new Joining(0, "its system change numbers: " + e.getMessage());
    long delay =
        numbering.met(
            () ->
                node.nodeId()
                    + " does not ask to be taken in yet, it has no system change numbers: "
                    + e.getMessage());
    runtime.schedule(delay, () -> registryLane.execute(this::joinNumbered));
  }

  @Override
  public CompletionStage<Void> leave() {
    event(agreement::leave);
    return left.minimalCompletionStage();
  }

  @Override
  public ClusterState clusterState() {
    return clusterState;
  }

  @Override
  public NodeState stateOf(NodeId node) {
    return states.of(node.value());
  }

  @Override
  public Optional<RecoveryProgress> recovery() {
    return track.progress();
  }

  @Override
  public Joining joining() {
    return joined.isDone() ? Joining.UNKNOWN : joining;
  }

  @Override
  public void close() {
    event(_ -> agreement.close());
    closed = true;
  }

  /** For checkers: reserves so many system change numbers at a time; before {@link #join}. */
  public void reserveInStridesOf(long numbers) {
    this.numbers.strides(numbers);
  }

  // ---- what the transport tells

  @Override
  public void onConnected(NodeId peer, long incarnation) {
    event(now -> agreement.onConnected(peer.value(), incarnation, now));
  }

  @Override
  public void onDisconnected(NodeId peer, long incarnation) {
    event(now -> agreement.onDisconnected(peer.value(), incarnation, now));
  }

  @Override
  public void onGoodbye(NodeId peer, long incarnation) {
    event(now -> agreement.onGoodbye(peer.value(), incarnation, now));
  }

  @Override
  public void onLost(NodeId peer, long incarnation, WeftException reason) {
    event(now -> agreement.onLost(peer.value(), incarnation, now));
  }

  // ---- the serial executor

  /** Runs an event of the agreement, and does what it wants done. */
  private void event(LongConsumer event) {
    serial.execute(() -> run(event));
  }

  /** As {@link #event}, on the thread that keeps the time. */
  private void timedEvent(LongConsumer event) {
    serial.executeBriefly(() -> run(event));
  }

  private void run(LongConsumer event) {
    if (!closed) {
      eventNs = Math.max(eventNs, now()); // no clock of a machine is beyond doubt
      event.accept(eventNs);
      agreement.takeEffects().forEach(this::perform);
      show();
    }
  }

  /** The agreement's clock: its lease ends in time although the machine was suspended. */
  private long now() {
    return runtime.bootTime() - originNs;
  }

  /**
   * The same clock from now on, but one that runs ahead of real time at no machine (RT-5): for who
   * waits for the end of another's lease.
   */
  private LongSupplier patientClock() {
    long from = now() - runtime.nanoTime();
    return () -> from + runtime.nanoTime();
  }

  private void lookAtClocks(long now) {
    long stoodStill = clockWatch.stoodStillNs(now, runtime.wallMillis());
    if (stoodStill > 0) {
      agreement.onClockStoodStill(now);
      log(
          "the wall clock has gone on by %d ms more than the monotonic clock: it was set, or this"
              + " machine stood still; reads the registry before its turn",
          stoodStill / 1_000_000);
    }
  }

  private void beat() {
    runtime.schedule(
        heartbeatNs,
        () -> {
          if (!closed) {
            cache.look();
            timedEvent(
                now -> {
                  lookAtClocks(now);
                  if (views.isLeaseRevoked()) {
                    agreement.onLeaseRevoked();
                  }
                  agreement.tick(now);
                  reserveAhead();
                  if (views.epoch() != Views.NO_EPOCH && !track.isUnderWay() && !witness) {
                    checkpointer.tick();
                  }
                });
            beat();
          }
        });
  }

  private void perform(Effect effect) {
    switch (effect) {
      case Effect.Send e ->
          transport.send(
              e.to(),
              SERVICE,
              Lane.CONTROL,
              Views.NO_EPOCH,
              codec.encode(e.message()),
              Payload.NONE);
      case Effect.ReadRegistry _ -> readRegistry();
      case Effect.CheckLogs e -> checkLogs(e.proposal());
      case Effect.Propose e -> registryLane.execute(() -> guarded(() -> write(e)));
      case Effect.AskStopped e -> askStopped(e);
      case Effect.LookAtLock e -> lookAtLock(e.life());
      case Effect.DistrustLocks e -> distrustLocks(e.why());
      case Effect.Install e -> install(e.record());
      case Effect.Fence e -> fence(e);
      case Effect.Rebuild e -> readRedo(e, 1);
      case Effect.Complete e -> complete(e.record());
      case Effect.DeleteLogs e -> deleteLogs(e.record());
      case Effect.ExtendLease e -> views.lease(e.untilNs() + originNs);
      case Effect.Left _ -> left.complete(null);
      case Effect.Stop e when e.code().equals(MembershipErrors.OLD_INCARNATION) -> stopOld(e);
      case Effect.Stop e when e.code().equals(MembershipErrors.NOT_FORMED) -> stopUnformed(e);
      case Effect.Stop e -> stop(new WeftException(e.code(), node.nodeId() + ": " + e.why()));
      case Effect.Note e -> note(e);
    }
  }

  /** The next start shall get a larger incarnation than the one that a view knows. */
  private void stopOld(Effect.Stop e) {
    long last = agreement.known().map(record -> record.incarnation(self)).orElse(0L);
    stopHavingAsked(
        e,
        () -> {
          registry.recordIncarnation(last);
          return "; the registry knows again now: start once more";
        },
        "; unless it knows again all the same, the next start ends in the same way: set the clock"
            + " right, or start again when the registry answers");
  }

  /** Says what the registry sees of those who may run. */
  private void stopUnformed(Effect.Stop e) {
    long mayRun = agreement.mayRun();
    stopHavingAsked(e, () -> seenOf(mayRun), "");
  }

  /**
   * Stops when the registry has done one more thing for it, or failed to, or has not answered for
   * the length of a lease: a registry that hangs holds up no stop for longer, and nobody waits for
   * this node.
   *
   * @param last what is asked of it; blocks; gives what the reason says in addition
   * @param otherwise what the reason says in addition if that fails, or is not known to be done
   */
  private void stopHavingAsked(Effect.Stop e, Supplier<String> last, String otherwise) {
    AtomicBoolean stopped = new AtomicBoolean();
    Consumer<String> end =
        more -> {
          if (stopped.compareAndSet(false, true)) {
            stop(new WeftException(e.code(), node.nodeId() + ": " + e.why() + more));
          }
        };
    runtime.schedule(
        lastAnswerNs,
        () ->
            end.accept(
                ". The registry has not answered for "
                    + lastAnswerNs / 1_000_000
                    + " ms when it was asked for the last time"
                    + otherwise));
    registryLane.execute(
        () -> {
          String more;
          try {
            more = last.get();
          } catch (RuntimeException failure) {
            more =
                ". The registry failed when it was asked for the last time: " + failure + otherwise;
          }
          end.accept(more);
        });
  }

  /** What the registry sees of some nodes, for people; blocks. */
  private String seenOf(long nodes) {
    return ". The registry sees: " + NodeNames.list(nodes, "; ", registry::seenOf);
  }

  // ---- the registry

  private void readRegistry() {
    long start = now();
    registryLane.execute(
        () -> {
          try {
            Optional<ViewRecord> newest =
                registry.latest().map(entry -> records.decode(entry.record()));
            storage.formed(
                newest.filter(r -> r.foreign().isEmpty()).map(ViewRecord::epoch).orElse(0L));
            if (newest.flatMap(ViewRecord::foreign).isPresent()) {
              onForeignRecord(start, newest.get());
            } else {
              long begun = rules.leaseBegins(start, now());
              event(now -> agreement.onRegistryRead(begun, newest, now));
            }
          } catch (WeftException e) {
            onRegistryError(e, now -> agreement.onRegistryFailed(e.getMessage(), now));
          }
        });
  }

  private static boolean isForeign(MembershipMessage message) {
    return switch (message) {
      case MembershipMessage.VoteRequest m -> m.record().foreign().isPresent();
      case MembershipMessage.Announcement m -> m.record().foreign().isPresent();
      case MembershipMessage.Status _, MembershipMessage.Vote _ -> false;
    };
  }

  /** Finds out who of a view of other terms still runs; on a thread that may block. */
  private void onForeignRecord(long start, ViewRecord record) {
    ViewRecord.Terms terms = record.foreign().orElseThrow();
    boolean otherStorage = !terms.storage().equals(storage.id());
    if (otherStorage && storage.isLasting()) {
      throw new WeftException(MembershipErrors.OTHER_STORAGE, node.nodeId() + ": " + other());
    }
    long running = 0;
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.standing().belongs()
          && entry.node() != self
          && !registry.hasStopped(entry.node(), entry.incarnation(), false)) {
        running |= 1L << entry.node();
      }
    }
    long run = running;
    ErrorCode code =
        otherStorage ? MembershipErrors.OTHER_STORAGE : MembershipErrors.SETTINGS_DIFFER;
    String why = (otherStorage ? other() : difference(terms)) + (run == 0 ? "" : seenOf(run));
    event(now -> agreement.onForeignRecord(start, record, run, code, why, now));
  }

  private String other() {
    return "the registry belongs to another storage than the one that this node works on, "
        + storage.where()
        + "; let all nodes name the same storage";
  }

  private String difference(ViewRecord.Terms terms) {
    return "they run with other settings than this node: "
        + terms
            .settings()
            .map(theirs -> node.agreed().differences("here", theirs, "there"))
            .orElse("those of view records without settings")
        + "; set them alike, or stop all nodes, change them on all, and start all again";
  }

  private void checkLogs(Effect.Propose order) {
    listingLane.execute(
        () ->
            guarded(
                () -> {
                  try {
                    lookAtLogs(order);
                    event(now -> agreement.onLogsChecked(order, now));
                  } catch (WeftException e) {
                    registryLane.execute(() -> guarded(() -> onNotProposed(order, e)));
                  }
                }));
  }

  /** A task of a proposal that throws something unknown would leave the proposal open for ever. */
  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      onThrown(e);
    }
  }

  /** Whether the redo logs are those that the registry knows; blocks for the log device. */
  private void lookAtLogs(Effect.Propose order) {
    if (order.forms()) {
      LostRegistry.check(logDevice, order.before(), order.record());
    }
    if (survives && order.before().isPresent()) {
      MissingLogs.check(logDevice, order.before().get(), order.record());
    }
  }

  private void write(Effect.Propose order) {
    ViewRecord record = order.record();
    long start = now();
    try {
      if (order.forms()) {
        numbers.begin(); // those who have stopped since may have used more
      }
      boolean accepted = registry.propose(record.epoch(), records.encode(record));
      proposing.overcome();
      long begun = rules.leaseBegins(start, now());
      event(now -> agreement.onProposed(begun, record, accepted, now));
    } catch (WeftException e) {
      onNotProposed(order, e);
    }
  }

  /** A proposal has failed, or may not be made; asks the registry, so it blocks. */
  private void onNotProposed(Effect.Propose order, WeftException e) {
    ViewRecord record = order.record();
    long start = now();
    if (isOvertaken(order, e)) {
      event(now -> agreement.onProposed(start, record, false, now));
      return;
    }
    if (e.code().equals(MembershipErrors.REGISTRY_UNAVAILABLE)) {
      long waitNs =
          proposing.met(
              () ->
                  node.nodeId()
                      + ": view "
                      + record.epoch()
                      + " has to wait, the registry does not take it: "
                      + e.getMessage());
      event(now -> agreement.onProposeFailed(record, e.getMessage(), waitNs, now));
    } else {
      stop(e);
    }
  }

  /**
   * Whether the registry has a newer record than the one that a proposal follows: if others have
   * gone on while this node was held up, the logs are those of their view.
   */
  private boolean isOvertaken(Effect.Propose order, WeftException e) {
    if (e.code().equals(MembershipErrors.REGISTRY_UNAVAILABLE)) {
      return false;
    }
    try {
      return registry.latest().filter(l -> l.epoch() >= order.record().epoch()).isPresent();
    } catch (WeftException unread) {
      e.addSuppressed(unread);
      return false;
    }
  }

  private void onRegistryError(WeftException e, LongConsumer trouble) {
    if (e.code().equals(MembershipErrors.REGISTRY_UNAVAILABLE)) {
      event(trouble);
    } else {
      stop(e);
    }
  }

  private void lookAtLock(Life life) {
    askingLane.execute(
        () -> {
          try {
            boolean free = registry.hasStopped(life.node(), life.incarnation(), false);
            event(now -> agreement.onLockLook(life, free, now));
          } catch (WeftException e) {
            LOG.log(Level.DEBUG, () -> "cannot look at the lock of " + life + ": " + e);
            event(_ -> agreement.onLockUnknown(life));
          }
        });
  }

  private void distrustLocks(String why) {
    registry.distrust();
    LOG.log(
        Level.WARNING,
        () ->
            node.nodeId()
                + ": "
                + why
                + "; from here on this node takes nobody for ended because a lock is free, kills"
                + " nobody, and waits for leases");
  }

  private void askStopped(Effect.AskStopped ask) {
    Life life = ask.life();
    Runnable question =
        () -> {
          boolean stopped = false;
          try {
            stopped = registry.hasStopped(life.node(), life.incarnation(), false);
          } catch (WeftException e) {
            LOG.log(Level.DEBUG, () -> "cannot find out whether " + life + " has stopped: " + e);
          }
          boolean answer = stopped;
          event(now -> agreement.onStopAnswer(life, answer, now));
        };
    if (ask.delayNs() == 0) {
      askingLane.execute(question);
    } else {
      runtime.schedule(ask.delayNs(), () -> askingLane.execute(question));
    }
  }

  // ---- a view change

  private void install(ViewRecord record) {
    long now = now();
    View view = view(record);
    if (track.freeze(record.epoch(), now)) {
      failed.increment();
    }
    total.increment();
    epoch = record.epoch();
    redoGiven = false;
    trouble = Optional.empty();
    served = false;
    deadLogsRead = 0;
    checkpointer.onView();
    views.install(view);
    for (ViewRecord.Entry entry : record.entries()) {
      boolean out = entry.standing() == Standing.OUT || entry.standing() == Standing.FENCED;
      if (out && isConfigured(entry.node())) {
        transport.evict(entry.node(), entry.incarnation());
      }
    }
    log(
        "view %d of %s is in force, proposed by n%d",
        record.epoch(), NodeNames.names(record.belonging()), record.proposer());
    if (witness) {
      transport.viewInstalled(() -> event(at -> agreement.onInstalled(record.epoch(), at)));
      joined.complete(view);
    } else {
      BucketMap map = directory.mapOf(view);
      directory.install(map);
      ownBuckets = OwnBuckets.of(map, self);
      transport.viewInstalled(() -> installCache(view, map));
    }
    watch();
  }

  private void reserveAhead() {
    if (reserving || !numbers.areScarce()) {
      return;
    }
    reserving = true;
    registryLane.execute(
        () -> {
          boolean reserved = false;
          try {
            numbers.reserve(clock.current());
            reserved = true;
          } catch (WeftException e) {
            // A node that cannot write to its registry for long loses its lease.
            LOG.log(Level.DEBUG, () -> node.nodeId() + ": cannot reserve numbers: " + e);
          } finally {
            boolean lookAgain = reserved; // after a failure, the next heartbeat does
            event(_ -> onReserved(lookAgain));
          }
        });
  }

  /** Whoever has asked for more in the meantime was told that a reservation is under way. */
  private void onReserved(boolean lookAgain) {
    reserving = false;
    if (lookAgain) {
      reserveAhead();
    }
  }

  private void installCache(View view, BucketMap map) {
    long installing = view.epoch().value();
    cache
        .install(view, map)
        .whenComplete(
            (_, thrown) -> {
              if (thrown == null) {
                event(now -> agreement.onInstalled(installing, now));
              } else {
                onStepFailed(installing, "installing the view", thrown);
              }
            });
  }

  /** The view as everybody sees it: witnesses master and serve nothing. */
  private View view(ViewRecord record) {
    List<Member> members = new ArrayList<>();
    Map<NodeId, Long> incarnations = new HashMap<>();
    for (Member member : node.members()) {
      record
          .entry(member.id().value())
          .filter(entry -> entry.standing() == Standing.MEMBER)
          .ifPresent(
              entry -> {
                members.add(member);
                incarnations.put(member.id(), entry.incarnation());
              });
    }
    return new View(new Epoch(record.epoch()), members, incarnations);
  }

  private void fence(Effect.Fence order) {
    long fenced = order.record().epoch();
    long start = now();
    new Fencing(
            runtime,
            fencingLane,
            patientClock(),
            registry,
            store,
            logDevice,
            start + killAfterNs,
            order,
            () -> closed || epoch != fenced,
            () ->
                event(
                    now -> {
                      if (!order.lives().isEmpty()) {
                        log(
                            "%s stopped and fenced after %.1f ms",
                            order.lives(), (now - start) / 1e6);
                      }
                      agreement.onFenced(fenced, now);
                    }))
        .start();
  }

  private void readRedo(Effect.Rebuild order, int attempt) {
    ViewRecord record = order.record();
    long start = now();
    track.readRedo(start);
    if (witness) {
      event(now -> agreement.onRecovered(record.epoch(), now));
      return;
    }
    OwnBuckets own = ownBuckets;
    redoLane.execute(
        () -> {
          if (closed || epoch != record.epoch()) {
            return; // another view has come while this one waited for its turn
          }
          try {
            checkStillThere(order);
            List<LogId> dead = Fencing.dead(logDevice, record);
            RecoveryRedoReader.Found found =
                deadRedo.read(dead, own, more -> event(now -> onRead(record.epoch(), more, now)));
            event(now -> giveRedo(record, dead.size(), found, start));
          } catch (WeftException e) {
            onRedoUnreadable(order, attempt, e);
          }
        });
  }

  /**
   * A log that was there when the view was proposed may have vanished since, or only for this node.
   */
  private void checkStillThere(Effect.Rebuild order) {
    if (survives) {
      order.former().ifPresent(former -> MissingLogs.check(logDevice, former, order.record()));
      MissingLogs.check(logDevice, order.record(), order.record());
    }
  }

  private void onRead(long of, long records, long now) {
    if (of == epoch) {
      track.reading(records, now);
    }
  }

  /**
   * A log of a failed node cannot be read. What it says of which blocks nobody knows, so all blocks
   * that nobody holds wait; those that members hold are served. Whoever has mended the log, or cut
   * it on purpose, need not start anything again: it is read again from time to time.
   */
  private void onRedoUnreadable(Effect.Rebuild order, int attempt, WeftException e) {
    ViewRecord record = order.record();
    if (closed || epoch != record.epoch()) {
      return;
    }
    if (e.code().equals(RedoErrors.UNKNOWN_LOG_FORMAT)) {
      onStepFailed(record.epoch(), "reading the redo of failed nodes", e);
      return;
    }
    boolean lasts = attempt >= READ_ATTEMPTS;
    trouble = Optional.of("the redo of a failed node, which cannot be read: " + e.getMessage());
    if (lasts && (attempt - READ_ATTEMPTS) % ATTEMPTS_PER_LINE == 0) {
      LOG.log(
          Level.ERROR,
          () ->
              node.nodeId()
                  + ": the recovery of view "
                  + record.epoch()
                  + " waits, because the redo of a failed node cannot be read: "
                  + e
                  + "; blocks that members hold are served, all others wait; it is read again every"
                  + " "
                  + MENDED_NS / 1_000_000_000
                  + " s: restore the log, or give up what is behind the damage with \"weft log"
                  + " cut\"");
    }
    runtime.schedule(
        lasts ? MENDED_NS : READ_AGAIN_NS, () -> event(_ -> readRedo(order, attempt + 1)));
  }

  private void giveRedo(ViewRecord record, int logs, RecoveryRedoReader.Found found, long start) {
    if (record.epoch() != epoch) {
      return;
    }
    clock.observe(found.maxScn());
    deadLogsRead = logs;
    redoGiven = true;
    trouble = Optional.empty();
    redoRecords.add(found.records());
    long now = now();
    track.redoRead(found.records(), now);
    if (logs > 0) {
      log(
          "read %d records of %d logs of failed nodes in %.1f ms",
          found.records(), logs, (now - start) / 1e6);
    }
    cache
        .startRecovery(record.epoch(), found.redo())
        .whenComplete(
            (_, thrown) -> {
              if (thrown == null) {
                event(
                    at -> {
                      look(at);
                      serve();
                      agreement.onRecovered(record.epoch(), at);
                    });
              } else {
                onStepFailed(record.epoch(), "recovering blocks", thrown);
              }
            });
  }

  private void complete(ViewRecord record) {
    long now = now();
    look(now);
    track.complete(now);
    successful.increment();
    time.record(track.elapsedNs(now));
    long blocks = track.progress().map(RecoveryProgress::blocksRecovered).orElse(0L);
    blocksRecovered.add(blocks);
    log(
        "view %d is complete after %.1f ms, %d blocks recovered here",
        record.epoch(), track.elapsedMs(now), blocks);
    if (witness || deadLogsRead == 0) {
      event(at -> agreement.onSaved(record.epoch(), at));
      return;
    }
    cache
        .checkpoint()
        .whenComplete(
            (_, thrown) -> {
              if (thrown == null) {
                save(record);
              } else {
                onStepFailed(record.epoch(), "writing back what was recovered", thrown);
              }
            });
  }

  /** All that this node has is on disk; the redo may go unless a block still needs it. */
  private void save(ViewRecord record) {
    cache
        .quarantined()
        .whenComplete(
            (blocks, thrown) -> {
              if (thrown == null && blocks.isEmpty()) {
                event(at -> agreement.onSaved(record.epoch(), at));
              } else if (thrown == null) {
                saveLater(record, blocks);
              } else {
                onStepFailed(record.epoch(), "looking for quarantined blocks", thrown);
              }
            });
  }

  /**
   * Looks again later whether blocks are still in quarantine: an operator may restore or forget the
   * last one without any other event in the cluster.
   */
  private void saveLater(ViewRecord record, List<BlockId> quarantined) {
    if (!quarantined.equals(keptFor)) {
      keptFor = quarantined;
      log(
          "the redo logs of failed nodes are kept, because %d blocks are quarantined: %s",
          quarantined.size(), quarantined.subList(0, Math.min(quarantined.size(), BLOCKS_NAMED)));
    }
    runtime.schedule(
        MENDED_NS,
        () -> {
          if (!closed && record.epoch() == epoch) {
            save(record);
          }
        });
  }

  private void deleteLogs(ViewRecord record) {
    storageLane.execute(
        () -> {
          try {
            for (LogId log : Fencing.dead(logDevice, record)) {
              logDevice.delete(log);
              LOG.log(
                  Level.INFO,
                  () -> node.nodeId() + ": redo log " + log + " is not needed any more");
            }
            record.entries().forEach(entry -> logDevice.forgetBefore(entry.life().log()));
          } catch (WeftException e) {
            LOG.log(
                Level.WARNING,
                () ->
                    node.nodeId()
                        + ": redo logs that nobody needs any more are kept until the next view"
                        + " change: "
                        + e);
          }
        });
  }

  /** A step of an overtaken view may end as it likes; one of the view in force may not fail. */
  private void onStepFailed(long of, String what, Throwable thrown) {
    event(
        now -> {
          if (of == epoch) {
            track.fail(now);
            stop(
                thrown instanceof WeftException known
                    ? known
                    : new WeftException(
                        CoreErrors.INVARIANT_BROKEN,
                        node.nodeId() + ": " + what + " in view " + of + " failed: " + thrown,
                        thrown));
          }
        });
  }

  // ---- how it goes

  /** Looks at a recovery under way from time to time: nobody tells when its phases change. */
  private void watch() {
    if (!watching) {
      watching = true;
      runtime.schedule(
          WATCH_NS,
          () ->
              timedEvent(
                  now -> {
                    watching = false;
                    if (track.isUnderWay()) {
                      look(now);
                      watch();
                    }
                  }));
    }
  }

  private void look(long now) {
    if (redoGiven && track.isUnderWay()) {
      CoherentCache.RecoveryCounts counts = cache.recoveryCounts();
      track.count(counts, now);
      if (counts.rebuilt()) {
        serve();
      }
    }
  }

  /** Everything that needs no redo is served: this node is in the cluster. */
  private void serve() {
    if (!served) {
      served = true;
      log(
          "serves what needs no redo after %.1f ms; %d blocks need it",
          track.elapsedMs(now()),
          track.progress().map(RecoveryProgress::blocksToRecover).orElse(0L));
      joined.complete(views.current());
    }
  }

  private void note(Effect.Note note) {
    long now = now();
    switch (note.step()) {
      case DETECTED -> track.detect(note.epoch() + 1, now);
      case ELECTED -> track.elect(note.epoch() + 1, now);
      case WAITING -> {}
    }
    log("%s", note.text());
  }

  private String waitsFor(Stance stance) {
    return switch (stance) {
      case STARTING -> joining.waitsFor();
      case JOINING -> agreement.waitsFor(eventNs);
      case MEMBER ->
          trouble
              .or(cache::recoveryWaitsFor)
              .orElseGet(() -> "the recovery of view " + agreement.epoch());
      case LEAVING, GONE -> "";
    };
  }

  /** Publishes the states of cluster and nodes. */
  private void show() {
    Stance stance = agreement.stance();
    if (!joined.isDone()) {
      joining = new Joining(agreement.advances(), waitsFor(stance));
    }
    boolean complete = agreement.complete() >= agreement.epoch();
    become(
        switch (stance) {
          case STARTING -> ClusterState.INITIALIZING;
          case JOINING -> ClusterState.FORMING;
          case MEMBER ->
              !complete
                  ? ClusterState.RECOVERING
                  : isWhole() ? ClusterState.OPERATIONAL : ClusterState.DEGRADED;
          case LEAVING -> ClusterState.SHUTTING_DOWN;
          case GONE -> ClusterState.STOPPED;
        });
    for (Member member : node.members()) {
      int id = member.id().value();
      states.become(id, id == self ? ownState(stance, complete) : stateOf(id));
    }
  }

  private void become(ClusterState next) {
    if (clusterState.mayBecome(next)) {
      clusterState = next;
    }
  }

  private boolean isWhole() {
    long belonging = agreement.known().map(ViewRecord::belonging).orElse(0L);
    return Long.bitCount(belonging) == node.members().size();
  }

  private static NodeState ownState(Stance stance, boolean complete) {
    return switch (stance) {
      case STARTING, GONE -> NodeState.DOWN;
      case JOINING -> NodeState.JOINING;
      case MEMBER -> complete ? NodeState.HEALTHY : NodeState.RECOVERING;
      case LEAVING -> NodeState.LEAVING;
    };
  }

  private NodeState stateOf(int id) {
    PeerState peer = agreement.peer(id).orElseThrow();
    long life = agreement.known().map(record -> record.incarnation(id)).orElse(0L);
    if (agreement.known().filter(record -> record.has(id, life)).isEmpty()) {
      return peer.isJoining() ? NodeState.JOINING : NodeState.DOWN;
    }
    if (agreement.isSuspected(id, now())) {
      return NodeState.SUSPECTED;
    }
    if (peer.isLeaving(life)) {
      return NodeState.LEAVING;
    }
    boolean recovered =
        peer.status(life).filter(status -> status.recovered() >= agreement.epoch()).isPresent();
    return recovered ? NodeState.HEALTHY : NodeState.RECOVERING;
  }

  private void log(String format, Object... arguments) {
    LOG.log(Level.INFO, () -> node.nodeId() + ": " + String.format(Locale.ROOT, format, arguments));
  }

  // ---- the unplanned end

  private void stop(WeftException reason) {
    views.revokeLease();
    if (reason.code().equals(CoreErrors.NODE_STOPPED)) {
      return; // rule NF-4: the agreement finds out why the lease is over
    }
    joined.completeExceptionally(reason);
    left.completeExceptionally(reason);
    failure.stop(reason);
  }

  private void onThrown(Throwable thrown) {
    ErrorCode code = CoreErrors.INVARIANT_BROKEN;
    stop(
        thrown instanceof WeftException known
            ? known
            : new WeftException(
                code, node.nodeId() + ": an event of its membership threw " + thrown, thrown));
  }
}
