// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import io.weft.plugin.workload.shared.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The configuration of the nodes of a run.
 *
 * @param nodes number of nodes
 * @param frames cached blocks of each
 * @param transport plugin that carries their messages
 * @param heapMiB heap of each
 * @param config configuration file that all include first
 * @param settings further lines of configuration, {@code key=value}
 */
public record FleetPlan(
    int nodes,
    int frames,
    String transport,
    int heapMiB,
    Optional<Path> config,
    List<String> settings) {

  /** Copies the list. */
  public FleetPlan {
    settings = List.copyOf(settings);
  }

  /** The same with further lines before its own, which come later and take precedence. */
  public FleetPlan including(List<String> lines) {
    List<String> all = new ArrayList<>(lines);
    all.addAll(settings);
    return new FleetPlan(nodes, frames, transport, heapMiB, config, all);
  }

  /** Whether the nodes exchange messages through memory of this machine. */
  public boolean sharesMemory() {
    return transport.equals("shm");
  }

  /** The address at which a node listens. */
  public record Address(String host, int port) {
    private static final String LOOPBACK = "127.0.0.1";

    /** Ports of the loopback address, in order. */
    public static List<Address> loopback(List<Integer> ports) {
      return ports.stream().map(port -> new Address(LOOPBACK, port)).toList();
    }
  }

  /**
   * The configuration of one node.
   *
   * @param node its id
   * @param addresses of all nodes, by id
   * @param blocks directory of the block store
   */
  public String configOf(int node, List<Address> addresses, Path blocks) {
    StringBuilder text = new StringBuilder();
    if (addresses.stream().anyMatch(address -> !address.host().equals(Address.LOOPBACK))) {
      // The networks between the nodes are on this host. The file of the user may say otherwise.
      text.append("weft.transport.tcp.tls.mode = plaintext\n");
    }
    config.ifPresent(
        path ->
            text.append("include required(file(")
                .append(Json.quoted(path.toAbsolutePath().toString()))
                .append("))\n"));
    text.append("weft.cluster-name = workload\n")
        .append("weft.node-id = ")
        .append(node)
        .append("\nweft.members = [\n");
    for (int id = 0; id < nodes; id++) {
      text.append("  { id = ")
          .append(id)
          .append(", host = ")
          .append(Json.quoted(addresses.get(id).host()))
          .append(", port = ")
          .append(addresses.get(id).port())
          .append(" }\n");
    }
    text.append("]\nweft.transport.plugin = ")
        .append(Json.quoted(transport))
        .append("\nweft.store.plugin = file\nweft.store.file.directory = ")
        .append(Json.quoted(blocks.toString()))
        .append("\nweft.cache-fusion.frames = ")
        .append(frames)
        .append('\n');
    settings.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }
}
