// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ColumnsTest {
  @Test
  void columnsAreAsWideAsTheirWidestCell() {
    Columns columns = new Columns();
    columns.row("a", "long cell", "x");
    columns.row("bbb", "", "last");
    StringWriter text = new StringWriter();

    columns.print(new PrintWriter(text));

    assertEquals(
        List.of("a    long cell  x", "bbb             last"), text.toString().lines().toList());
  }
}
