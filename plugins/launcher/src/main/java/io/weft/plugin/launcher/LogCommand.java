// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.WeftException;
import io.weft.plugin.log.file.LogCut;
import io.weft.plugin.log.file.StoredLogs;
import io.weft.recovery.redo.LogScan;
import io.weft.recovery.redo.LogScanner;
import io.weft.recovery.redo.LoggedRecord;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weft log}: the commands about redo logs in files. All but {@code cut} change nothing. */
@Command(
    name = "log",
    mixinStandardHelpOptions = true,
    description = "Commands about redo logs.",
    subcommands = {LogCommand.Dump.class, LogCommand.Verify.class, LogCommand.Cut.class})
final class LogCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** For picocli. */
  LogCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command: dump, verify, cut.");
  }

  /** What is to be read. */
  static final class Where {
    @Parameters(
        paramLabel = "FILE",
        description = {
          "A segment, a log (the directory n<node>.<incarnation>), or a directory of logs. The log"
              + " of a node that runs may seem to end in a torn write."
        })
    private Path path;

    /** For picocli. */
    Where() {}

    StoredLogs open() {
      return StoredLogs.open(path);
    }
  }

  /** {@code weft log verify}: whether logs are whole. */
  @Command(
      name = "verify",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Checks every record of redo logs and says how each log ends.",
        "Exit code: 0 whole, 1 damaged."
      })
  static final class Verify implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Where where;
    @Mixin private CommonOptions options;

    /** For picocli. */
    Verify() {}

    @Override
    public Integer call() {
      ConsoleLog.install(options.verbose());
      PrintWriter out = spec.commandLine().getOut();
      List<WeftException> damage = new ArrayList<>();
      ObjectNode json = JsonOutput.object();
      ArrayNode list = json.putArray("logs");
      StoredLogs logs = where.open();
      for (LogId log : logs.logs()) {
        ObjectNode entry = list.addObject().put("log", log.toString());
        entry.put("sealed", logs.isSealed(log));
        try {
          Changed changed = new Changed();
          LogScan scan = LogScanner.scan(logs, log, changed::add);
          describe(entry, scan, changed);
          if (!options.json()) {
            print(out, scan, changed, logs.isSealed(log));
          }
        } catch (WeftException e) {
          damage.add(e);
          entry.put("error", e.code().number()).put("message", e.getMessage());
          if (!options.json()) {
            out.printf("%s  DAMAGED%n", log);
          }
        }
      }
      if (options.json()) {
        JsonOutput.print(out, json);
      }
      out.flush();
      if (!damage.isEmpty()) {
        damage.stream().skip(1).forEach(damage.getFirst()::addSuppressed);
        throw damage.getFirst();
      }
      return ExitCode.DONE;
    }

    /** What the changes are of; records that contradict themselves are found on the way. */
    private static final class Changed {
      private long blocks;
      private long images;

      void add(LoggedRecord record) {
        while (record.nextBlock()) {
          blocks++;
          if (record.isImage()) {
            images++;
          }
        }
      }
    }

    private static void print(PrintWriter out, LogScan scan, Changed changed, boolean sealed) {
      out.printf(
          Locale.ROOT,
          "%s  %s  LSN %d to %d, %d segments of %d bytes from %d on%n",
          scan.log(),
          ending(scan.end()) + (sealed ? ", sealed" : ""),
          scan.firstLsn(),
          scan.endLsn(),
          scan.segments(),
          scan.segmentBytes(),
          scan.firstSegment());
      out.printf(
          Locale.ROOT,
          "    %d changes of %d blocks, %d of them full images; %d bytes; SCN up to %d;"
              + " checkpoint at LSN %d%n",
          scan.changes(),
          changed.blocks,
          changed.images,
          scan.bytes(),
          scan.maxScn(),
          scan.checkpoint());
    }

    private static String ending(LogScan.End end) {
      return switch (end) {
        case EMPTY -> "empty";
        case ZERO_TAIL -> "whole, zeros behind";
        case TORN_TAIL -> "whole, a torn write or an earlier life behind";
        case SEGMENT_END -> "whole, ends with a segment";
      };
    }

    private static void describe(ObjectNode entry, LogScan scan, Changed changed) {
      entry.put("end", scan.end().name());
      entry.put("firstSegment", scan.firstSegment());
      entry.put("segments", scan.segments());
      entry.put("segmentBytes", scan.segmentBytes());
      entry.put("firstLsn", scan.firstLsn());
      entry.put("endLsn", scan.endLsn());
      entry.put("checkpoint", scan.checkpoint());
      entry.put("changes", scan.changes());
      entry.put("blocks", changed.blocks);
      entry.put("images", changed.images);
      entry.put("bytes", scan.bytes());
      entry.put("maxScn", scan.maxScn());
    }
  }

  /** {@code weft log cut}: gives up what a damaged log has behind its damage. */
  @Command(
      name = "cut",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Ends the damaged, sealed log of a failed node before its damage, so that recovery can go"
            + " on without the rest. Changes that only stand behind the damage are lost; blocks"
            + " that others have changed since then go into quarantine. The files are kept under"
            + " names that begin with \"cut-\"; the decision is noted in "
            + OperatorLog.FILE_NAME
            + ". A running cluster goes on some seconds later.",
        "Exit code: 0 done, 1 not done."
      })
  static final class Cut implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private CommonOptions options;

    @Parameters(paramLabel = "LOG", description = "The log: the directory n<node>.<incarnation>.")
    private Path directory;

    @Option(names = "--accept-loss", description = "Do it; without this nothing is changed.")
    private boolean acceptLoss;

    /** For picocli. */
    Cut() {}

    @Override
    public Integer call() {
      ConsoleLog.install(options.verbose());
      PrintWriter out = spec.commandLine().getOut();
      StoredLogs logs = StoredLogs.open(directory);
      LogId log = logs.logs().getFirst();
      if (logs.logs().size() > 1 || !logs.isSealed(log)) {
        return refuse(
            out, directory + " is not the sealed log of one failed node: start the others first");
      }
      long[] end = {0};
      try {
        LogScanner.scan(logs, log, record -> end[0] = record.endLsn());
        return refuse(out, "log " + log + " is whole: there is nothing to cut");
      } catch (WeftException e) {
        if (!e.code().equals(RedoErrors.CORRUPT_LOG)) {
          throw e;
        }
        out.println(e.getMessage());
      }
      if (!acceptLoss) {
        return refuse(out, "with --accept-loss the log ends at LSN " + end[0] + " from now on");
      }
      cut(logs, log, end[0], out);
      return ExitCode.DONE;
    }

    private void cut(StoredLogs logs, LogId log, long end, PrintWriter out) {
      long bytes;
      try (var segment = logs.open(log, logs.segments(log).getFirst())) {
        bytes = segment.bytes();
      }
      Path real = directory.toAbsolutePath().normalize();
      OperatorLog.write(real.getParent(), "log cut " + log + " at LSN " + end);
      out.println(
          "log " + log + " ends at LSN " + end + " now; kept: " + LogCut.cut(real, bytes, end));
      out.flush();
    }

    private static int refuse(PrintWriter out, String why) {
      out.println(why);
      out.flush();
      return ExitCode.FAILURE;
    }
  }

  /** {@code weft log dump}: what is in logs. */
  @Command(
      name = "dump",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Prints the records of redo logs, one on a line; with --json, one object on a line.",
        "Exit code: 0 whole, 1 damaged."
      })
  static final class Dump implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Where where;
    @Mixin private CommonOptions options;

    @Option(
        names = "--block",
        paramLabel = "FILE:NUMBER",
        description = "Only records that change this block.")
    private Optional<String> block = Optional.empty();

    /** For picocli. */
    Dump() {}

    @Override
    public Integer call() {
      ConsoleLog.install(options.verbose());
      PrintWriter out = spec.commandLine().getOut();
      StoredLogs logs = where.open();
      for (LogId log : logs.logs()) {
        if (!options.json()) {
          out.printf("log %s%s%n", log, logs.isSealed(log) ? ", sealed" : "");
        }
        try {
          LogScanner.scan(logs, log, record -> print(out, record));
        } finally {
          out.flush();
        }
      }
      return ExitCode.DONE;
    }

    private void print(PrintWriter out, LoggedRecord record) {
      List<String> blocks = new ArrayList<>();
      boolean wanted = block.isEmpty();
      while (record.nextBlock()) {
        wanted |= block.map((record.file() + ":" + record.number())::equals).orElse(false);
        blocks.add(describe(record));
      }
      if (!wanted) {
        return;
      }
      if (options.json()) {
        ObjectNode json = JsonOutput.object();
        json.put("log", record.log().toString()).put("lsn", record.lsn());
        json.put("bytes", record.length()).put("kind", record.kind().name());
        json.put("scn", record.scn()).put("stableLsn", record.stableLsn());
        ArrayNode list = json.putArray("blocks");
        blocks.forEach(list::add);
        JsonOutput.print(out, json);
      } else {
        out.printf(
            Locale.ROOT,
            "%12d %6d %-10s %12d  %s%n",
            record.lsn(),
            record.length(),
            record.kind(),
            record.scn(),
            String.join(" | ", blocks));
      }
    }

    /** For example {@code 1:17 v3->v4 8@0 16@128}, or {@code 1:17 v3->v4 image 4096}. */
    private static String describe(LoggedRecord record) {
      StringBuilder text = new StringBuilder();
      text.append(record.file()).append(':').append(record.number());
      text.append(" v").append(record.previousVersion()).append("->v").append(record.version());
      if (record.isImage()) {
        text.append(" image");
      }
      while (record.nextRange()) {
        text.append(' ').append(record.rangeLength());
        if (record.isCompressed()) {
          text.append(" lz4 of ").append(record.rangeOffset());
        } else if (!record.isImage()) {
          text.append('@').append(record.rangeOffset());
        }
      }
      return text.toString();
    }
  }
}
