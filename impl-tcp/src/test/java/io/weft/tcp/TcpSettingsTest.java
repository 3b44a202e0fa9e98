// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TcpSettingsTest {
  @Test
  void namesKeyValueAndRange() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                TestNode.settings(
                    TcpSettings.EventLoopKind.AUTO, 17, Duration.ZERO, Duration.ofSeconds(5)));
    assertEquals("io-threads = 17 is outside 1 to 16", e.getMessage());
    e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                TestNode.settings(
                    TcpSettings.EventLoopKind.AUTO,
                    1,
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(5)));
    assertEquals("batch-window = 1000 ms is outside 0 ms to 100 ms", e.getMessage());
  }
}
