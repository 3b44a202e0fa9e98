// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.node.ClusterSettings;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A node as configured: checked and not started. */
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

  /** All mistakes in the configuration; {@link #start} needs an empty list. */
  public List<Problem> problems() {
    return problems;
  }

  /**
   * Allowed settings with consequences that the operator should know; they do not prevent a start.
   */
  public List<Caution> cautions() {
    return cautions;
  }

  /** All plugins that could be chosen. */
  public List<Plugin> plugins() {
    return plugins;
  }

  /** The plugin of each interface, except those whose plugin has problems. */
  public List<Choice> choices() {
    return choices;
  }

  /** The settings of the node itself. */
  public List<Setting> settings() {
    return settings;
  }

  /**
   * Makes the hash strategy alone, also if other parts of the plan have problems. Each call makes a
   * new one, which nobody has to close.
   *
   * @throws WeftException with all problems if no strategy could be chosen; or if it cannot be made
   *     without other parts of a node
   */
  public HashStrategy hashStrategy() {
    need(Slot.HASH_STRATEGY);
    return Wiring.hashStrategy(filled);
  }

  /**
   * Makes the directory alone, as {@link #hashStrategy}.
   *
   * @param strategy proposes its maps; may be that of another plan
   */
  public ResourceDirectory directory(HashStrategy strategy) {
    need(Slot.GRD);
    return Wiring.directory(filled, strategy);
  }

  /**
   * Makes the registry alone, for a process that is no node: it is not open, and takes no lock.
   * Each call makes a new one, which nobody has to close.
   *
   * @throws WeftException with all problems if there are any; or if it cannot be made without other
   *     parts of a node
   */
  public ClusterRegistry registry() {
    if (!problems.isEmpty()) {
      throw Problems.asError(problems);
    }
    return Wiring.registry(filled, core.orElseThrow().toNodeSettings(0, ClusterSettings.NONE));
  }

  /**
   * The configured id of this node.
   *
   * @throws WeftException with all problems if the configuration has no valid one
   */
  public NodeId nodeId() {
    return new NodeId(core.orElseThrow(() -> Problems.asError(problems)).nodeId());
  }

  /**
   * The configured members, ascending by id.
   *
   * @throws WeftException with all problems if the configuration has no valid members
   */
  public List<Member> members() {
    return core.orElseThrow(() -> Problems.asError(problems))
        .toNodeSettings(0, ClusterSettings.NONE)
        .members();
  }

  /**
   * Makes the part of one interface alone, also if the configuration of other parts has problems.
   *
   * @param spi a plugin interface, such as {@code Transport}
   * @throws WeftException with all problems if the plugin, or what it is made with, could not be
   *     chosen; or if it cannot be made without other plugins
   */
  public <T> LonePart<T> alone(Class<T> spi) {
    Slot slot = Slot.of(spi);
    List.of(slot, Slot.RUNTIME, Slot.METRICS).forEach(this::need);
    CoreSettings settings = core.orElseThrow(() -> Problems.asError(problems));
    PluginCalls calls = new PluginCalls(); // not started: nothing is watched
    Wiring wiring = new Wiring(calls, Wiring.CLOSE_LIMIT);
    FirstFailure failure = new FirstFailure();
    try {
      return new LonePart<>(
          wiring.wireAlone(spi, settings, failure, filled), failure, wiring, calls);
    } catch (RuntimeException | Error e) {
      wiring.close().forEach(e::addSuppressed);
      throw e;
    }
  }

  private void need(Slot slot) {
    if (filled.stream().noneMatch(plugin -> plugin.slot() == slot)) {
      throw Problems.asError(problems);
    }
  }

  /** Builds the parts without starting them; for tests. */
  Parts wire(Wiring wiring) {
    return wiring.wire(core.orElseThrow(), new FirstFailure(), filled);
  }

  /**
   * Builds and starts the node, and waits until it is a member of its cluster. If the thread is
   * interrupted, nothing is started and it stays interrupted.
   *
   * @throws WeftException with {@link #problems} if there are any, or with the reason why the node
   *     did not start; nothing is then left open
   */
  public AssembledNode start() {
    return start(new CompletableFuture<>());
  }

  /**
   * As {@link #start()}, but gives up if {@code giveUp} completes before the node is a member. So a
   * process that is asked to end while its node waits for others leaves no log.
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
      // Files are closed when a thread that uses them is interrupted, and then report errors.
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
