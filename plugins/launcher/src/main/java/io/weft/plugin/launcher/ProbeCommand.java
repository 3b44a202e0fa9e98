// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import io.weft.plugin.assembly.Assembly;
import io.weft.plugin.assembly.Plan;
import io.weft.plugin.launcher.probe.ProbeAgent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code weft probe}: measures one plugin as {@code weft compare} orders. */
@Command(
    name = "probe",
    hidden = true,
    description = "Measures one plugin. Started by weft compare, which talks to it in JSON.")
final class ProbeCommand implements Callable<Integer> {
  @Option(names = "--spi", required = true, description = "Section of the plugin.")
  private String spi = "";

  @Option(names = "--config", required = true, description = "Configuration of the node.")
  private Path config = Path.of("");

  @Option(names = "--plugin-path", description = "Directory with further plugins.")
  private List<Path> directories = new ArrayList<>();

  /** For picocli. */
  ProbeCommand() {}

  @Override
  public Integer call() throws IOException {
    ConsoleLog.install(false);
    PrintStream answers = System.out;
    // Whatever a plugin prints must not get between the answers.
    System.setOut(System.err);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    boolean worked = new ProbeAgent(orders, answers).run(spi, plan(), config.toString());
    return worked ? ExitCode.DONE : ExitCode.FAILURE;
  }

  private Plan plan() {
    ConfigParseOptions options =
        ConfigParseOptions.defaults()
            .setSyntax(ConfigSyntax.CONF)
            .setAllowMissing(false)
            .setOriginDescription(config.toString());
    Config parsed = ConfigFactory.parseFile(config.toFile(), options);
    Assembly assembly = Distribution.with(Assembly.of(parsed));
    for (Path directory : directories) {
      assembly = assembly.withPlugins(directory);
    }
    return assembly.plan();
  }
}
