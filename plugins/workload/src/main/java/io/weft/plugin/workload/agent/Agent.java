// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.BlockCache;
import io.weft.api.CacheStatistics;
import io.weft.api.Node;
import io.weft.api.RecoveryProgress;
import io.weft.api.Stage;
import io.weft.api.WeftException;
import io.weft.plugin.workload.shared.Failures;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Latencies;
import io.weft.plugin.workload.shared.WorkloadErrors;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.faults.MachineFaults;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs work on a node for a parent process. It reads commands and writes events, one JSON object
 * per line.
 *
 * <pre>
 *   do           answered by
 *                up              once, at the start
 *   (a job)      ready           with the job's settings; the job is ready to run
 *   pulse        beating         own blocks are touched from now on
 *   mark         (nothing)       earlier measurements are dropped
 *   feel         felt            how long own blocks were not served since the mark, by master
 *                recovery        each step of a view change, where it is seen
 *   fault        faulted         faults of storage or clocks are injected from now on
 *   start        done            progress goes before it; figures, histograms, acknowledgements
 *   stop         (done)          ends the work soon
 *   audit        audited         the result of a coherent reading of all blocks
 *   write-back   written-back    all changes of this node are on disk
 *   quit         (end)           the agent returns, and the node leaves as planned
 *   any          failed          code and message
 * </pre>
 *
 * <p>The end of the input means that the parent has ended: the agent stops at once. Commands are
 * executed one after another on a thread of the agent, except {@code stop}, {@code mark}, {@code
 * feel}, {@code fault} and {@code quit}, which are executed at once.
 */
public final class Agent {
  /** Exit code after the parent has ended. */
  static final int PARENT_GONE = 3;

  /** Exit code after a failure. */
  static final int FAILED = 1;

  /**
   * Interval of progress events: 1 s, because adding up the node's statistics takes milliseconds.
   */
  private static final long PROGRESS_MS = 1000;

  /** Interval at which the agent polls the progress of a view change: 2 ms. */
  private static final long RECOVERY_MS = 2;

  /** Longest time that a node may take to leave as planned after its parent has ended. */
  private static final long LAST_WISH_SECONDS = 10;

  private final Node node;
  private final Metrics metrics;
  private final BucketMap masters;
  private final Optional<MachineFaults> faults;
  private final Jobs jobs;
  private final PrintStream out;
  private final ExecutorService commands =
      Executors.newSingleThreadExecutor(task -> daemon("weft-agent", task));
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(task -> daemon("weft-agent-progress", task));
  private final AtomicReference<Job> job = new AtomicReference<>();
  private final AtomicReference<Optional<Pulse>> pulse = new AtomicReference<>(Optional.empty());

  /** The last reported step of a view change; used by the timer's thread. */
  private String recoveryStep = "";

  private volatile boolean failed;

  private Agent(ServedNode served, Jobs jobs, PrintStream out) {
    node = served.node();
    metrics = served.metrics();
    masters = served.masters();
    faults = served.faults();
    this.jobs = jobs;
    this.out = out;
  }

  /**
   * Serves a parent until it sends quit or has ended. Afterwards the caller closes the node and
   * ends the process. If the parent has ended and closing takes too long, the process is halted.
   *
   * @param served a started node
   * @param jobs the kinds of work that the parent may ask for
   * @param in commands
   * @param out events; no other code may write there
   * @return the exit code of the process: 0 after quit
   */
  public static int run(ServedNode served, Jobs jobs, InputStream in, PrintStream out) {
    int code = serve(served, jobs, in, out);
    if (code != 0) {
      daemon("weft-agent-watchdog", Agent::haltLater).start();
    }
    return code;
  }

  /** As {@link #run}, without the watchdog. */
  static int serve(ServedNode served, Jobs jobs, InputStream in, PrintStream out) {
    return new Agent(served, jobs, out).serve(in);
  }

