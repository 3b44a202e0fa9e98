// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import java.io.IOException;
import java.io.Serial;

/**
 * A connection has failed in TLS, or its peer has not proved to be a node of the cluster. The
 * message is safe to log: it has no control characters, no bytes of the peer, and is short.
 */
public final class TlsException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  TlsException(String message) {
    super(message);
  }
}
