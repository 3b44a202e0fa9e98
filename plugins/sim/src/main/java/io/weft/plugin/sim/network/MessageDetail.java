// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.network;

import io.weft.cachefusion.CacheFusion;
import io.weft.spi.session.OutboundMessage;
import java.util.HexFormat;

/** What the trace says of a message that is not the cache's, whose header says it all. */
record MessageDetail(int service, byte[] header) {
  /** The detail of any message: the header of the cache's, whatever it is of others. */
  static Object of(OutboundMessage message) {
    return message.service() == CacheFusion.SERVICE
        ? message.header()
        : new MessageDetail(message.service(), message.header());
  }

  /** A header as text. */
  static String text(byte[] header) {
    return HexFormat.of().formatHex(header);
  }

  @Override
  public String toString() {
    if (service == CacheFusion.LOCK_SERVICE) {
      return CacheFusion.describeLock(header);
    }
    if (service == CacheFusion.MASTERY_SERVICE) {
      return CacheFusion.describeMastery(header);
    }
    return "service " + service + ": " + text(header);
  }
}
