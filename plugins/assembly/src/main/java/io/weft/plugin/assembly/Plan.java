// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.WeftException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A node as its configuration describes it, checked and not started. */
public final class Plan {
  private final List<Problem> problems;
  private final List<Caution> cautions;
  private final List<Plugin> plugins;
  private final List<Choice> choices;
  private final List<Setting> settings;
  private final Optional<CoreSettings> core;
  private final List<Filled> filled;

  Plan(
      List<Problem> problems,
      List<Caution> cautions,
      List<Plugin> plugins,
      List<Choice> choices,
      List<Setting> settings,
      Optional<CoreSettings> core,
      List<Filled> filled) {
    this.problems = List.copyOf(problems);
    this.cautions = List.copyOf(cautions);
    this.plugins = List.copyOf(plugins);
    this.choices = List.copyOf(choices);
    this.settings = List.copyOf(settings);
    this.core = core;
    this.filled = List.copyOf(filled);
  }

  /** All mistakes in the configuration; without any, {@link #start} will try. */
  public List<Problem> problems() {
    return problems;
  }

  /** What is allowed and should be known; no reason not to start. */
  public List<Caution> cautions() {
    return cautions;
  }

  /** All plugins that could be chosen. */
  public List<Plugin> plugins() {
    return plugins;
  }

  /** Which plugin fills what; interfaces whose plugin has problems are left out. */
  public List<Choice> choices() {
    return choices;
  }

  /** The settings of the node itself. */
  public List<Setting> settings() {
    return settings;
  }

  /** Builds the parts, and starts nothing; for tests. */
  Parts wire(Wiring wiring) {
    return wiring.wire(core.orElseThrow(), new FirstFailure(), filled);
  }

  /**
   * Builds and starts the node, and waits until it is a member of its cluster. A thread that is
   * interrupted starts nothing and stays interrupted.
   *
   * @throws WeftException with {@link #problems} if there are any, or why the node did not start;
   *     nothing is left open then
   */
  public AssembledNode start() {
    return start(new CompletableFuture<>());
  }

  /**
   * The same, and gives up when {@code giveUp} completes before the node is a member: a process
   * that is told to end while its node waits for others leaves no log behind.
   */
  public AssembledNode start(CompletionStage<?> giveUp) {
    if (!problems.isEmpty()) {
      throw Problems.asError(problems);
    }
    if (Thread.currentThread().isInterrupted()) {
      throw interrupted("before it began", null);
    }
    FileLimit.ofProcess().check(core.orElseThrow().members().size());
    try {
      return AssembledNode.start(core.orElseThrow(), filled, giveUp);
    } catch (WeftException e) {
      // Files close themselves under an interrupted thread, and are then reported as broken.
      throw Thread.currentThread().isInterrupted() ? interrupted("(" + e.getMessage() + ")", e) : e;
    }
  }

  private static WeftException interrupted(String when, WeftException cause) {
    return new WeftException(
        AssemblyErrors.START_INTERRUPTED,
        "the thread that starts the node has been interrupted " + when + "; nothing is left open",
        cause);
  }
}
