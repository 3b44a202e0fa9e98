// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.weft.plugin.assembly.Assembly;
import io.weft.plugin.assembly.Plan;
import io.weft.plugin.assembly.Plugin;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code weft plugins}: what can be chosen. */
@Command(
    name = "plugins",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Lists the plugins that a configuration can choose from.")
final class PluginsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions options;

  @Option(
      names = "--plugin-path",
      paramLabel = "DIR",
      description = "Also look into this directory; may be given more than once.")
  private List<Path> directories = new ArrayList<>();

  /** For picocli. */
  PluginsCommand() {}

  @Override
  public Integer call() {
    ConsoleLog.install(options.verbose());
    Assembly assembly = Distribution.with(Assembly.of(ConfigFactory.empty()));
    for (Path directory : directories) {
      assembly = assembly.withPlugins(directory);
    }
    // The plan of an empty configuration has problems, of course; only what is there matters here.
    Plan plan = assembly.plan();
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      JsonOutput.print(out, json(plan.plugins()));
    } else {
      print(plan.plugins(), out);
    }
    return ExitCode.DONE;
  }

  private void print(List<Plugin> plugins, PrintWriter out) {
    Columns columns = new Columns();
    columns.row("SECTION", "PLUGIN", "FILLS", "MODULE", "JAR", "DESCRIPTION");
    for (Plugin plugin : plugins) {
      columns.row(
          "weft." + plugin.section(),
          plugin.id(),
          plugin.spi(),
          plugin.module(),
          fileName(plugin.location()),
          plugin.description());
    }
    columns.print(out);
  }

  static String fileName(String location) {
    Path name = Path.of(location).getFileName();
    return name == null ? location : name.toString();
  }

  private static ObjectNode json(List<Plugin> plugins) {
    ObjectNode json = JsonOutput.object();
    ArrayNode list = json.putArray("plugins");
    for (Plugin plugin : plugins) {
      ObjectNode entry = list.addObject();
      entry.put("section", "weft." + plugin.section());
      entry.put("id", plugin.id());
      entry.put("fills", plugin.spi());
      entry.put("module", plugin.module());
      entry.put("class", plugin.className());
      entry.put("version", plugin.version());
      entry.put("jar", plugin.location());
      entry.put("description", plugin.description());
    }
    return json;
  }
}
