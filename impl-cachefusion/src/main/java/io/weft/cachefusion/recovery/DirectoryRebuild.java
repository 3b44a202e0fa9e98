// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.recovery;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.Member;
import io.weft.api.NodeSet;
import io.weft.api.ResourceClass;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.SerialExecutor;
import io.weft.cachefusion.protocol.MessageCodec;
import io.weft.cachefusion.protocol.RecoveryMessage;
import io.weft.cachefusion.protocol.RecoveryMessage.Held;
import io.weft.cachefusion.protocol.RecoveryMessage.Inquiry;
import io.weft.cachefusion.protocol.RecoveryMessage.Report;
import io.weft.cachefusion.shard.Interconnect;
import io.weft.cachefusion.shard.Shard;
import io.weft.cachefusion.shard.Shards;
import io.weft.cachefusion.storage.BlockStorage;
import io.weft.spi.cache.CoherentCache.RecoveryCounts;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.runtime.Setback;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Brings the whole node into a view. All shards install it, members report what they hold of the
 * blocks whose directory is lost, the directory is rebuilt from the reports, and blocks are
 * recovered from redo. The state of single blocks is handled by the shards.
 *
 * <pre>
 *   install  --> all shards installed --> Inquiry to every member, this one included
 *   all Reports here                  --> shards serve the blocks that were only busy
 *   all Reports here, redo here       --> shards rebuild --> strategy recovers --> all served
 * </pre>
 *
 * <p>Events run on a serial executor of this object. A {@link RebuildRound} is the state of one
 * view.
 *
 * <p>Long because the steps of a rebuild are read in sequence.
 */
public final class DirectoryRebuild {
  /** The logger of the whole cache. */
  private static final System.Logger LOG = System.getLogger("io.weft.cache");

  private final NodeServices node;
  private final NodeSettings nodeSettings;
  private final Interconnect interconnect;
  private final BlockStorage storage;
  private final Shards shards;
  private final RecoveryUnderWay underWay;
  private final RedoStrategy strategy;
  private final SerialExecutor executor;
  private Optional<RebuildRound> current = Optional.empty();

  /**
   * Messages that wait for the current installation. Bounded: each member sends its inquiries once
   * in a view, and no member reports before this node has asked.
   */
  private final List<Early> early = new ArrayList<>();

  private Optional<View> installed = Optional.empty();

  /** Retries of listing the saved images. */
  private final Setback listingSetback;

  private int blocksPerReport = MessageCodec.BLOCKS_PER_REPORT;

  private volatile Optional<String> waitsFor = Optional.empty();
  private volatile RecoveryCounts counts = new RecoveryCounts(0, 0, 0, 0, false);

  /** Creates a rebuild that is in no view. */
  public DirectoryRebuild(
      NodeServices node,
      NodeSettings nodeSettings,
      Interconnect interconnect,
      BlockStorage storage,
      Shards shards,
      RecoveryUnderWay underWay,
      RedoStrategy strategy) {
    this.node = node;
    this.nodeSettings = nodeSettings;
    this.interconnect = interconnect;
    this.storage = storage;
    this.shards = shards;
    this.underWay = underWay;
    this.strategy = strategy;
    this.listingSetback = new Setback(LOG, node.runtime()::nanoTime);
    this.executor =
        new SerialExecutor(node.runtime(), node.bursts(), () -> {}, node.run()::onFailure);
  }

  /**
   * Limits the number of blocks in one part of a report, so that small caches report in several
   * parts, too. For tests, before the first view.
   */
  public void reportInPartsOf(int most) {
    if (most < 1 || most > MessageCodec.BLOCKS_PER_REPORT) {
      throw new IllegalArgumentException(
          "a part of a report has 1 to " + MessageCodec.BLOCKS_PER_REPORT + " blocks, not " + most);
    }
    blocksPerReport = most;
  }

  /** A message that arrived before all shards had installed its view. */
  private record Early(int from, long epoch, RecoveryMessage message) {}

  // ---- events, from any thread ---------------------------------------------------------------

