// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.Member;
import io.weft.api.MemberErrors;
import io.weft.api.MemberList;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.assembly.Plan;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.MemberChange;
import io.weft.spi.membership.MemberRequests;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code weft member}: lists the members of a cluster, and changes them while it runs. Works on
 * every machine that reaches the registry; the node of the configuration need not run.
 */
@Command(
    name = "member",
    mixinStandardHelpOptions = true,
    description = "Lists and changes the members of a cluster while it runs.",
    subcommands = {
      MemberCommand.ListMembers.class,
      MemberCommand.Add.class,
      MemberCommand.Remove.class,
      MemberCommand.Change.class
    })
final class MemberCommand implements Runnable {
  /** Interval at which the answer is looked for: 100 ms. */
  private static final long LOOK_NS = 100_000_000;

  @Spec private CommandSpec spec;

  /** For picocli. */
  MemberCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command: list, add, remove, change.");
  }

  /** What all commands have in common. */
  private abstract static class Step implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private ConfigFile config;
    @Mixin private CommonOptions options;

    abstract AgreedMembers result(MemberRequests requests);

    @Override
    public Integer call() {
      ConsoleLog.install(options.verbose());
      Plan plan = config.plan();
      MemberRequests requests =
          new MemberRequests(
              plan.registry(),
              plan.members(),
              plan.hashStrategy().honoursWeights(),
              System::nanoTime,
              () -> LockSupport.parkNanos(LOOK_NS));
      print(spec.commandLine().getOut(), result(requests).list());
      return ExitCode.DONE;
    }

    private void print(PrintWriter out, MemberList list) {
      if (options.json()) {
        JsonOutput.print(out, json(list));
        return;
      }
      Columns table = new Columns();
      table.row("node", "address", "weight");
      for (Member member : list.members()) {
        table.row(
            member.id().toString(),
            member.host() + ":" + member.port(),
            String.valueOf(member.weight()));
      }
      list.removed().forEach(node -> table.row("n" + node, "removed", "-"));
      table.print(out);
      out.println("version " + list.version());
      out.flush();
    }

    private static ObjectNode json(MemberList list) {
      ObjectNode json = JsonOutput.object().put("version", list.version());
      ArrayNode members = json.putArray("members");
      for (Member member : list.members()) {
        members
            .addObject()
            .put("id", member.id().value())
            .put("host", member.host())
            .put("port", member.port())
            .put("weight", member.weight());
      }
      ArrayNode removed = json.putArray("removed");
      list.removed().forEach(removed::add);
      return json;
    }
  }

  /** A step that asks for a change. */
  private abstract static class Request extends Step {
    @Option(
        names = "--wait",
        paramLabel = "SECONDS",
        defaultValue = "30",
        description =
            "How long to wait for a member that carries out the change, 1 to 3600; default"
                + " ${DEFAULT-VALUE}. Then the request is withdrawn.")
    private int waitSeconds;

    abstract MemberChange change(MemberRequests requests);

    @Override
    AgreedMembers result(MemberRequests requests) {
      if (waitSeconds < 1 || waitSeconds > 3600) {
        throw new WeftException(
            MemberErrors.BAD_MEMBER, "--wait " + waitSeconds + ": allowed is 1 to 3600 seconds");
      }
      return requests.change(change(requests), Duration.ofSeconds(waitSeconds));
    }
  }

  /** {@code weft member list}. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Prints the members that the newest view has agreed on.",
        "Before the first view these are the configured ones."
      })
  static final class ListMembers extends Step {
    /** For picocli. */
    ListMembers() {}

    @Override
    AgreedMembers result(MemberRequests requests) {
      return requests.list();
    }
  }

  /** {@code weft member add}. */
  @Command(
      name = "add",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Adds a node, which may join from then on.",
        "No configuration of another node has to name it."
      })
  static final class Add extends Request {
    @Parameters(index = "0", paramLabel = "ID", description = "The id of the node, 0 to 1023.")
    private int id;

    @Parameters(
        index = "1",
        paramLabel = "HOST:PORT",
        description = "The address that its peers connect to.")
    private String address;

    @Option(names = "--weight", paramLabel = "WEIGHT", description = "1 to 10000; default 100.")
    private Optional<Integer> weight = Optional.empty();

    /** For picocli. */
    Add() {}

    @Override
    MemberChange change(MemberRequests requests) {
      return MemberChange.add(member(id, address, weight.orElse(Member.DEFAULT_WEIGHT)));
    }
  }

  /** {@code weft member remove}. */
  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Takes a node out of the members for good. The node must have stopped.",
        "It cannot start any more until it is added again."
      })
  static final class Remove extends Request {
    @Parameters(index = "0", paramLabel = "ID", description = "The id of the node, 0 to 1023.")
    private int id;

    /** For picocli. */
    Remove() {}

    @Override
    MemberChange change(MemberRequests requests) {
      return MemberChange.remove(node(id));
    }
  }

  /** {@code weft member change}. */
  @Command(
      name = "change",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Gives a member another address or weight.",
        "For another address, the node must have stopped."
      })
  static final class Change extends Request {
    @Parameters(index = "0", paramLabel = "ID", description = "The id of the node, 0 to 1023.")
    private int id;

    @Option(
        names = "--address",
        paramLabel = "HOST:PORT",
        description = "The address that its peers connect to.")
    private Optional<String> address = Optional.empty();

    @Option(names = "--weight", paramLabel = "WEIGHT", description = "1 to 10000.")
    private Optional<Integer> weight = Optional.empty();

    /** For picocli. */
    Change() {}

    @Override
    MemberChange change(MemberRequests requests) {
      MemberList list = requests.list().list();
      Member now =
          list.find(node(id))
              .orElseThrow(
                  () ->
                      new WeftException(
                          MemberErrors.UNKNOWN_MEMBER,
                          "n" + id + " is no member; `weft member list` shows them"));
      Member next =
          member(id, address.orElse(now.host() + ":" + now.port()), weight.orElse(now.weight()));
      return MemberChange.change(now, next);
    }
  }

  private static NodeId node(int id) {
    if (id < 0 || id > NodeId.MAX) {
      throw new WeftException(
          MemberErrors.BAD_MEMBER, "node id " + id + " is outside 0 to " + NodeId.MAX);
    }
    return new NodeId(id);
  }

  private static Member member(int id, String address, int weight) {
    NodeId node = node(id);
    int colon = address.lastIndexOf(':');
    try {
      if (colon < 1) {
        throw new IllegalArgumentException("it is not HOST:PORT");
      }
      int port = Integer.parseInt(address.substring(colon + 1));
      String host = address.substring(0, colon);
      boolean literal = host.startsWith("[") && host.endsWith("]"); // of IPv6
      return new Member(node, literal ? host.substring(1, host.length() - 1) : host, port, weight);
    } catch (IllegalArgumentException e) {
      throw new WeftException(
          MemberErrors.BAD_MEMBER,
          "the address \""
              + address
              + "\" with weight "
              + weight
              + " is no address of a member: "
              + e.getMessage()
              + "; give HOST:PORT, with a port from 1 to 65535, and a weight from 1 to "
              + Member.MAX_WEIGHT,
          e);
    }
  }
}