  private int serve(InputStream in) {
    node.stopped()
        .whenComplete(
            (_, error) -> {
              if (error != null) {
                fail(error);
              }
            });
    send(
        Json.event("up")
            .put("node", node.id().value())
            .put("contentBytes", node.cache().contentBytes()));
    timer.scheduleWithFixedDelay(
        this::watchRecovery, RECOVERY_MS, RECOVERY_MS, TimeUnit.MILLISECONDS);
    try (var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Optional<ObjectNode> command = Json.parse(line);
        if (command.isEmpty()) {
          fail(new WeftException(WorkloadErrors.BAD_COMMAND, "not a JSON object: " + line));
          continue;
        }
        switch (command.get().path("do").asText()) {
          case "quit" -> {
            return failed ? FAILED : 0;
          }
          case "stop" -> stopJob();
          case "mark" -> {
            pulse.get().ifPresent(Pulse::mark);
            Optional.ofNullable(job.get()).ifPresent(Job::mark);
          }
          case "feel" -> feel();
          case "fault" -> inject(command.get());
          default -> commands.execute(() -> execute(command.get()));
        }
      }
      return PARENT_GONE;
    } catch (IOException e) {
      return PARENT_GONE;
    } finally {
      stopJob();
      pulse.get().ifPresent(Pulse::close);
      commands.shutdownNow();
      timer.shutdownNow();
    }
  }

  private void inject(ObjectNode command) {
    try {
      String words = Json.text(command, "words");
      faults
          .orElseThrow(
              () ->
                  new WeftException(
                      WorkloadErrors.BAD_COMMAND,
                      "this node has no faults to inject; choose a plugin with"
                          + " weft.faults.plugin"))
          .inject(words);
      send(Json.event("faulted").put("words", words));
    } catch (WeftException | IllegalArgumentException e) {
      fail(e);
    }
  }

  private void execute(ObjectNode command) {
    try {
      BlockCache cache = node.cache();
      switch (Json.text(command, "do")) {
        case "pulse" -> {
          Pulse next =
              new Pulse(
                  cache,
                  masters,
                  Json.integer(command, "node"),
                  Json.integer(command, "nodes"),
                  Json.integer(command, "blocks"));
          next.start();
          pulse.set(Optional.of(next));
          send(Json.event("beating"));
        }
        case "start" -> work();
        case "audit" -> {
          ObjectNode event = Json.event("audited");
          currentJob().audit(event);
          send(event);
        }
        case "write-back" -> {
          cache.writeBack().toCompletableFuture().get();
          send(Json.event("written-back"));
        }
        case String other ->
            prepare(
                jobs.of(other, command, node, this::send)
                    .orElseThrow(
                        () ->
                            new WeftException(
                                WorkloadErrors.BAD_COMMAND, "unknown command '" + other + "'")));
      }
    } catch (InterruptedException e) {
      // The agent is leaving.
      Thread.currentThread().interrupt();
    } catch (Exception | Error e) {
      fail(e);
    }
  }

  private void prepare(Job newJob) {
    newJob.prepare();
    job.set(newJob);
    send(Json.event("ready"));
  }

  private void work() {
    Job current = currentJob();
    CacheStatistics before = node.cache().statistics();
    Map<String, byte[]> earlier = encodedLatencies();
    Optional<Duration> cpuBefore = cpuTime();
    ScheduledFuture<?> progress =
        timer.scheduleAtFixedRate(
            () -> sendProgress(current, before), PROGRESS_MS, PROGRESS_MS, TimeUnit.MILLISECONDS);
    try {
      current.run();
    } finally {
      progress.cancel(false);
    }
    ObjectNode event = Json.event("done");
    current.result(event);
    addStatistics(event, before, node.cache().statistics());
    cpuTime()
        .flatMap(now -> cpuBefore.map(now::minus))
        .ifPresent(time -> event.put("cpuMillis", time.toMillis()));
    ObjectNode histograms = event.putObject("histograms");
    encodedLatencies()
        .forEach(
            (stage, encoded) ->
                histograms.put(
                    stage, Latencies.text(Latencies.since(earlier.get(stage), encoded))));
    send(event);
  }

  private void feel() {
    ObjectNode event = Json.event("felt");
    pulse.get().ifPresent(beating -> beating.addTo(event));
    send(event);
  }

  /** Reports each step of a view change when it is observed. */
  private void watchRecovery() {
    try {
      Optional<RecoveryProgress> now = node.recovery();
      String step = now.map(progress -> progress.epoch() + " " + progress.phase()).orElse("");
      if (!step.equals(recoveryStep)) {
        recoveryStep = step;
        now.ifPresent(progress -> send(recoveryEvent(progress)));
      }
    } catch (RuntimeException e) {
      // A stopping node has no view; the reason of its stop is reported elsewhere.
      recoveryStep = "";
    }
  }

  private ObjectNode recoveryEvent(RecoveryProgress progress) {
    ObjectNode event =
        Json.event("recovery")
            .put("epoch", progress.epoch().value())
            .put("phase", progress.phase().name())
            .put("percent", progress.percent())
            .put("elapsedMillis", progress.elapsedMillis())
            .put("redoRecords", progress.redoRecords())
            .put("blocksReported", progress.blocksReported())
            .put("blocksToRecover", progress.blocksToRecover())
            .put("cluster", node.clusterState().name());
    event.set("members", Json.nodes(node.view().memberIds()));
    return event;
  }

  private Job currentJob() {
    return Optional.ofNullable(job.get())
        .orElseThrow(() -> new WeftException(WorkloadErrors.BAD_COMMAND, "no work was prepared"));
  }

  private void stopJob() {
    Optional.ofNullable(job.get()).ifPresent(Job::stop);
  }

  private void sendProgress(Job current, CacheStatistics before) {
    try {
      ObjectNode event = Json.event("progress");
      current.progress(event);
      CacheStatistics now = node.cache().statistics();
      addStatistics(event, before, now);
      ObjectNode medians = event.putObject("medianMicros");
      now.latency()
          .forEach(
              (stage, summary) -> {
                if (summary.count() > 0) {
                  medians.put(Latencies.stageName(stage), summary.p50());
                }
              });
      send(event);
    } catch (RuntimeException e) {
      // A stopping node has no figures; the reason of its stop is reported elsewhere.
      send(Json.event("progress"));
    }
  }

  private static void addStatistics(ObjectNode to, CacheStatistics before, CacheStatistics now) {
    to.put("localHits", now.localHits() - before.localHits())
        .put("diskReads", now.diskReads() - before.diskReads())
        .put("shipped2Hop", now.shipped2Hop() - before.shipped2Hop())
        .put("shipped3Hop", now.shipped3Hop() - before.shipped3Hop())
        .put("upgrades", now.upgrades() - before.upgrades())
        .put("invalidations", now.invalidations() - before.invalidations())
        .put("blocksSent", now.blocksSent() - before.blocksSent())
        .put("diskWrites", now.blockWrites() - before.blockWrites())
        .put("evictions", now.evictions() - before.evictions())
        .put("prefetchRequests", now.prefetchRequests() - before.prefetchRequests())
        .put("prefetchHits", now.prefetchHits() - before.prefetchHits())
        .put("pinWaits", now.pinWaits() - before.pinWaits());
  }

  private Map<String, byte[]> encodedLatencies() {
    Map<String, byte[]> encoded = new TreeMap<>();
    for (Stage stage : Stage.values()) {
      Recorder recorder =
          metrics.recorders().get("cache-fusion.latency." + Latencies.stageName(stage));
      if (recorder != null) {
        encoded.put(Latencies.stageName(stage), recorder.encoded());
      }
    }
    return encoded;
  }

  /** The processor time of this process, if the system tells it. */
  private static Optional<Duration> cpuTime() {
    return ProcessHandle.current().info().totalCpuDuration();
  }

  private void fail(Throwable error) {
    Throwable cause = Failures.unwrapped(error);
    failed = true;
    send(
        Json.event("failed")
            .put("code", Failures.codeOf(cause))
            .put("message", cause.getMessage() == null ? cause.toString() : cause.getMessage()));
  }

  private void send(ObjectNode event) {
    String line = Json.line(event);
    synchronized (out) {
      out.println(line);
      out.flush();
    }
  }

  private static Thread daemon(String name, Runnable task) {
    return Thread.ofPlatform().daemon().name(name).unstarted(task);
  }

  private static void haltLater() {
    try {
      TimeUnit.SECONDS.sleep(LAST_WISH_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(PARENT_GONE);
  }
}
