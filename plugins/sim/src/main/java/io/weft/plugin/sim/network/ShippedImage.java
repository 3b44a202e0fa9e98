// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.spi.transport.Payload;
import java.lang.foreign.MemorySegment;

/**
 * An image on its way: it lies in the sender's memory until it is given back, and knows what it
 * looked like when it was handed over.
 */
final class ShippedImage implements Payload {
  private final SimEndpoint owner;
  private final Payload payload;
  private final int checksum;

  /** Takes an image over from its owner. */
  ShippedImage(SimEndpoint owner, Payload payload, int checksum) {
    this.owner = owner;
    this.payload = payload;
    this.checksum = checksum;
    owner.payloadTaken();
  }

  int checksum() {
    return checksum;
  }

  @Override
  public MemorySegment segment() {
    return payload.segment();
  }

  @Override
  public void released() {
    owner.payloadReleased();
    payload.released();
  }
}
