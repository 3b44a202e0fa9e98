// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.WeftException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Tells of an error in one line, and of where it comes from only if that is asked for. */
final class ErrorReport implements IExecutionExceptionHandler {
  @Override
  public int handleExecutionException(Exception error, CommandLine command, ParseResult parsed) {
    if (isSet(parsed, "--json")) {
      JsonOutput.print(command.getOut(), json(error));
    }
    print(error, command, isSet(parsed, "--verbose"));
    return error instanceof WeftException known ? ExitCode.of(known.code()) : ExitCode.FAILURE;
  }

  /** Whether a flag stands on the command line, of the innermost command. */
  private static boolean isSet(ParseResult parsed, String option) {
    ParseResult innermost = parsed;
    while (innermost.hasSubcommand()) {
      innermost = innermost.subcommand();
    }
    return innermost.hasMatchedOption(option);
  }

  /** Prints an error the way all commands do. */
  static void print(Throwable error, CommandLine command, boolean verbose) {
    PrintWriter err = command.getErr();
    String text = error instanceof WeftException ? error.toString() : "unexpected error: " + error;
    err.println(command.getColorScheme().errorText("weft: " + text));
    if (verbose || !(error instanceof WeftException)) {
      trace(error, err);
    }
    err.flush();
  }

  private static void trace(Throwable error, PrintWriter err) {
    for (StackTraceElement element : error.getStackTrace()) {
      err.println("    at " + element);
    }
    if (error.getCause() != null) {
      err.println("  caused by " + error.getCause());
      trace(error.getCause(), err);
    }
  }

  static ObjectNode json(Throwable error) {
    ObjectNode json = JsonOutput.object();
    ObjectNode details = json.putObject("error");
    if (error instanceof WeftException known) {
      details.put("code", known.code().number());
      details.put("name", known.code().name());
      details.put("category", known.code().category().name());
    }
    details.put("message", error.getMessage() == null ? error.toString() : error.getMessage());
    return json;
  }
}
