// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.network;

import io.weft.api.WeftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The network of one run. Each node has a network namespace, and a further one, the hub, forwards
 * their packets. Links can be cut one by one. The network of the machine is not affected; file
 * system and process numbers are those of the machine. Thread-safe.
 *
 * <pre>
 *   namespace of n0            hub, forwards            namespace of n1
 *   eth0 10.77.0.2 ------ w0 10.77.0.1 | 10.77.1.1 w1 ------ 10.77.1.2 eth0
 * </pre>
 */
public final class NodeNetwork implements AutoCloseable {
  /*
   * A cut is a routing rule of the hub that drops the packets of one source to one destination. So
   * a cut link is silent, like a broken switch: no side gets an error, interfaces stay up, and
   * connections stay open until one side closes them. Disabled interfaces, and blackholes in the
   * namespace of the sender, would be reported to it at once and cut both directions.
   *
   * Named namespaces outlive the process that created them. Each name includes the number of that
   * process, so that the next run can remove the namespaces of a killed one.
   */

  /** The most nodes: the number of a node is a byte of its address. */
  private static final int MOST_NODES = 64;

  private static final String PREFIX = "weft-";
  private static final Pattern NAME = Pattern.compile(PREFIX + "([0-9]+)-[0-9]+-(hub|n[0-9]+)");

  /** Distinguishes the networks of one process. */
  private static final AtomicInteger COUNT = new AtomicInteger();

  /** The requirements and the remedy, for messages. */
  private static final String REMEDY =
      "; nodes in a network that can be cut need Linux with network namespaces, the command 'ip'"
          + " (package iproute2), and root with CAP_SYS_ADMIN and CAP_NET_ADMIN (a container:"
          + " --privileged). Run it there, or do without network cuts";

  private final String prefix;
  private final int nodes;

  /** Number of current cuts of each link; guarded by this. */
  private final Map<NetworkLink, Integer> cuts = new HashMap<>();

  private NodeNetwork(String prefix, int nodes) {
    this.prefix = prefix;
    this.nodes = nodes;
  }

  /**
   * Creates the network, after removing those of ended processes. Either all of it is created or
   * nothing.
   *
   * @throws WeftException {@link NetworkErrors#NO_NODE_NETWORK} if that is not possible here; the
   *     message names what is missing
   */
  public static NodeNetwork open(int nodes) {
    if (nodes < 1 || nodes > MOST_NODES) {
      throw new IllegalArgumentException(nodes + " nodes; allowed: 1 to " + MOST_NODES);
    }
    obstacle()
        .ifPresent(
            what -> {
              throw new WeftException(NetworkErrors.NO_NODE_NETWORK, what + REMEDY);
            });
    removeLeftovers();
    long pid = ProcessHandle.current().pid();
    NodeNetwork network =
        new NodeNetwork(PREFIX + pid + "-" + COUNT.incrementAndGet() + "-", nodes);
    try {
      network.make();
      return network;
    } catch (IpTool.Failure e) {
      network.close();
      throw new WeftException(
          NetworkErrors.NO_NODE_NETWORK,
          "cannot create a network for " + nodes + " nodes: " + e.getMessage() + REMEDY,
          e);
    }
  }

