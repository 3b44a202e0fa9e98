// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code weft} command. */
@Command(
    name = "weft",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    description =
        "Lets several processes work on one set of storage blocks as if they shared one memory.",
    subcommands = {
      DemoCommand.class,
      AffinityCommand.class,
      ChaosCommand.class,
      ReplayCommand.class,
      NodeCommand.class,
      PluginsCommand.class,
      MemberCommand.class,
      CompareCommand.class,
      HashingCommand.class,
      ExplainCommand.class,
      ConfigCommand.class,
      LogCommand.class,
      BlockCommand.class,
      ProbeCommand.class,
      RehearseCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:a failure; one line with a stable code tells which",
      "2:a mistake on the command line or in a configuration"
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  /** For picocli. */
  public Main() {}

  /** Runs the command and ends the process. */
  public static void main(String[] arguments) {
    System.exit(run(commandLine(), new PrintWriter(System.out), arguments));
  }

  /** Runs a command; output that could not be written is a failure, whatever the command says. */
  static int run(CommandLine command, PrintWriter out, String... arguments) {
    // The texts are English and scripts read them: numbers look the same wherever it runs. A
    // PrintWriter takes the locale as a whole, not the one for formats.
    Locale.setDefault(Locale.ROOT);
    int code = command.setOut(out).execute(arguments);
    if (out.checkError()) {
      command.getErr().println("weft: the standard output cannot be written: is the disk full?");
      command.getErr().flush();
      return code == ExitCode.DONE ? ExitCode.FAILURE : code;
    }
    return code;
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(new ErrorReport());
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command.");
  }
}
