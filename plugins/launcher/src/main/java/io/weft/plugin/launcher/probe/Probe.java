// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

import java.util.List;

/** Measures one plugin. Used by one thread. */
public interface Probe extends AutoCloseable {
  /**
   * Runs a step of the measurement.
   *
   * @param step names what to measure, as the study of the interface lists it
   * @param millis how long about; steps in virtual time take as long as they take
   * @param round number of the round, from 0: the seed of what is random, the same for all plugins
   * @throws Exception if the plugin fails
   */
  List<MeasuredValue> measure(String step, long millis, int round) throws Exception;

  @Override
  void close();
}