  /** Installs a view; the stage completes when all shards have it. */
  public CompletionStage<Void> install(View view, BucketMap masters) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    executor.execute(() -> onInstall(view, masters, done));
    return done;
  }

  /**
   * All nodes outside the view have certainly stopped, and {@code redo} is their redo. Recovery
   * starts when all members have reported. The stage completes when every block mastered here is
   * served.
   */
  public CompletionStage<Void> startRecovery(long epoch, RecoveryRedo redo) {
    CompletableFuture<Void> served = new CompletableFuture<>();
    executor.execute(
        () ->
            current
                .filter(round -> round.epoch == epoch && round.redo.isEmpty())
                .ifPresent(
                    round -> {
                      round.redo = Optional.of(redo);
                      underWay.give(epoch, redo);
                      round.served = served;
                      rebuildIfReady(round);
                    }));
    return served;
  }

  /** A message of a view change has arrived. */
  public void receive(int from, long epoch, RecoveryMessage message) {
    executor.execute(() -> onMessage(from, epoch, message));
  }

  public RecoveryCounts counts() {
    return counts;
  }

  /**
   * The failing operation that the recovery of the current view waits for, as text for an operator;
   * empty if there is none.
   */
  public Optional<String> waitsFor() {
    return waitsFor;
  }

  /** Resumes work that was interrupted by lack of memory or stack. */
  public void look() {
    executor.look();
  }

  /** The node stops. */
  public void fail(WeftException reason) {
    executor.execute(
        () -> {
          underWay.cancel();
          current.ifPresent(
              round -> {
                round.installed.completeExceptionally(reason);
                round.served.completeExceptionally(reason);
              });
          current = Optional.empty();
          early.clear();
        });
  }

  // ---- handling, on the executor -------------------------------------------------------------

  private void onInstall(View view, BucketMap masters, CompletableFuture<Void> done) {
    if (node.run().isStopped()) {
      return;
    }
    underWay.cancel();
    waitsFor = Optional.empty();
    RebuildRound round = new RebuildRound(view, masters, done);
    current = Optional.of(round);
    NodeSet insiders = insiders(view);
    installed = Optional.of(view);
    counts = new RecoveryCounts(0, round.members.size(), 0, 0, false);
    round.shardsLeft = shards.count();
    for (int i = 0; i < shards.count(); i++) {
      shards
          .at(i)
          .install(
              round.epoch,
              masters,
              insiders,
              lost -> executor.execute(() -> onShardInstalled(round, lost)));
    }
  }

  /** The members that were members of the previous view in the same incarnation. */
  private NodeSet insiders(View view) {
    NodeSet.Builder insiders = new NodeSet.Builder();
    if (installed.isPresent()) {
      View before = installed.get();
      NodeSet membersBefore = before.memberIds();
      for (Member member : view.members()) {
        int id = member.id().value();
        if (membersBefore.contains(id)
            && before.incarnation(member.id()) == view.incarnation(member.id())) {
          insiders.add(id);
        }
      }
    }
    return insiders.build();
  }

  private boolean isOver(RebuildRound round) {
    return current.isEmpty() || current.get() != round;
  }

  private void onShardInstalled(RebuildRound round, Shard.Lost lost) {
    if (isOver(round)) {
      return;
    }
    round.suspects.addAll(lost.suspects());
    round.asksForAll |= lost.everything();
    node.counters().movesKept.add(lost.movesKept());
    if (--round.shardsLeft > 0) {
      return;
    }
    round.isInstalled = true;
    inquire(round);
    round.installed.complete(null);
    List<Early> now = List.copyOf(early);
    early.clear();
    now.forEach(each -> onMessage(each.from, each.epoch, each.message));
  }

  private void inquire(RebuildRound round) {
    List<Inquiry> inquiries = new ArrayList<>();
    inquiries.add(
        new Inquiry(
            0,
            round.asksForAll ? RecoveryMessage.Scope.MASTERED : RecoveryMessage.Scope.MOVED_OR_PAST,
            List.of()));
    if (round.asksForAll) {
      round.suspects.clear(); // they are among all
    }
    int most = MessageCodec.BLOCKS_PER_INQUIRY;
    for (int from = 0; from < round.suspects.size(); from += most) {
      inquiries.add(
          new Inquiry(
              inquiries.size(),
              RecoveryMessage.Scope.NAMED,
              round.suspects.subList(from, Math.min(from + most, round.suspects.size()))));
    }
    for (int member = round.members.next(0); member >= 0; member = round.members.next(member + 1)) {
      round.answersLeft.put(member, inquiries.size());
      for (Inquiry inquiry : inquiries) {
        send(member, round.epoch, inquiry);
      }
    }
  }

  private void send(int to, long epoch, RecoveryMessage message) {
    if (to == node.self()) {
      receive(to, epoch, message);
    } else {
      interconnect.send(to, epoch, message);
    }
  }

  private void onMessage(int from, long epoch, RecoveryMessage message) {
    if (node.run().isStopped()) {
      return;
    }
    boolean later =
        current.isEmpty()
            || epoch > current.get().epoch
            || epoch == current.get().epoch && !current.get().isInstalled;
    if (later) {
      early.add(new Early(from, epoch, message));
    } else if (epoch == current.get().epoch) {
      switch (message) {
        case Inquiry inquiry -> onInquiry(from, epoch, inquiry);
        case Report report -> onReport(from, current.get(), report);
      }
    }
  }

  // ---- the member's side ---------------------------------------------------------------------

  private void onInquiry(int from, long epoch, Inquiry inquiry) {
    List<Held> held = new ArrayList<>();
    int[] left = {shards.count()};
    for (int i = 0; i < shards.count(); i++) {
      shards
          .at(i)
          .report(
              from,
              inquiry,
              epoch,
              part ->
                  executor.execute(
                      () -> {
                        held.addAll(part);
                        if (--left[0] == 0) {
                          report(from, epoch, inquiry, held);
                        }
                      }));
    }
  }

  private void report(int to, long epoch, Inquiry inquiry, List<Held> held) {
    int most = blocksPerReport;
    int parts = Math.max(1, (held.size() + most - 1) / most);
    for (int part = 0; part < parts; part++) {
      List<Held> some = held.subList(part * most, Math.min(held.size(), (part + 1) * most));
      send(to, epoch, new Report(inquiry.number(), parts, some));
    }
  }

  // ---- the master's side ---------------------------------------------------------------------

  private void onReport(int from, RebuildRound round, Report report) {
    long answer = (long) from << 32 | report.inquiry();
    int seen = round.partsSeen.merge(answer, 1, Integer::sum);
    if (seen > report.parts() || !round.answersLeft.containsKey(from)) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN,
          "n" + from + " reports more than it was asked for: " + report);
    }
    for (Held held : report.held()) {
      round.add(from, shards.indexOf(held.block()), held);
    }
    if (node.rules().allParts(seen, report.parts())) {
      round.answersLeft.merge(from, -1, Integer::sum);
    }
    count(round);
    rebuildIfReady(round);
  }

  private void rebuildIfReady(RebuildRound round) {
    if (round.isRebuilding
        || !round.isInstalled
        || !node.rules().allReported(round.reportsMissing())) {
      return;
    }
    if (!round.isBusyRebuilt) {
      round.isBusyRebuilt = true;
      for (int i = 0; i < shards.count(); i++) {
        shards.at(i).rebuildBusy(round.epoch, round.reportsOf(i));
      }
    }
    if (round.redo.isEmpty()) {
      return;
    }
    round.isRebuilding = true;
    storage.onBlockingLane(() -> listSavedImages(round));
  }

  /**
   * Off the executor: lists the saved images. This runs after all members have reported and all
   * other nodes have stopped, so that a past image has either been saved or been reported by its
   * keeper. Without the list it is not known which blocks are older on disk, so a failure is
   * retried.
   */
  private void listSavedImages(RebuildRound round) {
    try {
      Map<BlockId, List<Long>> saved = storage.savedImages();
      listingSetback.overcome();
      executor.execute(() -> rebuild(round, saved));
    } catch (WeftException e) {
      executor.execute(() -> onSavedImagesNotListed(round, e));
    }
  }

  private void onSavedImagesNotListed(RebuildRound round, WeftException e) {
    if (!isOver(round)) {
      waitsFor = Optional.of("the list of saved images, which cannot be read: " + e.getMessage());
      long delayNs =
          listingSetback.met(
              () ->
                  "the recovery of view "
                      + round.epoch
                      + " waits, because the saved images cannot be listed: "
                      + e);
      node.runtime()
          .schedule(delayNs, () -> executor.executeElsewhere(() -> listSavedImagesAgain(round)));
    }
  }

  private void listSavedImagesAgain(RebuildRound round) {
    if (!isOver(round)) {
      storage.onBlockingLane(() -> listSavedImages(round));
    }
  }

  private void rebuild(RebuildRound round, Map<BlockId, List<Long>> saved) {
    if (isOver(round)) {
      return;
    }
    waitsFor = Optional.empty();
    Map<Integer, List<BlockId>> stale = new HashMap<>();
    round.redo.orElseThrow().forEachBlock(block -> addIfMastered(round, block, stale));
    round.saved = saved;
    round.saved.keySet().forEach(block -> addIfMastered(round, block, stale));
    round.shardsLeft = shards.count();
    for (int i = 0; i < shards.count(); i++) {
      shards
          .at(i)
          .rebuild(
              round.epoch,
              round.reportsOf(i),
              stale.getOrDefault(i, List.of()),
              blocks -> executor.execute(() -> onShardRebuilt(round, blocks)));
    }
  }

  private void addIfMastered(
      RebuildRound round, BlockId block, Map<Integer, List<BlockId>> byShard) {
    if (round.masters.masterOf(block.file(), block.number()) == node.self()) {
      int shard = shards.indexOf(block);
      byShard.computeIfAbsent(shard, _ -> new ArrayList<>()).add(block);
    }
  }

  private void onShardRebuilt(RebuildRound round, List<BlockId> blocks) {
    if (isOver(round)) {
      return;
    }
    round.toRecover.addAll(blocks);
    if (--round.shardsLeft > 0) {
      return;
    }
    round.isRebuilt = true;
    count(round);
    if (round.toRecover.isEmpty()) {
      round.served.complete(null);
      return;
    }
    round.toRecover.sort(
        Comparator.comparing((BlockId block) -> !isSystem(block))
            .thenComparingInt(BlockId::file)
            .thenComparingLong(BlockId::number));
    underWay.begin(strategy.start(new Work(round)));
  }

  private boolean isSystem(BlockId block) {
    return nodeSettings.resourceClasses().get(block.file()) == ResourceClass.SYSTEM;
  }

  private void onBlockRecovered(RebuildRound round) {
    round.recovered++;
    count(round);
    if (round.recovered == round.toRecover.size() && !isOver(round)) {
      underWay.end();
      round.served.complete(null);
    }
  }

  private void count(RebuildRound round) {
    if (!isOver(round)) {
      counts =
          new RecoveryCounts(
              round.blocksReported,
              round.reportsMissing(),
              round.isRebuilt ? round.toRecover.size() : 0,
              round.recovered,
              round.isRebuilt);
    }
  }

  /** The blocks that need redo, as the redo strategy sees them. */
  private final class Work implements RedoStrategy.RedoWork {
    private final RebuildRound round;
    private final List<BlockId> blocks;

    Work(RebuildRound round) {
      this.round = round;
      this.blocks = List.copyOf(round.toRecover);
    }

    @Override
    public List<BlockId> blocks() {
      return blocks;
    }

    @Override
    public void recover(BlockId block, Runnable done) {
      shards
          .of(block)
          .recover(
              round.epoch,
              block,
              round.saved.getOrDefault(block, List.of()),
              round.redo.orElseThrow(),
              done,
              () -> executor.execute(() -> onBlockRecovered(round)));
    }

    @Override
    public int waiting(BlockId block) {
      return underWay.waiting(block);
    }
  }
}
