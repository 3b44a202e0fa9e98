// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.workload.Workloads;
import io.weft.plugin.workload.demo.DemoPlan;
import io.weft.plugin.workload.fleet.FleetPlan;
import io.weft.plugin.workload.run.Output;
import io.weft.plugin.workload.run.RunPlan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code weft rehearse}: makes the ahead-of-time cache with which nodes start sooner. One node of a
 * short demo, in which another one is killed, records what it loads and runs.
 */
@Command(
    name = "rehearse",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes the JVM's ahead-of-time cache, with which nodes start sooner.",
      "Runs three nodes for some seconds and kills one of them; another one records what it loads"
          + " and runs. The cache fits this installation and this JDK build alone: make it again"
          + " after every change of either."
    })
final class RehearseCommand implements Callable<Integer> {
  private static final int NODES = 3;
  private static final int VICTIM = 1;
  private static final int FRAMES = 2_048;
  private static final int HEAP_MIB = 384;
  private static final DemoPlan WORK = new DemoPlan(6, 2_000, 8, 2, Optional.of(VICTIM));

  /** Of the node that records; it is never killed. */
  private static final Path RECORDER = Path.of("node-0.conf");

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions options;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "The cache to make or replace (default: weft.aot in the distribution).")
  private Optional<Path> output = Optional.empty();

  /** For picocli. */
  RehearseCommand() {}

  @Override
  public Integer call() throws IOException {
    Path cache = output.or(Distribution::cache).orElseThrow(this::noDefault).toAbsolutePath();
    Path directory = cache.getParent();
    if (Files.isDirectory(cache) || directory == null || !Files.isWritable(directory)) {
      throw new ParameterException(
          spec.commandLine(),
          "the cache " + cache + " cannot be written; name another file with --output");
    }
    // Nodes may start meanwhile: they see the old cache or the whole new one.
    Path part = Files.createTempDirectory(directory, ".weft-rehearsal");
    try {
      Path made = part.resolve("weft.aot");
      int code = rehearse(made);
      return code == ExitCode.DONE ? install(made, cache) : code;
    } finally {
      delete(part);
    }
  }

  private ParameterException noDefault() {
    return new ParameterException(
        spec.commandLine(),
        "this does not run from a distribution; name the file of the cache with --output");
  }

  private int rehearse(Path made) {
    FleetPlan fleet =
        new FleetPlan(
            NODES,
            FRAMES,
            "tcp",
            HEAP_MIB,
            Optional.empty(),
            List.of("weft.store.file.io-threads = 1"));
    RunPlan run =
        new RunPlan(
            fleet,
            (heapMiB, config) -> {
              List<String> command = JvmCommand.forNode(heapMiB, config);
              return RECORDER.equals(config.getFileName())
                  ? JvmCommand.recording(command, made)
                  : command;
            },
            Optional.empty());
    PrintWriter err = spec.commandLine().getErr();
    return Workloads.demo(run, new Output(err, err, false), WORK);
  }

  private int install(Path made, Path cache) throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (!Files.isRegularFile(made)) {
      err.println(
          "weft: this JDK has made no ahead-of-time cache ("
              + Runtime.version()
              + "); nodes start as before, without one. -Xlog:aot among the JVM options tells why");
      err.flush();
      return ExitCode.FAILURE;
    }
    Files.move(made, cache, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    err.printf("weft: made %s (%d MiB)%n", cache, Files.size(cache) >> 20);
    err.flush();
    return ExitCode.DONE;
  }

  /** The JVM may leave its configuration of the cache behind. */
  private static void delete(Path directory) throws IOException {
    try (var files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
