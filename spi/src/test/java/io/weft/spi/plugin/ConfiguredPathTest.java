// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ConfiguredPathTest {
  @Test
  void keepsStepsUpwardsBecauseALinkMayStandBeforeThem() {
    assertEquals(Path.of("/srv/current/../weft"), ConfiguredPath.of("k", "/srv/current/../weft"));
  }

  @Test
  void countsFromTheWorkingDirectory() {
    assertEquals(Path.of("").toAbsolutePath().resolve("data"), ConfiguredPath.of("k", "data"));
  }

  @Test
  void whatIsNoPathIsNamedWithItsKey() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> ConfiguredPath.of("weft.x.directory", "a\0b"));
    assertTrue(e.getMessage().startsWith("weft.x.directory = \"a"), e.getMessage());
  }
}
