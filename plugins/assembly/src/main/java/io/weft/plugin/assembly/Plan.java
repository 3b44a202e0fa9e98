// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.ResourceClass;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeSettings;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A node as its configuration describes it, checked and not started. */
public final class Plan {
  private final List<Problem> problems;
  private final List<Plugin> plugins;
  private final List<Choice> choices;
  private final List<Setting> settings;
  private final Optional<CoreSettings> core;
  private final List<Filled> filled;
  private final InstantSource wallClock;

  Plan(
      List<Problem> problems,
      List<Plugin> plugins,
      List<Choice> choices,
      List<Setting> settings,
      Optional<CoreSettings> core,
      List<Filled> filled,
      InstantSource wallClock) {
    this.problems = List.copyOf(problems);
    this.plugins = List.copyOf(plugins);
    this.choices = List.copyOf(choices);
    this.settings = List.copyOf(settings);
    this.core = core;
    this.filled = List.copyOf(filled);
    this.wallClock = wallClock;
  }

  /** All mistakes in the configuration; without any, {@link #start} will try. */
  public List<Problem> problems() {
    return problems;
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

  /**
   * Builds and starts the node, and waits until all members are connected.
   *
   * @throws WeftException with {@link #problems} if there are any, or why the node did not start;
   *     nothing is left open then
   */
  public AssembledNode start() {
    if (!problems.isEmpty()) {
      throw Problems.asError(problems);
    }
    CoreSettings settings = core.orElseThrow();
    return AssembledNode.start(nodeSettings(settings), settings, filled);
  }

  private NodeSettings nodeSettings(CoreSettings core) {
    List<Member> members =
        core.members().stream()
            .map(member -> new Member(new NodeId(member.id()), member.host(), member.port()))
            .sorted(Comparator.comparing(Member::id))
            .toList();
    Map<Integer, ResourceClass> classes = new HashMap<>();
    core.resourceClasses().forEach((file, kind) -> classes.put(Integer.valueOf(file), kind));
    return new NodeSettings(
        core.clusterName(),
        new NodeId(core.nodeId()),
        wallClock.millis(),
        members,
        Math.toIntExact(core.blockSize().bytes()),
        classes);
  }
}
