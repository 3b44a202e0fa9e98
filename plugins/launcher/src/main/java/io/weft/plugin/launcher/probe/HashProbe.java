// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

import io.weft.plugin.assembly.Plan;
import io.weft.plugin.launcher.hashing.HashingFigures;
import io.weft.plugin.launcher.hashing.HashingStudy;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import java.util.List;

/** A hash strategy in the study that {@code weft hashing} makes. */
final class HashProbe implements Probe {
  private final HashingStudy study;

  HashProbe(Plan plan) {
    HashStrategy strategy = plan.hashStrategy();
    study = new HashingStudy(strategy, plan.directory(strategy));
  }

  @Override
  public List<MeasuredValue> measure(String step, long millis, int round) {
    String at = step.substring(step.indexOf(':') + 1);
    HashingFigures figures = study.measure(Integer.parseInt(at));
    return List.of(
        new MeasuredValue("maxToMean", at, figures.maxToMean(), Buckets.COUNT),
        new MeasuredValue("variation", at, 100 * figures.variation(), Buckets.COUNT),
        new MeasuredValue("joinMoved", at, 100 * figures.joinMoved(), Buckets.COUNT),
        new MeasuredValue("leaveMoved", at, 100 * figures.leaveMoved(), Buckets.COUNT),
        new MeasuredValue("lookUpNs", at, figures.lookUpNs(), Buckets.COUNT),
        new MeasuredValue("proposeMs", at, figures.proposeMs(), 1));
  }

  @Override
  public void close() {
    // it has neither threads nor files
  }
}
