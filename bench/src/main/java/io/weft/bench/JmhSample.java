// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.util.Locale;
import java.util.regex.Pattern;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The result of JMH for one benchmark method, per operation; an invocation runs many operations.
 *
 * <p>The median of invocations is used, not a mean over time: other load on the machine takes the
 * processor for milliseconds, which affects few invocations but every mean.
 *
 * @param p50 median of the invocations, in nanoseconds an operation
 * @param p99 99th percentile of the invocations, in nanoseconds an operation
 * @param allocatedBytes bytes allocated an operation
 */
record JmhSample(double p50, double p99, double allocatedBytes) {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  /** Runs one method in separate JVMs. */
  static JmhSample of(Class<?> benchmark, String method, int operations) {
    System.err.printf(Locale.ROOT, "  %s.%s%n", benchmark.getSimpleName(), method);
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(benchmark.getName() + "." + method) + "$")
            .addProfiler(GCProfiler.class)
            .jvmArgsAppend("--sun-misc-unsafe-memory-access=allow")
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true);
    try {
      RunResult result = new Runner(options.build()).runSingle();
      Result<?> time = result.getPrimaryResult();
      return new JmhSample(
          time.getStatistics().getPercentile(50) / operations,
          time.getStatistics().getPercentile(99) / operations,
          allocated(result) / operations);
    } catch (RunnerException e) {
      throw new IllegalStateException(benchmark.getName() + "." + method + " failed", e);
    }
  }

  private static double allocated(RunResult result) {
    Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
    if (allocated == null) {
      throw new IllegalStateException("JMH reports no " + ALLOCATED);
    }
    return allocated.getScore();
  }
}
