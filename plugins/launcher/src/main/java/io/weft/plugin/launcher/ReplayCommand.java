// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.api.WeftException;
import io.weft.plugin.workload.Workloads;
import io.weft.plugin.workload.replay.Deal;
import io.weft.plugin.workload.replay.Pacer;
import io.weft.plugin.workload.replay.ReplayPlan;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code weft replay}: replays a block trace on several node processes and proves that nothing was
 * lost and nothing stale was seen.
 */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Replays a block trace on several node processes and proves the result.",
      "The trace is in VMware's vSCSI format. Every block holds a write counter for each node;"
          + " nodes check the counters under each lease, and at the end the counters on disk must"
          + " equal what was acknowledged.",
      "Exit code: 0 proved, 1 not proved or failed, 2 a mistake on the command line."
    })
final class ReplayCommand implements Callable<Integer> {
  @Mixin private FleetOptions options;

  @Parameters(index = "0", paramLabel = "FILE", description = "The trace.")
  private Path file;

  @Option(
      names = "--deal",
      paramLabel = "POLICY",
      defaultValue = "round-robin",
      converter = DealConverter.class,
      description =
          "Who gets which request: round-robin, or by-extent (64 neighbouring blocks; default:"
              + " ${DEFAULT-VALUE}).")
  private Deal deal;

  @Option(
      names = "--speed",
      paramLabel = "X",
      defaultValue = "max",
      converter = SpeedConverter.class,
      description =
          "Pace: 1 is as recorded, 60 a minute each second, max as fast as possible (default:"
              + " ${DEFAULT-VALUE}).")
  private double speed;

  @Option(
      names = "--limit",
      paramLabel = "REQUESTS",
      defaultValue = "2147483647",
      description = "Replay only the first requests of the trace.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private int limit;

  @Option(
      names = "--window",
      paramLabel = "N",
      defaultValue = "128",
      description = "Block accesses under way at a time in each node (default: ${DEFAULT-VALUE}).")
  private int window;

  @Option(
      names = "--prefetch",
      description =
          "Announce reads of several blocks before making them: of use where accesses wait for each"
              + " other, as here they do not.")
  private boolean prefetch;

  /** For picocli. */
  ReplayCommand() {}

  /** Replays; returns the exit code. */
  @Override
  public Integer call() {
    options.check();
    options.require(limit >= 1, "--limit", limit, "1 or more");
    options.require(window >= 1, "--window", window, "1 or more");
    return Workloads.replay(
        options.plan(),
        options.output(),
        new ReplayPlan(
            file,
            limit,
            deal,
            speed,
            options.threads().orElse(options.processorsOfNode()),
            window,
            prefetch));
  }

  /** Reads a policy. */
  static final class DealConverter implements ITypeConverter<Deal> {
    @Override
    public Deal convert(String value) {
      return converted(() -> Deal.named(value));
    }
  }

  /** Reads a speed. */
  static final class SpeedConverter implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      return converted(() -> Pacer.parse(value));
    }
  }

  private static <T> T converted(java.util.function.Supplier<T> conversion) {
    try {
      return conversion.get();
    } catch (IllegalArgumentException | WeftException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
