// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import io.weft.plugin.tck.LogDeviceContract;
import io.weft.spi.redo.LogDevice;

/** The device that stands for others keeps what they keep. */
final class MemoryLogDeviceTest extends LogDeviceContract {
  private final MemoryLogDevice device = new MemoryLogDevice();

  @Override
  protected LogDevice device() {
    return device;
  }

  @Override
  protected boolean losePower() {
    device.crash(sector -> sector % 2 == 0);
    return true;
  }

  @Override
  protected boolean breakForces() {
    device.failForces();
    return true;
  }

  @Override
  protected boolean fillUp() {
    device.fillUp(true);
    return true;
  }

  @Override
  protected void makeSpace() {
    device.fillUp(false);
  }
}
