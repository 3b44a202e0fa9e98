// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.workload.chaos.Fault;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class FaultConverterTest {
  private final FaultConverter converter = new FaultConverter();

  @Test
  void isReadByTheNameThatItIsShownWith() {
    for (Fault fault : Fault.values()) {
      assertEquals(fault, converter.convert(fault.text()));
    }
  }

  @Test
  void anUnknownNameIsAnsweredWithTheKnownOnes() {
    var refused = assertThrows(TypeConversionException.class, () -> converter.convert("lightning"));

    assertTrue(refused.getMessage().contains("'lightning'"), refused::getMessage);
    for (Fault fault : Fault.values()) {
      assertTrue(refused.getMessage().contains(fault.text()), refused::getMessage);
    }
  }
}
