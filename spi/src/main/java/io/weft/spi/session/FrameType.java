// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import java.util.Optional;

/** Kinds of frames. The numbers are part of the wire format. */
public enum FrameType {
  /** A message of a service; has a sequence number. */
  MESSAGE(1),
  /** Carries an acknowledgement only; has no sequence number. */
  ACKNOWLEDGEMENT(2),
  /**
   * The sender's last frame. It has a sequence number, so all earlier frames have been received
   * before it.
   */
  GOODBYE(3);

  private static final FrameType[] BY_CODE = {null, MESSAGE, ACKNOWLEDGEMENT, GOODBYE};

  private final byte code;

  FrameType(int code) {
    this.code = (byte) code;
  }

  /** The number on the wire. */
  public byte code() {
    return code;
  }

  /** Whether frames of this type are numbered, retained, and acknowledged. */
  public boolean isSequenced() {
    return this != ACKNOWLEDGEMENT;
  }

  /** The type with that number on the wire; empty if there is none. */
  public static Optional<FrameType> of(byte code) {
    return code >= 1 && code < BY_CODE.length ? Optional.of(BY_CODE[code]) : Optional.empty();
  }
}
