// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.Member;
import io.weft.api.WeftException;
import io.weft.plugin.assembly.AssembledNode;
import io.weft.plugin.assembly.Plan;
import io.weft.plugin.workload.Workloads;
import io.weft.plugin.workload.agent.ServedNode;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code weft node}: one node of a cluster, as this process. */
@Command(
    name = "node",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Starts a node and runs it until it is ended (SIGTERM, Ctrl-C) or fails.",
      "Tells in one line when it is a member, and whenever the members change. Ended by a signal it"
          + " leaves as planned: it writes back and gives up its blocks first."
    })
final class NodeCommand implements Callable<Integer> {
  /** How often it is looked whether members or phases have changed. */
  private static final long LOOK_MS = 20;

  @Spec private CommandSpec spec;
  @Mixin private ConfigFile config;
  @Mixin private CommonOptions options;

  @Option(
      names = "--agent",
      hidden = true,
      description = "Do the work that a parent process sends as JSON lines on standard input.")
  private boolean agent;

  /** How long a process that is told to end waits for its node's start to be undone. */
  private static final int GIVE_UP_SECONDS = 30;

  private final AtomicBoolean leaving = new AtomicBoolean();
  private final CompletableFuture<Void> giveUp = new CompletableFuture<>();

  /** The node; empty if its start has failed. */
  private final CompletableFuture<Optional<AssembledNode>> started = new CompletableFuture<>();

  /** For picocli. */
  NodeCommand() {}

  @Override
  public Integer call() {
    ConsoleLog.install(options.verbose());
    Plan plan = config.plan();
    Thread hook = Thread.ofPlatform().name("weft-leave").unstarted(this::end);
    Runtime.getRuntime().addShutdownHook(hook);
    AssembledNode node = start(plan);
    announce(node);
    try {
      return agent
          ? Workloads.serve(
              new ServedNode(node, node.metrics(), node.masters(), node.faults()),
              System.in,
              System.out)
          : run(node);
    } finally {
      if (leaving.compareAndSet(false, true)) {
        node.close();
      }
    }
  }

  private AssembledNode start(Plan plan) {
    try {
      AssembledNode node = plan.start(giveUp);
      started.complete(Optional.of(node));
      return node;
    } finally {
      started.complete(Optional.empty());
    }
  }

  /** Runs when the process is told to end, also while the node waits for others to start. */
  private void end() {
    giveUp.complete(null);
    started
        .copy()
        .completeOnTimeout(Optional.empty(), GIVE_UP_SECONDS, TimeUnit.SECONDS) // storage may hang
        .join()
        .ifPresent(this::leave);
  }

  private int run(AssembledNode node) {
    PrintWriter out = options.json() ? spec.commandLine().getOut() : spec.commandLine().getErr();
    ViewReport report = new ViewReport(options.json(), out, node.view());
    while (true) {
      try {
        node.stopped().toCompletableFuture().get(LOOK_MS, TimeUnit.MILLISECONDS);
        return ExitCode.DONE;
      } catch (TimeoutException e) {
        report.look(node.view(), node.clusterState(), node.recovery());
      } catch (ExecutionException e) {
        throw e.getCause() instanceof WeftException known ? known : new CompletionException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return ExitCode.DONE;
      }
    }
  }

  private void announce(AssembledNode node) {
    if (agent) {
      return; // The agent speaks for itself.
    }
    Member self = node.settings().self();
    PrintWriter out = options.json() ? spec.commandLine().getOut() : spec.commandLine().getErr();
    if (options.json()) {
      ObjectNode json = JsonOutput.object();
      json.put("event", "ready");
      json.put("cluster", node.settings().clusterName());
      json.put("node", self.id().value());
      json.put("host", self.host());
      json.put("port", self.port());
      json.put("weight", self.weight());
      json.put("members", node.view().members().size());
      json.put("configured", node.settings().members().size());
      json.put("epoch", node.view().epoch().value());
      json.put("transport", node.transport());
      JsonOutput.print(out, json);
    } else {
      out.printf(
          "weft: node %s of cluster %s is ready (view %d with %d of %d nodes, %s, %s:%d%s)%n",
          self.id(),
          node.settings().clusterName(),
          node.view().epoch().value(),
          node.view().members().size(),
          node.settings().members().size(),
          node.transport(),
          self.host(),
          self.port(),
          self.weight() == Member.DEFAULT_WEIGHT ? "" : ", weight " + self.weight());
      out.flush();
    }
  }

  /** Runs when the process is told to end, and when it ends by itself: then this only waits. */
  private void leave(AssembledNode node) {
    boolean signalled = leaving.compareAndSet(false, true);
    try {
      node.close();
      if (signalled) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("weft: node " + node.id() + " has left");
        err.flush();
      }
    } catch (WeftException e) {
      ErrorReport.print(e, spec.commandLine(), options.verbose());
      // The exit code would be that of the signal and look like a planned end.
      Runtime.getRuntime().halt(ExitCode.FAILURE);
    }
  }
}