  /** A known obstacle to creating a network; empty if there is none. */
  private static Optional<String> obstacle() {
    if (!Files.exists(Path.of("/proc/self/ns/net"))) {
      return Optional.of("this system has no network namespaces: it is not Linux");
    }
    try {
      if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
        return Optional.of("this process is not root");
      }
      IpTool.namespaces();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("cannot read /proc/self: " + e);
    } catch (IpTool.Failure e) {
      return Optional.of(e.getMessage());
    }
  }

  private void make() throws IpTool.Failure {
    List<String> names = names();
    // An earlier process may have had this number.
    remove(IpTool.namespaces().stream().filter(names::contains).toList());
    IpTool.batch(names.stream().map(name -> "netns add " + name).toList());
    makeHubForward();
    List<String> atHub = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      atHub.add(
          String.format(
              Locale.ROOT, "link add w%d type veth peer name eth0 netns %s", node, name(node)));
      atHub.add(String.format(Locale.ROOT, "address add 10.77.%d.1/24 dev w%d", node, node));
      atHub.add(String.format(Locale.ROOT, "link set w%d up", node));
    }
    IpTool.batchIn(hub(), atHub);
    for (int node = 0; node < nodes; node++) {
      IpTool.batchIn(
          name(node),
          List.of(
              "link set lo up",
              String.format(Locale.ROOT, "address add %s/24 dev eth0", host(node)),
              "link set eth0 up",
              String.format(Locale.ROOT, "route add default via 10.77.%d.1", node)));
    }
  }

  /**
   * Enables forwarding at the hub, without the check of source addresses, which would turn a cut of
   * one direction into one of both.
   */
  private void makeHubForward() throws IpTool.Failure {
    String settings = "cd /proc/sys/net/ipv4 && echo 1 > ip_forward";
    for (String scope : List.of("all", "default")) {
      settings += String.format(Locale.ROOT, " && echo 0 > conf/%s/rp_filter", scope);
    }
    IpTool.run(IpTool.inside(hub(), List.of("sh", "-c", settings)), List.of());
  }

  /** The address of a node, valid for all nodes. */
  public String host(int node) {
    return "10.77." + checked(node) + ".2";
  }

  /** The command that runs another one inside the namespace of a node, as the same process. */
  public List<String> inside(int node, List<String> command) {
    return IpTool.inside(name(checked(node)), command);
  }

  /** Drops the packets of these links from now on. A link may be cut several times. */
  public synchronized void cut(Collection<NetworkLink> links) {
    List<String> commands = new ArrayList<>();
    for (NetworkLink link : links) {
      if (cuts.merge(checked(link), 1, Integer::sum) == 1) {
        commands.add("rule add " + selector(link));
      }
    }
    change(commands);
  }

  /** Removes one cut of each of these links; a link without cuts delivers again. */
  public synchronized void heal(Collection<NetworkLink> links) {
    List<String> commands = new ArrayList<>();
    for (NetworkLink link : links) {
      if (!cuts.containsKey(checked(link))) {
        throw new IllegalStateException(link + " is not cut");
      }
      if (cuts.merge(link, -1, Integer::sum) == 0) {
        cuts.remove(link);
        commands.add("rule del " + selector(link));
      }
    }
    change(commands);
  }

  private void change(List<String> commands) {
    try {
      if (!commands.isEmpty()) {
        IpTool.batchIn(hub(), commands);
      }
    } catch (IpTool.Failure e) {
      throw new WeftException(
          NetworkErrors.NO_NODE_NETWORK, "cannot cut or heal links: " + e.getMessage(), e);
    }
  }

  private String selector(NetworkLink link) {
    return String.format(
        Locale.ROOT, "from %s to %s blackhole", host(link.from()), host(link.to()));
  }

  /** Removes the network. Processes still inside lose their connections. */
  @Override
  public synchronized void close() {
    List<String> mine = names();
    try {
      remove(IpTool.namespaces().stream().filter(mine::contains).toList());
    } catch (IpTool.Failure e) {
      // The next run removes it.
    }
  }

  /** Removes the networks of ended processes. */
  private static void removeLeftovers() {
    try {
      remove(leftovers(IpTool.namespaces(), pid -> ProcessHandle.of(pid).isPresent()));
    } catch (IpTool.Failure e) {
      // If it is an obstacle, creating the network will report it.
    }
  }

  /** The namespaces whose creating process has ended. */
  static List<String> leftovers(List<String> namespaces, LongPredicate runs) {
    return namespaces.stream()
        .filter(
            name -> {
              Matcher matcher = NAME.matcher(name);
              return matcher.matches() && !runs.test(Long.parseLong(matcher.group(1)));
            })
        .toList();
  }

  /** Removes namespaces; another process may be about to remove them, too. */
  private static void remove(List<String> namespaces) {
    for (String name : namespaces) {
      try {
        IpTool.batch(List.of("netns delete " + name));
      } catch (IpTool.Failure e) {
        // Another process was faster.
      }
    }
  }

  /** The namespaces of this network. */
  List<String> names() {
    List<String> names = new ArrayList<>(List.of(hub()));
    for (int node = 0; node < nodes; node++) {
      names.add(name(node));
    }
    return names;
  }

  private String hub() {
    return prefix + "hub";
  }

  private String name(int node) {
    return prefix + "n" + node;
  }

  private int checked(int node) {
    if (node < 0 || node >= nodes) {
      throw new IllegalArgumentException("no node " + node + "; there are " + nodes);
    }
    return node;
  }

  private NetworkLink checked(NetworkLink link) {
    checked(link.from());
    checked(link.to());
    return link;
  }
}
