// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.assembly.Choice;
import io.weft.plugin.assembly.Plan;
import io.weft.plugin.assembly.Setting;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code weft explain}: which plugin fills what, with which settings, and why. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows which plugin fills which interface of a node, with which settings, and where that"
          + " stands.",
      "Exit code: 0 sound, 2 the configuration has problems."
    })
final class ExplainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ConfigFile config;
  @Mixin private CommonOptions options;

  /** For picocli. */
  ExplainCommand() {}

  @Override
  public Integer call() {
    ConsoleLog.install(options.verbose());
    Plan plan = config.plan();
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      JsonOutput.print(out, json(plan));
    } else {
      print(plan, out);
    }
    int problems = plan.problems().size();
    if (problems > 0) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(
          "weft: the configuration has "
              + (problems == 1 ? "a problem" : problems + " problems")
              + "; weft config check -c "
              + config.file()
              + " tells.");
      err.flush();
    }
    return problems == 0 ? ExitCode.DONE : ExitCode.MISTAKE;
  }

  private void print(Plan plan, PrintWriter out) {
    out.println("node");
    settings(plan.settings(), out);
    for (Choice choice : plan.choices()) {
      out.println();
      out.println(
          choice.spi()
              + " is filled by "
              + choice.plugin()
              + " ("
              + why(choice.standard())
              + choice.place()
              + ")");
      out.println("  class  " + choice.module() + "/" + choice.className());
      out.println("  jar    " + choice.location());
      settings(choice.settings(), out);
    }
    out.flush();
  }

  private static void settings(List<Setting> settings, PrintWriter out) {
    Columns columns = new Columns();
    for (Setting setting : settings) {
      columns.row(
          "  " + setting.key(),
          "= " + setting.value(),
          "(" + why(setting.standard()) + setting.place() + ")");
    }
    columns.print(out);
  }

  private static String why(boolean standard) {
    return standard ? "default, " : "set, ";
  }

  private ObjectNode json(Plan plan) {
    ObjectNode json = JsonOutput.object();
    json.put("config", config.file().toString());
    json.put("problems", plan.problems().size());
    ArrayNode node = json.putArray("settings");
    plan.settings().forEach(setting -> node.add(JsonOutput.setting(setting)));
    ArrayNode choices = json.putArray("choices");
    for (Choice choice : plan.choices()) {
      ObjectNode entry = choices.addObject();
      entry.put("section", "weft." + choice.section());
      entry.put("fills", choice.spi());
      entry.put("plugin", choice.plugin());
      entry.put("module", choice.module());
      entry.put("class", choice.className());
      entry.put("jar", choice.location());
      entry.put("default", choice.standard());
      JsonOutput.place(entry, choice.place());
      ArrayNode settings = entry.putArray("settings");
      choice.settings().forEach(setting -> settings.add(JsonOutput.setting(setting)));
    }
    return json;
  }
}
