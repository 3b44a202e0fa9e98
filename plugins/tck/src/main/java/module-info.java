// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The contracts of the SPIs as tests. A plugin's test extends the contract of the SPI that it fills
 * and hands it the plugin; our own plugins have no other privilege.
 */
module io.weft.plugin.tck {
  requires io.weft.plugin.faults;
  requires java.logging;
  requires java.management;
  requires jdk.management;
  requires transitive io.weft.spi;
  requires transitive org.junit.jupiter.api;

  exports io.weft.plugin.tck;
  exports io.weft.plugin.tck.doubles;

  // The tests of a contract are not public.
  opens io.weft.plugin.tck to
      org.junit.platform.commons;
}
