// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.assembly.Caution;
import io.weft.plugin.assembly.Plan;
import io.weft.plugin.assembly.Problem;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weft config}: the commands about configurations. */
@Command(
    name = "config",
    mixinStandardHelpOptions = true,
    description = "Commands about configurations.",
    subcommands = ConfigCommand.Check.class)
final class ConfigCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** For picocli. */
  ConfigCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command: check.");
  }

  /** {@code weft config check}: all mistakes at once. */
  @Command(
      name = "check",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Checks a configuration as the start of a node would, and lists all of its problems.",
        "Exit code: 0 none, 2 problems."
      })
  static final class Check implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private ConfigFile config;
    @Mixin private CommonOptions options;

    /** For picocli. */
    Check() {}

    @Override
    public Integer call() {
      ConsoleLog.install(options.verbose());
      Plan plan = config.plan();
      List<Problem> problems = plan.problems();
      PrintWriter out = spec.commandLine().getOut();
      if (options.json()) {
        JsonOutput.print(out, json(problems, plan.cautions()));
      } else {
        print(problems, plan.cautions(), out);
      }
      return problems.isEmpty() ? ExitCode.DONE : ExitCode.MISTAKE;
    }

    private void print(List<Problem> problems, List<Caution> cautions, PrintWriter out) {
      for (int i = 0; i < problems.size(); i++) {
        Problem problem = problems.get(i);
        out.printf("%d. %s: %s (%s)%n", i + 1, problem.place(), problem.message(), problem.code());
      }
      cautions.forEach(caution -> out.printf("Note: %s: %s%n", caution.place(), caution.message()));
      int count = problems.size();
      String found = count == 0 ? "no problems" : count == 1 ? "1 problem" : count + " problems";
      out.println(config.file() + ": " + found);
      out.flush();
    }

    private ObjectNode json(List<Problem> problems, List<Caution> cautions) {
      ObjectNode json = JsonOutput.object();
      json.put("config", config.file().toString());
      ArrayNode list = json.putArray("problems");
      for (Problem problem : problems) {
        ObjectNode entry = list.addObject();
        entry.put("code", problem.code().number());
        entry.put("name", problem.code().name());
        JsonOutput.place(entry, problem.place());
        entry.put("key", problem.key());
        entry.put("message", problem.message());
      }
      ArrayNode notes = json.putArray("cautions");
      for (Caution caution : cautions) {
        ObjectNode entry = notes.addObject();
        JsonOutput.place(entry, caution.place());
        entry.put("key", caution.key());
        entry.put("message", caution.message());
      }
      return json;
    }
  }
}
