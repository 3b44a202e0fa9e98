// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.workload.chaos.Fault;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the faults of the command line. */
final class FaultConverter implements ITypeConverter<Fault> {
  /** For picocli. */
  FaultConverter() {}

  @Override
  public Fault convert(String text) {
    return Arrays.stream(Fault.values())
        .filter(fault -> fault.text().equals(text.strip()))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "there is no fault '"
                        + text
                        + "'; there are "
                        + Arrays.stream(Fault.values())
                            .map(Fault::text)
                            .collect(Collectors.joining(", "))));
  }
}
