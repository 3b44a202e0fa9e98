// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

/**
 * A member of the cluster, as configured.
 *
 * @param id 0 to 63
 * @param host name or address
 * @param port 1 to 65,535
 */
record MemberSettings(int id, String host, int port) {
  MemberSettings {
    CoreSettings.checkId("id", id);
    if (host.isBlank()) {
      throw new IllegalArgumentException("host is empty; give a name or an address");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + " is outside 1 to 65535");
    }
  }
}
