// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

/**
 * A copy of a message that arrived before its view was installed. Owns both arrays.
 *
 * @param epoch the epoch to which it belongs
 * @param service the service it is for
 * @param header its header
 * @param payload its payload, empty if it has none
 */
public record ParkedMessage(long epoch, int service, byte[] header, byte[] payload) {
  /** Bytes of header and payload. */
  int bytes() {
    return header.length + payload.length;
  }
}
