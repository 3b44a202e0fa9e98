// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.decoders;

import io.weft.plugin.tck.DecoderContract;
import io.weft.spi.node.ClusterSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The decoder of the settings that all nodes have alike, given bytes of any kind. */
final class ClusterSettingsDecoderTest extends DecoderContract<ClusterSettings> {
  @Override
  protected List<byte[]> valid() {
    return List.of(
        ClusterSettings.NONE.encode(),
        new ClusterSettings(
                new TreeMap<>(
                    Map.of(
                        "weft.cluster-name",
                        "w\u00f6rld",
                        "weft.block-size",
                        "8 KiB",
                        "empty",
                        "")))
            .encode());
  }

  @Override
  protected ClusterSettings decode(byte[] bytes) {
    return ClusterSettings.decode(bytes);
  }

  @Override
  protected Optional<byte[]> encode(ClusterSettings settings) {
    return Optional.of(settings.encode());
  }

  @Override
  protected boolean isRefusal(Exception thrown) {
    return thrown instanceof IllegalArgumentException;
  }
}
