// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.log.file.FileLogDevice;
import io.weft.plugin.log.file.FileLogDeviceSettings;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.recovery.redo.ImageCompression;
import io.weft.recovery.redo.LogShape;
import io.weft.recovery.redo.RedoLogCore;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoRecord;
import io.weft.spi.view.Views;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.function.LongFunction;
import picocli.CommandLine;

/** A directory with the log of a node that has ended, and the command that is tried on it. */
final class TrialLog {
  static final LogId LOG = new LogId(1, 42);

  /** Over two segments. */
  static final int CHANGES = 400;

  private static final int SEGMENT = 64 << 10;

  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();
  private final Path directory;

  TrialLog(Path directory) {
    this.directory = directory;
  }

  /** Writes and closes the log; its changes are numbered from 1 on. */
  FileLogDevice write(LongFunction<RedoRecord> change) {
    FileLogDevice device = new FileLogDevice(new FileLogDeviceSettings(directory.toString(), 0));
    device.open();
    RedoLogCore log =
        new RedoLogCore(
            device,
            LOG,
            "trial",
            Views.fixed(TestNodes.view(1)),
            () -> 0,
            () -> 0,
            LogShape.of(SEGMENT, SEGMENT, ImageCompression.NONE),
            _ -> {});
    log.open();
    for (int number = 1; number <= CHANGES; number++) {
      log.append(change.apply(number));
      log.flush();
    }
    log.close();
    return device;
  }

  /** Runs a command line; {@link #out} has what it prints, and {@link #err} what is wrong. */
  int run(String... arguments) {
    out.getBuffer().setLength(0);
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute(arguments);
  }

  /** The directory of the log. */
  Path path() {
    return directory.resolve("redo").resolve(LOG.toString());
  }
}
