// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.phi;

import io.weft.spi.membership.FailureDetector;
import jakarta.inject.Inject;
import java.util.Locale;

/**
 * Suspects a peer whose silence is improbable, given the past intervals of its heartbeats. It
 * adapts to the network and to the load of the machines. The suspicion is phi divided by the
 * threshold.
 */
public final class PhiFailureDetector implements FailureDetector {
  private final PhiSettings settings;
  private final double minDeviationNs;
  private final double acceptablePauseNs;

  /** Creates a detector. */
  @Inject
  public PhiFailureDetector(PhiSettings settings) {
    this.settings = settings;
    this.minDeviationNs = settings.minDeviation().toNanos();
    this.acceptablePauseNs = settings.acceptablePause().toNanos();
  }

  @Override
  public String name() {
    return "phi";
  }

  @Override
  public Watch watch(long nowNs, long intervalNs) {
    long first = settings.firstInterval().toNanos();
    long usual = first > 0 ? first : intervalNs;
    return new PhiWatch(nowNs, intervalNs / 2, new Intervals(settings.window(), usual));
  }

  /** The watch of one peer. */
  private final class PhiWatch implements Watch {
    private final Intervals intervals;
    private final long shortestNs;
    private long beatNs;
    private long heardNs;

    private PhiWatch(long nowNs, long shortestNs, Intervals intervals) {
      this.beatNs = nowNs;
      this.heardNs = nowNs;
      this.shortestNs = shortestNs;
      this.intervals = intervals;
    }

    @Override
    public void heard(long nowNs) {
      heardNs = nowNs;
      if (nowNs - beatNs >= shortestNs) { // messages between heartbeats are no intervals
        intervals.add(nowNs - beatNs);
        beatNs = nowNs;
      }
    }

    @Override
    public double suspicion(long nowNs) {
      return phi(nowNs) / settings.threshold();
    }

    private double phi(long nowNs) {
      double mean = intervals.meanNs() + acceptablePauseNs;
      double deviation = Math.max(intervals.deviationNs(), minDeviationNs);
      return Phi.of(nowNs - heardNs, mean, deviation);
    }

    @Override
    public String evidence(long nowNs) {
      return String.format(
          Locale.ROOT,
          "silent for %.0f ms, phi %.1f, threshold %.1f; its heartbeats arrive every %.0f ms, with"
              + " a deviation of %.0f ms",
          (nowNs - heardNs) / 1e6,
          phi(nowNs),
          settings.threshold(),
          intervals.meanNs() / 1e6,
          intervals.deviationNs() / 1e6);
    }
  }
}
