// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.spi.membership.AgreedMembers;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A member of the cluster, as configured.
 *
 * @param id 0 to {@value NodeId#MAX}
 * @param host name or address
 * @param port 1 to 65,535
 * @param weight 1 to {@value Member#MAX_WEIGHT}; empty for {@value Member#DEFAULT_WEIGHT}
 */
record MemberSettings(int id, String host, int port, Optional<Integer> weight) {
  MemberSettings {
    CoreSettings.checkId("id", id);
    if (host.isBlank()) {
      throw new IllegalArgumentException("host is empty; give a name or an address");
    }
    if (host.getBytes(StandardCharsets.UTF_8).length > AgreedMembers.MAX_HOST_BYTES) {
      throw new IllegalArgumentException(
          "host is longer than "
              + AgreedMembers.MAX_HOST_BYTES
              + " bytes; give a name or an address");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + " is outside 1 to 65535");
    }
    if (weight.isPresent() && (weight.get() < 1 || weight.get() > Member.MAX_WEIGHT)) {
      throw new IllegalArgumentException(
          "weight " + weight.get() + " is outside 1 to " + Member.MAX_WEIGHT);
    }
  }

  /** The member as the parts of a node know it. */
  Member toMember() {
    return new Member(new NodeId(id), host, port, weight.orElse(Member.DEFAULT_WEIGHT));
  }
}
